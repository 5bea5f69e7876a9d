"""What search needs of the world; adapters/ provides it, tests may bring their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.search.domain.query import Query, Stems

Rows = np.ndarray[Any, np.dtype[np.int64]]
"""[found] rows of the catalogue's table."""
Scores = np.ndarray[Any, np.dtype[np.float32]]
"""[found] the higher the better; comparable within one answer."""
Vector = np.ndarray[Any, np.dtype[np.float32]]
"""[dimension], L2-normalised."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What the words of a product are found in."""

    title: str
    text: str
    """Everything that is said of it, the title included."""
    names: tuple[str, ...]
    """Names of categories, brand and values, which a query may name whole."""
    sku: str


class LexicalIndex(Protocol):
    """Finds rows by words."""

    def stem(self, word: str) -> str:
        """The stem of a folded word."""
        ...

    def put(self, row: int, texts: Texts) -> None:
        """Writes a row's texts over what was there; found after the next commit."""
        ...

    def remove(self, row: int) -> None:
        """Takes a row out; gone after the next commit."""
        ...

    def commit(self) -> None:
        """Makes what was written findable."""
        ...

    def search(self, query: Query, any_of: bool = False) -> tuple[Rows, Scores]:
        """Every row that has all parts, or with `any_of` half of them, best first.

        A score's thousands say how many words of the query are a name of the product's, whole.
        """
        ...

    def count(self, query: Query) -> int:
        """How many rows `search` would find."""
        ...

    def named(self, stems: Stems) -> int:
        """How many rows have a name of exactly these stems."""
        ...

    def like(self, texts: Texts) -> tuple[Rows, Scores]:
        """Rows whose words are like these texts', best first."""
        ...

    def completions(self, prefix: str, before: Query, limit: int) -> list[tuple[str, int]]:
        """Words that begin so in rows that `before` finds, the most frequent first, with how many rows have them."""
        ...

    def beginning(self, prefixes: Sequence[str], before: Query, limit: int) -> Rows:
        """Rows with a word that begins with one of the prefixes and all that is `before`, best first."""
        ...


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A product that changed."""

    product_id: str
    product: Product | None
    """None when it was deleted."""


class CatalogFeed(Protocol):
    """Follows the catalogue."""

    async def changes(self, cursor: str) -> tuple[list[ProductChange], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting."""
        ...


class Vocabulary(Protocol):
    """The words that the shop's products have."""

    def add(self, words: Iterable[str]) -> None:
        """Words of a product that came."""
        ...

    def drop(self, words: Iterable[str]) -> None:
        """Words of a product that went."""
        ...

    def __contains__(self, word: str) -> bool: ...

    def near(self, word: str, most: int = 4) -> list[str]:
        """Words that a misspelt one may have meant, the likeliest first; none for a short word or a number."""
        ...

    def beginning_near(self, prefix: str, most: int = 4) -> list[str]:
        """Beginnings of words, as long as the prefix, that may have been meant."""
        ...
