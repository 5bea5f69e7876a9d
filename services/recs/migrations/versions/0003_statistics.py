"""What the worker counts from events."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE user_events ADD COLUMN region text NOT NULL DEFAULT '';
CREATE TABLE statistics (
    kind smallint NOT NULL,
    key text NOT NULL,
    ids text[] NOT NULL,
    scores real[] NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (kind, key)
);
CREATE INDEX statistics_by_version ON statistics (version);
CREATE TABLE product_categories (
    product_id text PRIMARY KEY,
    category_ids text[] NOT NULL
);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
