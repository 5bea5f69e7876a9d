"""Purchases name their order: what is bought together is what one order holds."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column. No row is written anew, so that who reads and writes events waits for a moment alone.

    Nobody may wait longer for it than a reader can, since readers queue behind it. What was bought before keeps its
    order in the event's id, and is counted by that.
    """
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("ALTER TABLE user_events ADD COLUMN order_id text NOT NULL DEFAULT ''")
