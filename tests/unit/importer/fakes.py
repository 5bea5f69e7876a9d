"""A shop that keeps what is written to it, and says what it would have said."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from services.importer.domain import Counts
from services.importer.errors import FileError, ServerError
from services.importer.ports import Outcome, ReadPicture, Refusal
from services.importer.progress import Screen


@dataclass
class FakeShop:
    """Rows by id. `fails_after` makes it stop answering after so many requests."""

    refused: frozenset[str] = frozenset()
    fails_after: int = 10**9
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    requests: int = 0

    async def write_products(self, products: Sequence[Any]) -> Outcome:
        return self._write("product", [(product.id, product) for product in products])

    async def write_reviews(self, reviews: Sequence[Any]) -> Outcome:
        return self._write("review", [(f"{review.product_id}/{review.id}", review) for review in reviews])

    async def write_events(self, events: Sequence[Any]) -> Outcome:
        return self._write("event", [(event.event_id or repr(event), event) for event in events])

    async def write_shoppers(self, shoppers: Sequence[Any]) -> Outcome:
        return self._write("shopper", [(shopper.id, shopper) for shopper in shoppers])

    async def count_products(self) -> int:
        return len(self.of("product"))

    async def write_pictures(self, pictures: Sequence[Any], read: ReadPicture) -> Outcome:
        rows, refusals = [], []
        for index, entry in enumerate(pictures):
            for path in entry.paths:
                try:
                    digest = hashlib.sha256(read(path, 1000)).hexdigest()
                    rows.append((f"{entry.product_id}/{digest}", path))
                except FileError as error:
                    refusals.append(Refusal(index, "images", str(error), kept=True))
        outcome = self._write("picture", rows)
        outcome.refusals += refusals
        return outcome

    def _write(self, kind: str, rows: list[tuple[str, Any]]) -> Outcome:
        self.requests += 1
        if self.requests > self.fails_after:
            raise ServerError("the shop does not answer")
        outcome = Outcome(Counts())
        for index, (name, row) in enumerate(rows):
            key = (kind, name)
            if name in self.refused:
                outcome.refusals.append(Refusal(index, f"{kind}.title", "is not nice"))
            elif key not in self.rows:
                outcome.counts.created += 1
                self.rows[key] = row
            elif self.rows[key] == row:
                outcome.counts.unchanged += 1
            else:
                outcome.counts.updated += 1
                self.rows[key] = row
        return outcome

    def of(self, kind: str) -> dict[str, Any]:
        """What is kept of a kind."""
        return {name: row for (other, name), row in self.rows.items() if other == kind}


def quiet() -> Screen:
    """A screen that nobody sees."""
    return Screen(Console(quiet=True))
