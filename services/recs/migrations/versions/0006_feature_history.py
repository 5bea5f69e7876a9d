"""What was known of products and profiles when; and events by product."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE item_attributes (
        product_id text NOT NULL,
        since timestamptz NOT NULL,
        title text NOT NULL,
        category_ids text[] NOT NULL,
        brand text NOT NULL,
        price double precision NOT NULL,
        currency text NOT NULL,
        attributes text[] NOT NULL,
        PRIMARY KEY (product_id, since)
    )
    """,
    """
    CREATE TABLE profile_changes (
        shopper text NOT NULL,
        change_time timestamptz NOT NULL,
        preferred_categories text[] NOT NULL,
        PRIMARY KEY (shopper, change_time)
    )
    """,
    # When the preferences of before were chosen nobody knows: they count from now on.
    "INSERT INTO profile_changes SELECT shopper, now(), preferred_categories FROM profiles",
)
INDEXES = (
    # One that was interrupted is left behind, broken.
    "DROP INDEX CONCURRENTLY IF EXISTS user_events_of_product",
    "CREATE INDEX CONCURRENTLY user_events_of_product ON user_events (product_id, event_time, sequence)"
    " WHERE kind <= 3",
)


def upgrade() -> None:
    """Makes everything; what needs no transaction first, since it ends the one that is open."""
    with op.get_context().autocommit_block():
        for statement in INDEXES:
            op.execute(statement)
    for statement in TABLES:
        op.execute(statement)
