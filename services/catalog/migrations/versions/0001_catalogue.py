"""The catalogue's first tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE SEQUENCE versions CACHE 1;
CREATE SEQUENCE product_change_sequence;

CREATE TABLE categories (
    id text PRIMARY KEY,
    parent_id text REFERENCES categories (id),
    path_ids text[] NOT NULL,
    path_names text[] NOT NULL,
    origin text[] NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT nextval('versions'),
    CONSTRAINT categories_path_names_key UNIQUE (path_names)
);
CREATE INDEX ix_categories_parent_id ON categories (parent_id);
CREATE INDEX ix_categories_origin ON categories (origin);
CREATE INDEX categories_path_ids ON categories USING gin (path_ids);

CREATE TABLE products (
    id text PRIMARY KEY,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    category_id text REFERENCES categories (id),
    category_ids text[] NOT NULL DEFAULT '{}',
    brand text NOT NULL DEFAULT '',
    currency text,
    price numeric(28, 9),
    list_price numeric(28, 9),
    stock_quantity bigint NOT NULL DEFAULT 0,
    attributes jsonb NOT NULL DEFAULT '{}',
    age_limit smallint NOT NULL DEFAULT 0,
    regions text[] NOT NULL DEFAULT '{}',
    rating_sum bigint NOT NULL DEFAULT 0,
    rating_count bigint NOT NULL DEFAULT 0,
    rating float8 NOT NULL GENERATED ALWAYS AS (
        CASE WHEN rating_count = 0 THEN 0 ELSE rating_sum::float8 / rating_count END
    ) STORED,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now(),
    version bigint NOT NULL DEFAULT nextval('versions'),
    CONSTRAINT products_stock_quantity_check CHECK (stock_quantity BETWEEN 0 AND 1000000000),
    CONSTRAINT products_currency_check CHECK ((price IS NULL) = (currency IS NULL)),
    CONSTRAINT products_price_check CHECK (price >= 0 AND list_price >= 0)
);
CREATE INDEX ix_products_category_id ON products (category_id);
CREATE INDEX products_category_ids ON products USING gin (category_ids);
CREATE INDEX products_create_time ON products (create_time, id);

CREATE TABLE product_changes (
    product_id text PRIMARY KEY,
    sequence bigint NOT NULL DEFAULT nextval('product_change_sequence'),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    change_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX product_changes_order ON product_changes (transaction_id, sequence);

CREATE TABLE pictures (
    id text PRIMARY KEY,
    content_type text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    used_time timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE product_pictures (
    product_id text REFERENCES products (id) ON DELETE CASCADE,
    picture_id text REFERENCES pictures (id),
    position integer NOT NULL,
    PRIMARY KEY (product_id, picture_id)
);
CREATE INDEX ix_product_pictures_picture_id ON product_pictures (picture_id);

CREATE TABLE reviews (
    product_id text REFERENCES products (id) ON DELETE CASCADE,
    id text,
    author text NOT NULL,
    author_display_name text NOT NULL,
    rating smallint NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (product_id, id)
);
CREATE INDEX reviews_newest ON reviews (product_id, create_time DESC, id);

CREATE TABLE replays (
    caller text,
    method text,
    request_id uuid,
    fingerprint bytea NOT NULL,
    answer bytea,
    create_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, method, request_id)
);
CREATE INDEX ix_replays_create_time ON replays (create_time);
"""

# Every way of writing a product goes through these, so that a new one cannot forget the etag or the feed.
TRIGGERS = """
CREATE FUNCTION mark_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := nextval('versions');
    NEW.update_time := now();
    RETURN NEW;
END $$;
CREATE TRIGGER mark_product BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION mark_product();

CREATE FUNCTION record_product_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_changes (product_id)
    SELECT id FROM changed ORDER BY version
    ON CONFLICT (product_id) DO UPDATE SET
        sequence = excluded.sequence,
        transaction_id = excluded.transaction_id,
        change_time = excluded.change_time;
    RETURN NULL;
END $$;
CREATE TRIGGER record_created AFTER INSERT ON products REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION record_product_changes();
CREATE TRIGGER record_updated AFTER UPDATE ON products REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION record_product_changes();
CREATE TRIGGER record_deleted AFTER DELETE ON products REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION record_product_changes();
"""


def upgrade() -> None:
    """Makes everything."""
    for statement in _statements(TABLES):
        op.execute(statement)
    for statement in _statements(TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    """Drops everything, with what is in it."""
    for table in ("replays", "reviews", "product_pictures", "pictures", "product_changes", "products", "categories"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION mark_product, record_product_changes")
    op.execute("DROP SEQUENCE versions, product_change_sequence")


def _statements(script: str) -> list[str]:
    """The statements of a script: asyncpg prepares one at a time. A function's body has semicolons of its own."""
    found, body = [], False
    statement: list[str] = []
    for line in script.strip().splitlines():
        statement.append(line)
        body ^= line.count("$$") % 2 == 1
        if line.endswith(";") and not body:
            found.append("\n".join(statement))
            statement = []
    return found
