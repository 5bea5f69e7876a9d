"""The tables of carts, orders and what follows from them; migrations/versions makes them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.catalog.adapters.tables import metadata

EMPTY = text("''")


def _time(name: str, default: object = None) -> Column[object]:
    options = {} if default is None else {"nullable": False, "server_default": default}
    return Column(name, DateTime(timezone=True), **options)  # type: ignore[arg-type]


# A row for every shopper who ever had a cart: whoever writes the cart or buys it holds the row.
carts = Table(
    "carts",
    metadata,
    Column("owner", Text, primary_key=True),
    # Whose the cart is now: set when a visitor logged in, and nothing is put into it any more.
    Column("merged_into", Text),
    _time("update_time", func.now()),
)
cart_items = Table(
    "cart_items",
    metadata,
    Column("owner", Text, ForeignKey("carts.owner", ondelete="CASCADE"), primary_key=True),
    # No foreign key: that a product is gone has to be told.
    Column("product_id", Text, primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("price", Numeric(28, 9), nullable=False),
    Column("attribution_token", Text, nullable=False, server_default=EMPTY),
    _time("add_time", func.clock_timestamp()),
    CheckConstraint("quantity BETWEEN 1 AND 999", name="cart_items_quantity_check"),
)
orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    # Who called: the owner, until a visitor logs in. With the request_id it says which call made the order.
    Column("buyer", Text, nullable=False),
    Column("request_id", UUID(as_uuid=False), nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total", Numeric, nullable=False),
    Column("address", JSONB),
    # Empty once it is known what became of the payment.
    Column("payment_token", Text, nullable=False),
    Column("decline_reason", Text, nullable=False, server_default=EMPTY),
    Column("refund_due", Boolean, nullable=False, server_default=text("false")),
    # How often, and when next, the provider is asked what became of a payment or told of a refund.
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _time("due_time"),
    # What Checkout answered, for those who ask again.
    Column("answer", LargeBinary),
    _time("create_time", func.now()),
    _time("update_time", func.now()),
    UniqueConstraint("buyer", "request_id", name="orders_request_key"),
)
Index("orders_of_owner", orders.c.owner, orders.c.create_time.desc(), orders.c.id)
Index("orders_newest", orders.c.create_time.desc(), orders.c.id)
Index("orders_due", orders.c.due_time, postgresql_where=orders.c.due_time.is_not(None))
order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", Text, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("product_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("picture_id", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price", Numeric(28, 9), nullable=False),
    Column("attribution_token", Text, nullable=False, server_default=EMPTY),
)
# Events that the recommender has not taken yet, written by the transaction that they tell of.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False),
    Column("shopper", Text, nullable=False, index=True),
    Column("kind", SmallInteger, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("rating", SmallInteger, nullable=False),
    Column("attribution_token", Text, nullable=False),
    Column("order_id", Text, nullable=False, server_default=EMPTY),
    _time("event_time", func.now()),
)
watermarks = Table(
    "watermarks", metadata, Column("name", Text, primary_key=True), Column("cursor", Text, nullable=False)
)
# What the test provider remembers. It stands for another company's database: nothing here is read by anybody else.
test_payments = Table(
    "test_payments",
    metadata,
    Column("key", Text, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("decline_reason", Text, nullable=False),
    Column("refunded", Boolean, nullable=False, server_default=text("false")),
    _time("create_time", func.now()),
)
