"""The tables as SQLAlchemy sees them; migrations/versions makes them, and a test holds the two together."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID, ExcludeConstraint

from services.kit.changes import Xid8

metadata = MetaData()

# One sequence for all versions: a product that is deleted and made again never repeats an etag.
versions = Sequence("versions", metadata=metadata, cache=1)
change_sequence = Sequence("product_change_sequence", metadata=metadata)


def _now() -> Column[object]:
    return Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now())


categories = Table(
    "categories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("parent_id", Text, ForeignKey("categories.id"), index=True),
    # From the root to the category itself. A parent never changes, so ids stay; names change with a rename.
    Column("path_ids", ARRAY(Text), nullable=False),
    Column("path_names", ARRAY(Text), nullable=False),
    # The names it was made with: an import finds its category again after a rename.
    Column("origin", ARRAY(Text), nullable=False),
    _now(),
    Column("version", BigInteger, versions, nullable=False, server_default=versions.next_value()),
    # Unique by its hash: a path may be longer than what a B-tree takes.
    ExcludeConstraint(("path_names", "="), using="hash", name="categories_path_names_key"),
)
Index("categories_origin", categories.c.origin, postgresql_using="hash")
Index("categories_path_ids", categories.c.path_ids, postgresql_using="gin")

products = Table(
    "products",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("category_id", Text, ForeignKey("categories.id"), index=True),
    Column("category_ids", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("brand", Text, nullable=False, server_default=""),
    Column("currency", Text),
    Column("price", Numeric(28, 9)),
    Column("list_price", Numeric(28, 9)),
    Column("stock_quantity", BigInteger, nullable=False, server_default=text("0")),
    # What the last import said of it: the same number again is no news, and what was sold since stays sold.
    Column("imported_stock", BigInteger),
    Column("attributes", JSONB, nullable=False, server_default=text("'{}'")),
    Column("age_limit", SmallInteger, nullable=False, server_default=text("0")),
    Column("regions", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("rating_sum", BigInteger, nullable=False, server_default=text("0")),
    Column("rating_count", BigInteger, nullable=False, server_default=text("0")),
    Column(
        "rating",
        Float(53),
        Computed("CASE WHEN rating_count = 0 THEN 0 ELSE rating_sum::float8 / rating_count END", persisted=True),
        nullable=False,
    ),
    _now(),
    # A trigger sets these two at every update, so that no write can forget them.
    Column("update_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("version", BigInteger, versions, nullable=False, server_default=versions.next_value()),
    CheckConstraint("stock_quantity BETWEEN 0 AND 1000000000", name="products_stock_quantity_check"),
    CheckConstraint("(price IS NULL) = (currency IS NULL)", name="products_currency_check"),
    CheckConstraint("price >= 0 AND list_price >= 0", name="products_price_check"),
)
Index("products_category_ids", products.c.category_ids, postgresql_using="gin")
Index("products_create_time", products.c.create_time, products.c.id)

# One row a product, also for one that is gone: its latest change. Triggers on `products` write it. A follower who has
# not seen an earlier change needs only the latest state, so the feed does not grow with the number of changes.
product_changes = Table(
    "product_changes",
    metadata,
    Column("product_id", Text, primary_key=True),
    Column("sequence", BigInteger, change_sequence, nullable=False, server_default=change_sequence.next_value()),
    Column("transaction_id", Xid8(), nullable=False, server_default=func.pg_current_xact_id()),
    Column("change_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("product_changes_order", product_changes.c.transaction_id, product_changes.c.sequence)

pictures = Table(
    "pictures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("content_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    # When a product last took it up: one that no product shows is swept away some time after.
    Column("used_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

product_pictures = Table(
    "product_pictures",
    metadata,
    Column("product_id", Text, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True),
    Column("picture_id", Text, ForeignKey("pictures.id"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("product_id", Text, ForeignKey("products.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("author", Text, nullable=False),
    Column("author_display_name", Text, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    _now(),
    # The author, where it is a buyer who wrote here: one a product. Other systems' authors may have written more.
    Column("buyer", Text),
    UniqueConstraint("product_id", "buyer", name="reviews_buyer_key"),
)
Index("reviews_newest", reviews.c.product_id, reviews.c.create_time.desc(), reviews.c.id)
Index("reviews_of_author", reviews.c.author, reviews.c.create_time.desc(), reviews.c.product_id, reviews.c.id)

# First answers of calls with a request_id, kept for a day.
replays = Table(
    "replays",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("request_id", UUID(as_uuid=False), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", LargeBinary),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
)
