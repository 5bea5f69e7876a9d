"""Paths of names of any length: a B-tree takes 2.7 KiB, and eight names of 200 characters may have 6.4 KiB."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Indexes hashes of the paths instead of the paths."""
    op.execute("ALTER TABLE categories DROP CONSTRAINT categories_path_names_key")
    op.execute("ALTER TABLE categories ADD CONSTRAINT categories_path_names_key EXCLUDE USING hash (path_names WITH =)")
    op.execute("DROP INDEX ix_categories_origin")
    op.execute("CREATE INDEX categories_origin ON categories USING hash (origin)")


def downgrade() -> None:
    """Indexes the paths themselves; fails when one is too long."""
    op.execute("DROP INDEX categories_origin")
    op.execute("CREATE INDEX ix_categories_origin ON categories (origin)")
    op.execute("ALTER TABLE categories DROP CONSTRAINT categories_path_names_key")
    op.execute("ALTER TABLE categories ADD CONSTRAINT categories_path_names_key UNIQUE (path_names)")
