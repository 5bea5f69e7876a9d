"""What an import needs of the shop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.importer.domain import Counts, Event, Pictures, Product, Review, Shopper


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the shop did not take."""

    index: int
    """Which of the rows."""
    field: str
    why: str
    kept: bool = False
    """The row is in the shop all the same, without what is named here."""


@dataclass
class Outcome:
    """What became of some rows."""

    counts: Counts = field(default_factory=Counts)
    refusals: list[Refusal] = field(default_factory=list)


class ReadPicture(Protocol):
    """Reads a picture of the data set."""

    def __call__(self, path: str, most: int) -> bytes:
        """Its bytes.

        Raises:
            FileError: it cannot be read, or has more than `most` bytes.
        """


class Shop(Protocol):
    """Where rows are written. Writing a row twice changes nothing.

    Every method raises ServerError when the shop does not answer for long, or does not let the importer in.
    """

    async def write_products(self, products: Sequence[Product]) -> Outcome: ...

    async def write_pictures(self, pictures: Sequence[Pictures], read: ReadPicture) -> Outcome:
        """Counts pictures, not products."""

    async def write_reviews(self, reviews: Sequence[Review]) -> Outcome: ...

    async def write_events(self, events: Sequence[Event]) -> Outcome: ...

    async def count_products(self) -> int:
        """How many products it has, whoever wrote them."""

    async def write_shoppers(self, shoppers: Sequence[Shopper]) -> Outcome: ...
