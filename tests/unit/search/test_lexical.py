"""The index of words while products change."""

from typing import Any

import tantivy

from services.search.adapters.lexical import TantivyIndex
from services.search.domain.query import Query
from services.search.ports import Texts

ROWS = 40


class Interrupted:
    """A searcher that the follower of the catalogue commits behind: what a thread may do between any two calls."""

    def __init__(self, searcher: tantivy.Searcher, index: TantivyIndex) -> None:
        self._searcher = searcher
        self._index = index

    def search(self, *args: Any, **named: Any) -> tantivy.SearchResult:
        found = self._searcher.search(*args, **named)
        put(self._index, [1, 2, 3])
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


def put(index: TantivyIndex, rows: list[int]) -> None:
    """Writes products, whose row is in their title, and makes them findable."""
    for row in rows:
        index.put(row, Texts(f"shirt {row}", f"shirt {row} cotton", ("shirts",), f"s{row}"))
    index.commit()


def test_a_commit_during_a_search_changes_nothing_of_what_it_finds() -> None:
    index = TantivyIndex()
    for first in range(0, ROWS, 5):
        put(index, list(range(first, first + 5)))
    for row in range(10):
        index._searcher = Interrupted(index._searcher, index)
        assert index.having([str(row)], Query(), ROWS).tolist() == [row]


def test_what_a_product_said_before_is_forgotten() -> None:
    index = TantivyIndex()
    put(index, list(range(20)))
    index.put(3, Texts("jacket", "jacket of wool", ("jackets",), "j3"))
    index.remove(4)
    index.commit()
    assert index.having(["shirt"], Query(), ROWS).tolist() == [row for row in range(20) if row not in {3, 4}]
    for _ in range(5):
        put(index, [1, 2, 3])
    assert index.having(["shirt"], Query(), ROWS).size == 19, "a product that changes does not become two"
