"""What is nearest to a vector: asked of the index, and for words remembered while the products say the same."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.kit.filters import Expr
from services.search.ports import Rows, Scores, Vector, VectorIndex
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.remembering import Remembered

SETTLED_S = 5.0
"""A product that changes has its new vector within about a second: what was found sooner is not kept."""
MOST_KEPT_S = 600.0
"""An answer is kept for as long as products have said the same already, so that it is hardly older than the indexing
of many new products took; and no longer than this."""
KEPT = 10_000
"""Answers that are kept, a kilobyte each."""


@dataclass(frozen=True, slots=True)
class _Answer:
    said: int
    until_s: float
    found: tuple[Rows, Scores]


class Nearest:
    """Many search for the same, and ask for its next page: an answer serves them all."""

    def __init__(self, catalogue: Catalogue, index: VectorIndex) -> None:
        self._catalogue = catalogue
        self._index = index
        self._answers = Remembered[tuple[str, str, int], _Answer](KEPT)

    async def to_text(self, collection: str, text: str, vector: Vector, limit: int) -> tuple[Rows, Scores]:
        """The nearest to a text, of all products, best first. A collection has one encoder for texts."""
        key, said, now = (collection, text, limit), self._catalogue.said, time.monotonic()
        known = self._answers.get(key)
        if known is not None and known.said == said and now < known.until_s:
            return known.found
        found = await self.to_vector(collection, vector, None, limit)
        settled_s = now - self._catalogue.said_s
        if settled_s > SETTLED_S and said == self._catalogue.said:
            self._answers.put(key, _Answer(said, now + min(settled_s, MOST_KEPT_S), found))
        return found

    async def to_vector(
        self, collection: str, vector: Vector, where: Expr | Sequence[str] | None, limit: int
    ) -> tuple[Rows, Scores]:
        """The nearest that pass a filter, or are among ids, best first."""
        found = await self._index.search(collection, vector, where, limit)
        known = [(row, score) for item, score in found if (row := self._catalogue.row(item)) is not None]
        return np.array([row for row, _ in known], np.int64), np.array([score for _, score in known], np.float32)
