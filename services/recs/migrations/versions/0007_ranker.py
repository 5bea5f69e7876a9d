"""A release may have a ranker."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds its version."""
    op.execute("ALTER TABLE releases ADD COLUMN ranker_version text NOT NULL DEFAULT ''")
