"""Scenarios, and who changed them."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE scenarios (
    scenario_id text PRIMARY KEY,
    config jsonb NOT NULL,
    revision bigint NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE scenario_revisions (
    scenario_id text NOT NULL REFERENCES scenarios (scenario_id),
    revision bigint NOT NULL,
    config jsonb NOT NULL,
    author text NOT NULL,
    changed_fields text[] NOT NULL,
    comment text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scenario_id, revision)
);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
