"""What the last import said of a product's stock: importing the same file again must not bring back what was sold."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column, empty: the next import says how many there are, as ever."""
    op.execute("ALTER TABLE products ADD COLUMN imported_stock bigint")


def downgrade() -> None:
    """Drops the column."""
    op.execute("ALTER TABLE products DROP COLUMN imported_stock")
