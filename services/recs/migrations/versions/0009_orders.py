"""Purchases name their order: what is bought together is what one order holds."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Until now the shop's checkouts named their order in the event's id alone.
NAME = """
    UPDATE user_events SET order_id = substring(event_id FROM '^order-(.+)-[0-9]+$')
    WHERE kind = 3 AND event_id ~ '^order-.+-[0-9]+$'
"""


def upgrade() -> None:
    """Adds the column, and names the orders of what was bought before."""
    op.execute("ALTER TABLE user_events ADD COLUMN order_id text NOT NULL DEFAULT ''")
    op.execute(NAME)
