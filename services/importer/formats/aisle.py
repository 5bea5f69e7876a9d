"""Aisle's own format: products, events, reviews and users, each a JSONL, CSV or Parquet file, and pictures beside them.

The columns are those that `_product`, `_event`, `_review` and `_shopper` read; without those in `NEEDED` no row of a
table can be good.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Self

from services.importer import rows, values
from services.importer.domain import KINDS, Event, Finding, Item, Pictures, Place, Product, Review, Shopper
from services.importer.formats.base import Entries, Format, Once, folder_of, good, parsed, shallowest
from services.importer.sources.base import Source
from services.importer.values import CellError, Row

TABLES = ("products", "events", "reviews", "users")
NEEDED = {
    "products": {"id", "title"},
    "events": {"user", "kind", "time"},
    "reviews": {"id", "product"},
    "users": {"id", "email"},
}


class AisleFormat(Format):
    """Any of the four tables may be missing."""

    title = "Aisle's own"
    wants = "products, events, reviews or users as .jsonl, .csv or .parquet"
    columns: ClassVar[Mapping[str, str]] = {
        "name": "id",
        "reviews.name": "product, id",
        "category_path": "category",
        "stock_quantity": "stock",
        "event_time": "time",
        "shopper": "user",
        "author": "user",
        "author_display_name": "user_name",
    }

    def __init__(self, source: Source, tables: dict[str, str]) -> None:
        self._source = source
        self._tables = tables
        self._folder = folder_of(tables.get("products", ""))

    @classmethod
    def recognise(cls, source: Source) -> Self | None:
        found = {table: shallowest(source, _names(table)) for table in TABLES}
        tables = {table: path for table, path in found.items() if path}
        return cls(source, tables) if tables else None

    def remarks(self) -> Iterator[Finding]:
        for path in self._source.sizes():
            for table, taken in self._tables.items():
                if path != taken and path.rpartition("/")[2].lower() in _names(table):
                    yield Finding(Place(path, 0), "", f"is not read, since there is {taken}; put their rows together")

    def products(self) -> Entries[Product]:
        once = Once("id")
        there = self._source.sizes()
        for entry in parsed(self._rows("products"), lambda row: (_product(row, once), values.several(row, "images"))):
            if isinstance(entry, Finding):
                yield entry
                continue
            product, images = entry.value
            yield Item(entry.place, product)
            for image in images:
                if self._folder + image not in there:
                    yield Finding(entry.place, "images", f"{image[:200]!r} is not in the data set", kept=True)

    def pictures(self) -> Entries[Pictures]:
        once = Once("id")
        there = self._source.sizes()
        for item in good(self._rows("products"), lambda row: (_product(row, once), values.several(row, "images"))):
            product, images = item.value
            paths = tuple(self._folder + image for image in images if self._folder + image in there)
            if paths:
                yield Item(item.place, Pictures(product.id, paths))

    def reviews(self) -> Entries[Review]:
        return parsed(self._rows("reviews"), _review)

    def events(self) -> Entries[Event]:
        return parsed(self._rows("events"), _event)

    def shoppers(self) -> Entries[Shopper]:
        once = Once("id")
        return parsed(self._rows("users"), lambda row: _shopper(row, once))

    def _rows(self, table: str) -> Iterator[rows.RowOrFinding]:
        if (path := self._tables.get(table)) is None:
            return
        if path.lower().endswith(".csv"):
            columns = rows.header(self._source, path)
            for column in sorted(NEEDED[table] - set(columns)):
                yield Finding(Place(path, 1), column, f"is no column of the file, which has {', '.join(columns)[:200]}")
            if NEEDED[table] - set(columns):
                return
        yield from rows.read(self._source, path)


def _names(table: str) -> list[str]:
    return [table + ending for ending in rows.ENDINGS]


def _product(row: Row, once: Once) -> Product:
    price = values.price(row, "price", "currency")
    before = values.price(row, "list_price", "currency")
    if before and not price:
        raise CellError("list_price", "needs a price beside it")
    return Product(
        title=values.required(row, "title"),
        description=values.text(row, "description"),
        category_path=values.category_path(row, "category"),
        brand=values.text(row, "brand"),
        price=price,
        list_price=before,
        stock=values.integer(row, "stock", default=None),
        attributes=values.mapping(row, "attributes"),
        create_time=values.moment(row, "create_time"),
        age_limit=values.integer(row, "age_limit", default=0, most=120),
        regions=values.several(row, "regions"),
        id=once(values.identifier(row, "id")),
    )


def _review(row: Row) -> Review:
    user = values.text(row, "user")
    return Review(
        product_id=values.identifier({"product": _bare(row, "product")}, "product"),
        id=values.identifier(row, "id"),
        author=_shopper_name(user) if user else "",
        author_name=values.text(row, "user_name"),
        rating=values.integer(row, "rating", default=0, most=5),
        title=values.text(row, "title"),
        text=values.text(row, "text"),
        create_time=values.moment(row, "time"),
    )


def _event(row: Row) -> Event:
    kind = values.required(row, "kind").lower()
    if kind not in KINDS:
        raise CellError("kind", f"{kind[:40]!r} is none of {', '.join(KINDS)}")
    if (time := values.moment(row, "time")) is None:
        raise CellError("time", "is required and empty")
    return Event(
        shopper=_shopper_name(values.required(row, "user")),
        kind=kind,
        time=time,
        product_id=_bare(row, "product"),
        event_id=values.text(row, "event_id"),
        rating=values.integer(row, "rating", default=0, most=5),
        query=values.text(row, "query"),
        position=values.integer(row, "position", default=0, most=100_000),
        quantity=values.integer(row, "quantity", default=0, most=100_000),
        order_id=values.order_id(row, "order_id") if kind == "purchase" else "",
    )


def _shopper(row: Row, once: Once) -> Shopper:
    shopper_id = values.identifier({"id": values.text(row, "id").removeprefix("users/")}, "id")
    if shopper_id == "me":
        raise CellError("id", "'me' stands for whoever is logged in and cannot be an id")
    return Shopper(
        email=values.required(row, "email"),
        display_name=values.text(row, "display_name"),
        preferred_categories=values.several(row, "preferred_categories"),
        id=once(shopper_id),
    )


def _bare(row: Row, field: str) -> str:
    return values.text(row, field).removeprefix("products/")


def _shopper_name(user: str) -> str:
    """`users/ID` for a bare id; visitors keep their prefix."""
    return user if user.startswith(("users/", "visitors/")) else f"users/{user}"
