"""Purchases and dislikes by time, each for itself, and likes by product: no number of one hides another."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = (
    # One that was interrupted is left behind, broken.
    "DROP INDEX CONCURRENTLY IF EXISTS user_events_judged",
    "CREATE INDEX CONCURRENTLY user_events_judged ON user_events (shopper, kind, event_time, sequence)"
    " INCLUDE (product_id) WHERE kind IN (3, 5)",
    "DROP INDEX CONCURRENTLY IF EXISTS user_events_liked",
    "CREATE INDEX CONCURRENTLY user_events_liked ON user_events (shopper, product_id, event_time, sequence)"
    " WHERE kind = 4",
    "DROP INDEX CONCURRENTLY IF EXISTS user_events_verdicts",
)


def upgrade() -> None:
    """Makes and drops them; none of it holds up who writes events."""
    with op.get_context().autocommit_block():
        for statement in INDEXES:
            op.execute(statement)
