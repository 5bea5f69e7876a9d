"""Lists of products: filter, order and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Row, Select, and_, cast, func, literal, or_, select, true

from services.catalog.adapters import positions
from services.catalog.adapters.positions import Reader
from services.catalog.adapters.tables import products
from services.catalog.ports import Position, ProductQuery, SortKey
from services.kit.filters import Expr, to_sql

FILTERS: Mapping[str, Any] = {
    "id": products.c.id,
    "title": products.c.title,
    "category": products.c.category_ids,
    "brand": products.c.brand,
    # A number of a filter is a float: 19.99 is the price 19.99 as one too, and not as an exact number.
    "price": cast(products.c.price, Float(53)),
    "currency": products.c.currency,
    "in_stock": products.c.stock_quantity > 0,
    "rating": products.c.rating,
    "create_time": products.c.create_time,
    "update_time": products.c.update_time,
    "attributes.*": lambda key: products.c.attributes[key].astext,
}

TITLE_CHARACTERS = 40
"""Titles that begin with the same 40 characters are in the order of their ids."""


@dataclass(frozen=True)
class _Key:
    """A value to sort by; none of them is ever NULL, so that pages can go on after any of them."""

    name: str
    value: ColumnElement[Any]
    descending: bool
    read: Reader

    def after(self, last: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = self.value < last if self.descending else self.value > last
        return beyond


def page(query: ProductQuery, after: Position | None, limit: int) -> Select[Any]:
    """Ids and sort values of a page."""
    keys = _keys(query.order)
    rows = select(products.c.id, *(key.value.label(key.name) for key in keys if key.name != "id"))
    rows = rows.where(_where(query.filter))
    if after is not None:
        with positions.forged_is_invalid():
            last = [key.read(after[key.name]) for key in keys]
        rows = rows.where(_beyond(keys, last))
    ordered = (key.value.desc() if key.descending else key.value.asc() for key in keys)
    return rows.order_by(*ordered).limit(limit)


def count(where: Expr | None) -> Select[Any]:
    """How many products a filter keeps."""
    return select(func.count()).select_from(products).where(_where(where))


def position(query: ProductQuery, row: Row[Any]) -> Position:
    """Where the page after a row begins, as JSON values."""
    values = {key.name: getattr(row, key.name) for key in _keys(query.order)}
    return {name: value if isinstance(value, bool | float | str) else str(value) for name, value in values.items()}


def _where(where: Expr | None) -> ColumnElement[bool]:
    return true() if where is None else to_sql(where, FILTERS)


def _keys(order: tuple[SortKey, ...]) -> list[_Key]:
    return [key for sort in order for key in _keys_of(sort)]


def _keys_of(sort: SortKey) -> list[_Key]:
    column = products.c[sort.field]
    if sort.field == "price":
        # Products without a price come last, in both directions.
        missing = _Key("price_missing", column.is_(None), False, _truth)
        return [missing, _Key("price", func.coalesce(column, 0), sort.descending, positions.number)]
    if sort.field == "title":
        # A page token holds the value, and a title may be longer than a token.
        return [_Key("title", func.left(column, TITLE_CHARACTERS), sort.descending, positions.text)]
    read = {"rating": positions.ratio, "create_time": positions.time, "update_time": positions.time}
    return [_Key(sort.field, column, sort.descending, read.get(sort.field, positions.text))]


def _truth(value: Any) -> ColumnElement[bool]:
    # SQLAlchemy has no greater and less for Python's own True and False.
    return literal(positions.truth(value))


def _beyond(keys: list[_Key], last: list[Any]) -> ColumnElement[bool]:
    """Rows after `last`: later in the first key, or equal there and later in the second, and so on."""
    steps = []
    for i, key in enumerate(keys):
        equal = (before.value == value for before, value in zip(keys[:i], last[:i], strict=True))
        steps.append(and_(*equal, key.after(last[i])))
    return or_(*steps)
