"""What the last import said of a product's stock: importing the same file again must not bring back what was sold."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column: of products that are there nobody knows whether and with what stock they were imported.

    The default stays in the catalogue of the database: no row is rewritten, and no trigger tells of a change.
    """
    op.execute("ALTER TABLE products ADD COLUMN imported_stock bigint DEFAULT -1")
    op.execute("ALTER TABLE products ALTER COLUMN imported_stock DROP DEFAULT")


def downgrade() -> None:
    """Drops the column."""
    op.execute("ALTER TABLE products DROP COLUMN imported_stock")
