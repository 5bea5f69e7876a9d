"""Messages to the domain, with every field at fault named."""

import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aisle.catalog.v1.product_pb2 import Product as ProductMessage
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money as MoneyMessage

from services.catalog.domain import money
from services.catalog.domain.money import Money
from services.catalog.domain.product import ProductDetails
from services.catalog.ports import CheckoutKey
from services.catalog.use_cases.replay import RequestKey
from services.kit import context
from services.kit.errors import InvalidArgument, Unauthenticated
from services.kit.masks import written

CATEGORY = re.compile(r"^categories/([A-Za-z0-9][A-Za-z0-9._~-]*)$")
NOT_A_TIME = "is not a time between the years 1 and 9999"


class Wrong(Exception):
    """A field does not hold what it should."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


def last(name: str) -> str:
    """`products/x` -> `x`."""
    return name.rpartition("/")[2]


def pair(name: str) -> tuple[str, str]:
    """`products/x/pictures/y` -> `x`, `y`."""
    _, product_id, _, other_id = name.split("/")
    return product_id, other_id


def required_id(name: str, field: str) -> str:
    """The id of a resource that must be named.

    Raises:
        InvalidArgument: it is not.
    """
    if not name:
        raise InvalidArgument.field(field, "is required")
    return last(name)


def cart_owner(name: str) -> str:
    """`users/x/cart` -> `users/x`."""
    return name.removesuffix("/cart")


def order_pair(name: str) -> tuple[str, str]:
    """`users/x/orders/y` -> `users/x`, `y`."""
    owner, _, order_id = name.partition("/orders/")
    return owner, order_id


def subject() -> str:
    """Who calls: `users/x`.

    Raises:
        Unauthenticated: nobody.
    """
    if (caller := context.principal()) is None:
        raise Unauthenticated("Send an access token as `authorization: Bearer <token>`.", reason="TOKEN_MISSING")
    return caller.subject


def checkout_key(request: Any) -> CheckoutKey:
    """What makes a checkout the same checkout. One without a request_id is a new one every time.

    Whose cart it is does not count: it stays the same when a visitor logs in.
    """
    content = type(request)()
    content.CopyFrom(request)
    content.ClearField("parent")
    fingerprint = hashlib.sha256(content.SerializeToString(deterministic=True)).digest()
    return CheckoutKey(subject(), request.request_id.lower() or str(uuid.uuid4()), fingerprint)


def request_key(request: Any, method: str) -> RequestKey | None:
    """What makes a call with a request_id the same call; None without one."""
    if not request.request_id:
        return None
    caller = context.principal()
    fingerprint = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    return RequestKey(caller.subject if caller else "", method, request.request_id.lower(), fingerprint)


def details(message: ProductMessage) -> ProductDetails:
    """Everything that a merchant writes of a product.

    Raises:
        Wrong: a field cannot be read.
    """
    return ProductDetails(**{field: read(message) for field, read in READERS.items()})


async def changed(
    message: ProductMessage, mask: Sequence[str], stored: Callable[[], Awaitable[ProductMessage]]
) -> Mapping[str, Any]:
    """The fields that an update writes: those of the mask, or all that are set when there is none.

    Raises:
        Wrong: a field cannot be read.
        InvalidArgument: the update says something of a field that it cannot write, and `stored` says something else.
    """
    elsewhere = {"stock_quantity": " here, but through AdjustStock and ImportProducts alone"}
    fields = await written(message, mask, READERS, stored, elsewhere, moving=elsewhere)
    return {field: READERS[field](message) for field in READERS if field in fields}


def moment(message: Message, field: str, path: str) -> datetime | None:
    """A timestamp, to the microsecond; None when it is absent.

    Raises:
        Wrong: it is none between the years 1 and 9999.
    """
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Wrong(path, NOT_A_TIME) from None


def category_id(name: str, field: str) -> str | None:
    """`categories/x` -> `x`; None for no category.

    Raises:
        Wrong: the name is not one of a category.
    """
    if not name:
        return None
    if (found := CATEGORY.match(name)) is None:
        raise Wrong(field, "must be categories/{category}")
    return found[1]


def invalid(wrong: Wrong) -> InvalidArgument:
    """What a request with such a field is answered."""
    return InvalidArgument.field(wrong.field, wrong.description)


def _money(message: ProductMessage, field: str) -> Money | None:
    if not message.HasField(field):  # type: ignore[arg-type]
        return None
    given: MoneyMessage = getattr(message, field)
    if (wrong := money.wrong(given.currency_code, given.units, given.nanos)) is not None:
        raise Wrong(f"product.{field}", wrong)
    return Money.of(given.currency_code, given.units, given.nanos)


READERS: Mapping[str, Callable[[ProductMessage], Any]] = {
    "title": lambda message: message.title,
    "description": lambda message: message.description,
    "category": lambda message: category_id(message.category, "product.category"),
    "brand": lambda message: message.brand,
    "price": lambda message: _money(message, "price"),
    "list_price": lambda message: _money(message, "list_price"),
    "attributes": lambda message: dict(message.attributes),
    "age_limit": lambda message: message.age_limit,
    "regions": lambda message: tuple(message.regions),
}
"""How each field of ProductDetails is read."""
