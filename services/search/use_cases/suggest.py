"""Completes what is being typed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from services.search.domain.query import Query
from services.search.domain.words import words
from services.search.ports import LexicalIndex, Vocabulary
from services.search.use_cases.catalogue import NONE, Catalogue
from services.search.use_cases.understand import Understand

HISTORY, RECENT = 3, 5
"""Own searches that fit what is typed, and those shown before anything is."""
QUERIES, NAMES = 4, 2
"""Texts to search for, and categories and brands each, so that products have a place."""


class Kind(Enum):
    """What a completion is; the names are those of the contract."""

    QUERY = "query"
    PRODUCT = "product"
    CATEGORY = "category"
    HISTORY = "history"
    BRAND = "brand"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion."""

    kind: Kind
    text: str
    resource: str = ""


@dataclass(frozen=True, slots=True)
class _Typed:
    """What is typed: words that are finished, and the beginning of one."""

    before: tuple[str, ...]
    prefix: str

    def fits(self, name: Sequence[str]) -> bool:
        """Whether every finished word is a word of the name and the beginning begins one."""
        return all(word in name for word in self.before) and any(word.startswith(self.prefix) for word in name)


@dataclass(frozen=True, slots=True)
class _Name:
    """A category or a brand."""

    words: tuple[str, ...]
    suggestion: Suggestion
    products: int


class Suggest:
    """The use case."""

    def __init__(
        self, catalogue: Catalogue, index: LexicalIndex, vocabulary: Vocabulary, understand: Understand
    ) -> None:
        self._catalogue = catalogue
        self._index = index
        self._vocabulary = vocabulary
        self._understand = understand
        self._names: tuple[int, list[_Name]] = (-1, [])

    def __call__(self, text: str, size: int, own: Sequence[str], popular: Sequence[str]) -> list[Suggestion]:
        """Completions, own searches first.

        Args:
            text: what has been typed so far.
            size: at most this many.
            own: the shopper's searches, newest first.
            popular: what many search for, the most frequent first.
        """
        typed = _typed(text)
        if not typed.before and not typed.prefix:
            recent = (Suggestion(Kind.HISTORY, query) for query in own[:RECENT])
            return _distinct((*recent, *(Suggestion(Kind.QUERY, query) for query in popular)), size)
        history = [Suggestion(Kind.HISTORY, q) for q in own if typed.fits(words(q))][:HISTORY]
        prefixes, context = self._read(typed)
        queries = [Suggestion(Kind.QUERY, q) for q in popular if typed.fits(words(q))][:QUERIES]
        queries += self._completed(typed, prefixes, context, QUERIES - len(queries))
        before = () if context.empty else typed.before
        names = [name for prefix in prefixes for name in self._named(_Typed(before, prefix))]
        products = self._products(prefixes, context, size)
        # Of a text and a category or brand that is called so, the latter says more.
        called = {" ".join(words(name.text)) for name in names}
        queries = [query for query in queries if " ".join(words(query.text)) not in called]
        return _distinct((*history, *queries[:2], *names, *queries[2:], *products), size)

    def _read(self, typed: _Typed) -> tuple[list[str], Query]:
        """Beginnings that may be meant, and the finished words as a query."""
        context = self._understand(" ".join(typed.before)).query if typed.before else Query()
        near = self._vocabulary.beginning_near(typed.prefix)
        # What is typed; spelt otherwise; and both without the words before, which nothing may have.
        for words_before in (context, Query()):
            for prefixes in ([typed.prefix], near):
                if any(self._index.completions(prefix, words_before, 1) for prefix in prefixes):
                    return prefixes, words_before
        return [typed.prefix], context

    def _completed(self, typed: _Typed, prefixes: list[str], context: Query, most: int) -> Iterator[Suggestion]:
        stems, given = set(map(self._index.stem, typed.before)), 0
        before = self._understand(" ".join(typed.before)).corrected if not context.empty else ()
        for prefix in prefixes:
            for word, _ in self._index.completions(prefix, context, most * 3):
                # Of `shirt` and `shirts` the more frequent one is enough.
                if given < most and (stem := self._index.stem(word)) not in stems:
                    stems.add(stem)
                    given += 1
                    yield Suggestion(Kind.QUERY, " ".join((*before, word)))

    def _named(self, typed: _Typed) -> list[Suggestion]:
        found = [name for name in self._all_names() if typed.fits(name.words)]
        kinds = (Kind.CATEGORY, Kind.BRAND)
        return [name.suggestion for kind in kinds for name in found if name.suggestion.kind is kind][: NAMES * 2]

    def _all_names(self) -> list[_Name]:
        """Categories and brands that have products, those with the most first; made anew when products change."""
        generation, catalogue = self._catalogue.generation, self._catalogue
        if self._names[0] == generation:
            return self._names[1]
        rows = np.flatnonzero(catalogue.alive[: catalogue.size])
        names = []
        codes = catalogue.categories[rows].ravel()
        for code, products in enumerate(np.bincount(codes[codes != NONE])):
            item = catalogue.category_ids.all[code]
            name = catalogue.category_names.get(item, item)
            suggestion = Suggestion(Kind.CATEGORY, name, f"categories/{item}")
            names.append(_Name(tuple(words(name)), suggestion, int(products)))
        if (found := catalogue.codes("brand")) is not None:
            brands = found[0][rows]
            for code, products in enumerate(np.bincount(brands[brands != NONE])):
                brand = found[1].all[code]
                names.append(_Name(tuple(words(brand)), Suggestion(Kind.BRAND, brand), int(products)))
        there = sorted((name for name in names if name.products), key=lambda name: -name.products)
        self._names = generation, there
        return there

    def _products(self, prefixes: list[str], context: Query, size: int) -> Iterator[Suggestion]:
        for row in self._index.beginning(prefixes, context, size):
            product = self._catalogue.product(int(row))
            if product is not None:
                yield Suggestion(Kind.PRODUCT, product.title, product.name)


def _typed(text: str) -> _Typed:
    found = words(text)
    if not found or not text[-1].isalnum():
        return _Typed(tuple(found), "")
    return _Typed(tuple(found[:-1]), found[-1])


def _distinct(found: Iterable[Suggestion], size: int) -> list[Suggestion]:
    """Without what reads the same; a product may be called like another."""
    seen, kept = set[tuple[str, str]](), list[Suggestion]()
    for suggestion in found:
        key = " ".join(words(suggestion.text)), suggestion.resource if suggestion.kind is Kind.PRODUCT else ""
        if key not in seen and len(kept) < size:
            seen.add(key)
            kept.append(suggestion)
    return kept
