"""Carts, orders, payments of the test provider, buyers' reviews, and what other services are told and tell."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    # A row for every shopper who ever had a cart: whoever writes the cart or buys it holds the row.
    """
    CREATE TABLE carts (
        owner text PRIMARY KEY,
        merged_into text,
        update_time timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE cart_items (
        owner text REFERENCES carts (owner) ON DELETE CASCADE,
        product_id text,
        quantity integer NOT NULL,
        currency text NOT NULL,
        price numeric(28, 9) NOT NULL,
        attribution_token text NOT NULL DEFAULT '',
        add_time timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (owner, product_id),
        CONSTRAINT cart_items_quantity_check CHECK (quantity BETWEEN 1 AND 999)
    )
    """,
    """
    CREATE TABLE orders (
        id text PRIMARY KEY,
        owner text NOT NULL,
        buyer text NOT NULL,
        request_id uuid NOT NULL,
        fingerprint bytea NOT NULL,
        state smallint NOT NULL,
        currency text NOT NULL,
        total numeric NOT NULL,
        address jsonb,
        payment_token text NOT NULL,
        decline_reason text NOT NULL DEFAULT '',
        refund_due boolean NOT NULL DEFAULT false,
        attempts integer NOT NULL DEFAULT 0,
        due_time timestamptz,
        answer bytea,
        create_time timestamptz NOT NULL DEFAULT now(),
        update_time timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT orders_request_key UNIQUE (buyer, request_id)
    )
    """,
    "CREATE INDEX orders_of_owner ON orders (owner, create_time DESC, id)",
    "CREATE INDEX orders_newest ON orders (create_time DESC, id)",
    "CREATE INDEX orders_due ON orders (due_time) WHERE due_time IS NOT NULL",
    """
    CREATE TABLE order_lines (
        order_id text REFERENCES orders (id) ON DELETE CASCADE,
        number integer,
        product_id text NOT NULL,
        title text NOT NULL,
        picture_id text NOT NULL,
        quantity integer NOT NULL,
        price numeric(28, 9) NOT NULL,
        attribution_token text NOT NULL DEFAULT '',
        PRIMARY KEY (order_id, number)
    )
    """,
    """
    CREATE TABLE outbox (
        id bigserial PRIMARY KEY,
        event_id text NOT NULL,
        shopper text NOT NULL,
        kind smallint NOT NULL,
        product_id text NOT NULL,
        quantity integer NOT NULL,
        rating smallint NOT NULL,
        attribution_token text NOT NULL,
        event_time timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX ix_outbox_shopper ON outbox (shopper)",
    "CREATE TABLE watermarks (name text PRIMARY KEY, cursor text NOT NULL)",
    """
    CREATE TABLE test_payments (
        key text PRIMARY KEY,
        currency text NOT NULL,
        amount numeric NOT NULL,
        approved boolean NOT NULL,
        decline_reason text NOT NULL,
        refunded boolean NOT NULL DEFAULT false,
        create_time timestamptz NOT NULL DEFAULT now()
    )
    """,
)

# Reviews are there already, are read and written meanwhile, and may be millions. Each statement holds by itself, so
# that after a failure all of them may come again; and none of those that need the table alone waits for it longer than
# a reader can wait, since readers queue behind it.
REVIEWS = (
    "SET lock_timeout = '3s'",
    "ALTER TABLE reviews ADD COLUMN IF NOT EXISTS buyer text",
    "ALTER TABLE reviews DROP CONSTRAINT IF EXISTS reviews_buyer_key",
    "SET lock_timeout = 0",
    # What a try before left is perhaps not valid.
    "DROP INDEX CONCURRENTLY IF EXISTS reviews_buyer_key",
    "CREATE UNIQUE INDEX CONCURRENTLY reviews_buyer_key ON reviews (product_id, buyer)",
    "DROP INDEX CONCURRENTLY IF EXISTS reviews_of_author",
    "CREATE INDEX CONCURRENTLY reviews_of_author ON reviews (author, create_time DESC, product_id, id)",
    "SET lock_timeout = '3s'",
    "ALTER TABLE reviews ADD CONSTRAINT reviews_buyer_key UNIQUE USING INDEX reviews_buyer_key",
    "RESET lock_timeout",
)


def upgrade() -> None:
    """Makes everything; what needs no transaction first, since it ends the one that is open."""
    with op.get_context().autocommit_block():
        for statement in REVIEWS:
            op.execute(statement)
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drops everything, with what is in it."""
    op.execute("DROP INDEX reviews_of_author")
    op.execute("ALTER TABLE reviews DROP COLUMN buyer")
    for table in ("test_payments", "watermarks", "outbox", "order_lines", "orders", "cart_items", "carts"):
        op.execute(f"DROP TABLE {table}")
