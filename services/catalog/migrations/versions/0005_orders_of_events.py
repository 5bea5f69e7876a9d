"""What the recommender is told of a purchase names the order."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; the order of what waits since before stays unnamed."""
    op.execute("ALTER TABLE outbox ADD COLUMN order_id text NOT NULL DEFAULT ''")


def downgrade() -> None:
    """Drops the column."""
    op.execute("ALTER TABLE outbox DROP COLUMN order_id")
