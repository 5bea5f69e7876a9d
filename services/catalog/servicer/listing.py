"""Filter and order of ListProducts."""

from collections.abc import Mapping
from functools import lru_cache

from services.catalog.ports import ProductQuery, SortKey
from services.kit import filters
from services.kit.errors import InvalidArgument
from services.kit.filters import FieldType

SCHEMA: Mapping[str, FieldType] = {
    "id": FieldType.TEXT,
    "title": FieldType.TEXT,
    "category": FieldType.PATH,
    "brand": FieldType.TEXT,
    "price": FieldType.NUMBER,
    "currency": FieldType.TEXT,
    "in_stock": FieldType.BOOLEAN,
    "rating": FieldType.NUMBER,
    "create_time": FieldType.TIME,
    "update_time": FieldType.TIME,
    "attributes.*": FieldType.TEXT,
}
SORTABLE = ("id", "title", "price", "rating", "create_time", "update_time")
DIRECTIONS = {"": False, "asc": False, "desc": True}

# Shops send the same few filters again and again, and reading one takes milliseconds.
_filter = lru_cache(maxsize=1024)(lambda text: filters.parse(text, SCHEMA))


def query(filter_text: str, order_by: str) -> ProductQuery:
    """Which products to list, in which order.

    Raises:
        InvalidArgument: filter or order cannot be read; says what and where.
    """
    return ProductQuery(_filter(filter_text), order(order_by))


def order(text: str) -> tuple[SortKey, ...]:
    """The order, which ends with the id, so that it is total.

    >>> order("price desc")
    (SortKey(field='price', descending=True), SortKey(field='id', descending=False))

    Raises:
        InvalidArgument: a field is unknown or named twice, or a direction is neither asc nor desc.
    """
    keys = [_key(part) for part in text.split(",")] if text.strip() else []
    fields = [key.field for key in keys]
    if twice := next((field for field in fields if fields.count(field) > 1), None):
        raise InvalidArgument.field("order_by", f"names {twice} twice")
    if "id" in fields:
        return tuple(keys[: fields.index("id") + 1])
    return (*keys, SortKey("id", descending=False))


def _key(part: str) -> SortKey:
    field, _, direction = part.strip().partition(" ")
    if field not in SORTABLE:
        raise InvalidArgument.field("order_by", f"knows no field {field[:40]!r}; fields: {', '.join(SORTABLE)}")
    if (descending := DIRECTIONS.get(direction.strip())) is None:
        raise InvalidArgument.field("order_by", f"{field} can be asc or desc, not {direction.strip()[:40]!r}")
    return SortKey(field, descending)
