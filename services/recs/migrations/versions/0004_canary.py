"""A release that answers a share of the shoppers."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the share."""
    op.execute("ALTER TABLE releases ADD COLUMN traffic_percent integer NOT NULL DEFAULT 0")
    op.execute("CREATE UNIQUE INDEX releases_one_canary ON releases (state) WHERE state = 'CANARY'")
