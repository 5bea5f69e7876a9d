"""The public *Amazon Sales* CSV: a row is a product with up to eight of its reviews, comma separated in one cell each.

What the set does not say is not made up: no reviewer's own stars (the row's mean rating and its count are kept as
attributes of the product), and no time of a review. Events need a time, so that each review's purchase is put at a
moment of the half year before the set was collected, chosen by the hash of its id: the same in every import.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from services.importer import rows, values
from services.importer.domain import Event, Finding, Item, Pictures, Place, Price, Product, Review
from services.importer.formats.base import Entries, Format, good, parsed
from services.importer.formats.mojibake import repaired
from services.importer.sources.base import Source
from services.importer.values import CellError, Row

HEADER = {"product_id", "product_name", "category", "discounted_price", "actual_price", "review_id", "review_content"}
SAID_ONCE = ("product_name", "category", "discounted_price", "actual_price", "about_product")
COLLECTED = datetime(2023, 1, 5, tzinfo=UTC)
"""When the set's product links were made, by the `qid` in them."""
SPREAD = timedelta(days=180)
_RUPEES = re.compile(r"₹?\s*([\d,]+(?:\.\d+)?)")
_SEPARATOR = re.compile(",(?! )")
"""The set joins reviews by a comma without a space, while writers mostly put a space behind theirs."""
_GAP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAMES = {"USBtoUSBAdapters": "USB to USB Adapters", "Webcams&VoIPEquipment": "Webcams & VoIP Equipment"}


class AmazonSales(Format):
    """Rows of one product are merged: the first says what it is, all bring their reviews. Where a later one says
    something else, that is named."""

    title = "Amazon Sales"
    wants = "a CSV with product_id, product_name, category, discounted_price, actual_price, review_id, review_content"
    columns: ClassVar[Mapping[str, str]] = {
        "name": "product_id",
        "reviews.name": "product_id, review_id",
        "title": "product_name",
        "description": "about_product",
        "category_path": "category",
        "price": "discounted_price",
        "list_price": "actual_price",
        "author": "user_id",
        "author_display_name": "user_name",
        "text": "review_content",
    }

    def __init__(self, source: Source, table: str) -> None:
        self._source = source
        self._table = table

    @classmethod
    def recognise(cls, source: Source) -> Self | None:
        tables = sorted((path for path in source.sizes() if path.lower().endswith(".csv")), key=lambda p: p.count("/"))
        table = next((path for path in tables[:100] if set(rows.header(source, path)) >= HEADER), None)
        return cls(source, table) if table else None

    def products(self) -> Entries[Product]:
        first: dict[str, list[str | None]] = {}
        for entry in parsed(self._rows(), lambda row: (_product(row), [row.get(column) for column in SAID_ONCE])):
            if isinstance(entry, Finding):
                yield entry
                continue
            product, said = entry.value
            if product.id not in first:
                yield Item(entry.place, product)
            for column, counts, cell in zip(SAID_ONCE, first.setdefault(product.id, said), said, strict=True):
                if counts != cell:
                    why = f"is not what an earlier row says of {product.id}, which counts"
                    yield Finding(entry.place, column, why, kept=True)

    def pictures(self) -> Entries[Pictures]:
        return iter(())  # the set has links, many of them dead, and no pictures

    def reviews(self) -> Entries[Review]:
        for place, review, missing in self._reviews():
            yield Item(place, review)
            if missing:
                why = "cannot be told apart among the row's reviews: one of them has the separator in it"
                yield Finding(place, missing, why, kept=True)

    def events(self) -> Entries[Event]:
        for place, review, _ in self._reviews():
            if review.author:
                yield Item(place, _purchase(review))

    def _reviews(self) -> Iterator[tuple[Place, Review, str]]:
        """Each review once, and with a row's last one the columns that could not be split."""
        seen: set[tuple[str, str]] = set()
        for item in good(self._rows(), lambda row: (_product(row).id, _row_reviews(row))):
            product_id, (found, missing) = item.value
            new = [review for review in found if (product_id, review.id) not in seen]
            seen.update((product_id, review.id) for review in new)
            for number, review in enumerate(new, 1):
                yield item.place, review, missing if number == len(new) else ""

    def _rows(self) -> Iterator[rows.RowOrFinding]:
        for entry in rows.read(self._source, self._table):
            if isinstance(entry, Item):
                yield Item(entry.place, {column: repaired(cell) for column, cell in entry.value.items()})
            else:
                yield entry


def _product(row: Row) -> Product:
    now, before = _rupees(row, "discounted_price"), _rupees(row, "actual_price")
    ratings = {"rating": values.text(row, "rating"), "rating_count": values.text(row, "rating_count").replace(",", "")}
    return Product(
        id=values.identifier(row, "product_id"),
        title=values.required(row, "product_name"),
        description="\n".join(part.strip() for part in values.text(row, "about_product").split("|")),
        category_path=tuple(map(category_name, values.several(row, "category"))),
        price=now or before,
        list_price=before if now and before and before.amount > now.amount else None,
        attributes={name: value for name, value in ratings.items() if value},
    )


def _rupees(row: Row, field: str) -> Price | None:
    found = values.text(row, field)
    if not found:
        return None
    if (match := _RUPEES.fullmatch(found)) is None:
        raise CellError(field, f"{found[:40]!r} is no amount of rupees such as ₹1,099")
    return Price(values.decimal(field, match[1].replace(",", "")), "INR")


def category_name(name: str) -> str:
    """The name with the spaces that the set has lost.

    >>> category_name("HomeTheater,TV&Video"), category_name("USBCables"), category_name("3DGlasses")
    ('Home Theater, TV & Video', 'USB Cables', '3D Glasses')
    """
    if name in _NAMES:
        return _NAMES[name]
    return _GAP.sub(" ", name).replace("&", " & ").replace(",", ", ")


def _row_reviews(row: Row) -> tuple[list[Review], str]:
    """The row's reviews, and the columns that cannot be split among them."""
    product_id = values.identifier(row, "product_id")
    ids = [part.strip() for part in values.text(row, "review_id").split(",") if part.strip()]
    columns, missing = {}, []
    for column in ("user_id", "user_name", "review_title", "review_content"):
        whole = values.text(row, column)
        parts = split(whole, len(ids))
        if parts is None and whole:
            missing.append(column)
        columns[column] = [part.strip() for part in parts or [""] * len(ids)]
    reviews = [
        Review(product_id, review_id, f"users/{user}" if user else "", name, title=title, text=content)
        for review_id, user, name, title, content in zip(ids, *columns.values(), strict=True)
    ]
    return reviews, ", ".join(missing)


def split(cell: str, count: int) -> list[str] | None:
    """The cell's parts when there are exactly that many, first by every comma, then by those without a space behind.

    >>> split("Good,Bad", 2), split("Good, really,Bad", 2), split("Good,really,Bad", 2)
    (['Good', 'Bad'], ['Good, really', 'Bad'], None)
    """
    if count == 1:
        return [cell]
    for parts in (cell.split(","), _SEPARATOR.split(cell)):
        if len(parts) == count:
            return parts
    return None


def _purchase(review: Review) -> Event:
    digest = hashlib.sha256(f"{review.id} {review.product_id}".encode()).digest()
    back = SPREAD * (int.from_bytes(digest[:8], "big") / 2**64)
    time = (COLLECTED - back).replace(microsecond=0)
    return Event(review.author, "purchase", time, review.product_id, f"review:{review.id}:{review.product_id}"[:128])
