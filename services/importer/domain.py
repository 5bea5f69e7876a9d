"""What an import consists of, whatever format it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands. Rows are numbered as people see them: a CSV's header is row 1, a JSONL's first line is
    row 1, a Parquet's first row is row 1. Row 0 is the whole file."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with the data."""

    place: Place
    field: str
    why: str
    kept: bool = False
    """The row was imported all the same, without what is named here."""


@dataclass(frozen=True, slots=True)
class Item(Generic[T]):
    """A good row."""

    place: Place
    value: T


@dataclass(frozen=True, slots=True)
class Price:
    """An exact amount of a currency (ISO 4217)."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Product:
    """A product to write."""

    id: str
    title: str
    description: str = ""
    category_path: tuple[str, ...] = ()
    """Display names from the root."""
    brand: str = ""
    price: Price | None = None
    list_price: Price | None = None
    stock: int | None = None
    """Units on hand; None where the source does not say it."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    create_time: datetime | None = None
    age_limit: int = 0
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pictures:
    """A product's pictures, as paths in the data set, in the order to show them."""

    product_id: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A review to write."""

    product_id: str
    id: str
    author: str = ""
    """`users/ID`."""
    author_name: str = ""
    rating: int = 0
    """1 to 5; 0 when the author gave none."""
    title: str = ""
    text: str = ""
    create_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a shopper did."""

    shopper: str
    """`users/ID` or `visitors/ID`."""
    kind: str
    """One of KINDS."""
    time: datetime
    product_id: str = ""
    event_id: str = ""
    rating: int = 0
    query: str = ""
    position: int = 0
    quantity: int = 0
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Shopper:
    """A shopper who gets an account."""

    id: str
    email: str
    display_name: str = ""
    preferred_categories: tuple[str, ...] = ()
    """Paths such as `Apparel > Shoes`, or ids of categories; most liked first."""


KINDS = ("view", "add_to_cart", "purchase", "like", "dislike", "rate", "search", "impression")


@dataclass
class Counts:
    """What became of the rows of one stage."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    """Rows that are not in the shop."""
    incomplete: int = 0
    """Rows that are, without a part of them."""

    def add(self, other: "Counts") -> None:
        """Adds what became of more rows."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refused += other.refused
        self.incomplete += other.incomplete

    @property
    def good(self) -> int:
        """Rows that are in the shop now."""
        return self.created + self.updated + self.unchanged
