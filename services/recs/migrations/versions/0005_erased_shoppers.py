"""Who was erased, for as long as events of theirs may still come."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the table."""
    op.execute("CREATE TABLE erased_shoppers (shopper text PRIMARY KEY, erase_time timestamptz NOT NULL DEFAULT now())")
    op.execute("CREATE INDEX ix_erased_shoppers_erase_time ON erased_shoppers (erase_time)")
