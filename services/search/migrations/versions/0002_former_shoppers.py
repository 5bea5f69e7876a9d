"""Shoppers whose searches are another's or nobody's."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE former_shoppers (
    shopper text PRIMARY KEY,
    account text,
    change_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX former_shoppers_by_time ON former_shoppers (change_time);
"""


def upgrade() -> None:
    """Makes the table."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
