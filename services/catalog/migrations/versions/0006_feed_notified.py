"""Who waits at the end of the feed of changes is woken by the next one."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the trigger; within one transaction its notifications are one.

    Who writes queues behind it while it waits for those who write already, so it does not wait for long.
    """
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("""
        CREATE FUNCTION notify_product_changes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('product_changes', '');
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER notify_product_changes AFTER INSERT ON product_changes
        FOR EACH STATEMENT EXECUTE FUNCTION notify_product_changes()
    """)


def downgrade() -> None:
    """Drops it."""
    op.execute("DROP TRIGGER notify_product_changes ON product_changes")
    op.execute("DROP FUNCTION notify_product_changes")
