"""Completes what is being typed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from services.search.domain.query import Query
from services.search.domain.words import OPTIONAL, words
from services.search.ports import LexicalIndex, Rows, Scores, Vocabulary
from services.search.use_cases.audience import NOBODY_KNOWN, Audience, admitted, alike
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.categories import NONE
from services.search.use_cases.filtering import enough, passing
from services.search.use_cases.remembering import Remembered
from services.search.use_cases.understand import Understand, Understood

HISTORY, RECENT = 3, 5
"""Own searches that fit what is typed, and those shown before anything is."""
QUERIES, NAMES = 4, 2
"""Texts to search for, and categories and brands each, so that products have a place."""
COMPLETED = 50
"""Words that a beginning stands for, at most, when products are looked for by it."""
AUDIENCES = 100
"""Regions and ages, of those that differ in what is shown, whose categories and brands are kept."""
KEPT = 10_000
"""Completions that are kept, some kB each: all shoppers type the same beginnings."""


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


@dataclass(frozen=True, slots=True)
class _Meant:
    """What may be meant by it: spellings of each finished word, and beginnings."""

    before: tuple[frozenset[str], ...]
    prefixes: tuple[str, ...]

    def fits(self, name: Sequence[str]) -> bool:
        """Whether the name has every finished word in some spelling, and a word that begins so."""
        finished = all(not ways.isdisjoint(name) for ways in self.before)
        return finished and any(word.startswith(self.prefixes) for word in name)


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
        self._names = Remembered[Audience, tuple[int, list[_Name]]](AUDIENCES)
        self._popular: tuple[Sequence[str], list[tuple[str, list[str]]]] = ((), [])
        self._kept = Remembered[tuple[str, int, Audience], tuple[_Meant, list[Suggestion]]](KEPT)
        self._kept_of: tuple[int, Sequence[str]] = (-1, ())

    def __call__(
        self,
        text: str,
        size: int,
        own: Sequence[str],
        popular: Sequence[str],
        audience: Audience = NOBODY_KNOWN,
    ) -> list[Suggestion]:
        """Completions, own searches first.

        Args:
            text: what has been typed so far.
            size: at most this many.
            own: the shopper's searches, newest first.
            popular: what many search for, the most frequent first.
            audience: whom products, and categories and brands that have some, are shown to.
        """
        typed = _typed(text)
        if not typed.before and not typed.prefix:
            recent = (Suggestion(Kind.HISTORY, query) for query in own[:RECENT])
            return _distinct((*recent, *(Suggestion(Kind.QUERY, query) for query in popular)), size)
        meant, others = self._everybodys(typed, size, popular, alike(self._catalogue, audience))
        fitting = _fitting(((q, words(q)) for q in own), typed, meant)
        history = [Suggestion(Kind.HISTORY, q) for q in fitting[:HISTORY]]
        return _distinct((*history, *others), size) if history else others[:size]

    def _everybodys(
        self, typed: _Typed, size: int, popular: Sequence[str], audience: Audience
    ) -> tuple[_Meant, list[Suggestion]]:
        """What is meant, and what anybody is shown, with as many more as may be left out beside own searches."""
        # Of the words and products of this moment, and not of prices and stocks, which change all the time.
        now = self._catalogue.said, popular
        if now != self._kept_of:
            self._kept.clear()
            self._kept_of = now
        key = " ".join((*typed.before, typed.prefix)), size, audience
        found = self._kept.get(key)
        if found is None:
            found = self._compute(typed, size + HISTORY, popular, audience)
            self._kept.put(key, found)
        return found

    def _compute(
        self, typed: _Typed, size: int, popular: Sequence[str], audience: Audience
    ) -> tuple[_Meant, list[Suggestion]]:
        finished = self._finished(typed)
        completions, understood = self._read(typed, finished)
        spelt = self._spelt(typed, finished)
        meant = _Meant(spelt, tuple(dict.fromkeys((typed.prefix, *completions))))
        queries = [Suggestion(Kind.QUERY, q) for q in _fitting(self._said(popular), typed, meant)[:QUERIES]]
        queries += self._completed(typed, completions, understood, QUERIES - len(queries))
        before = spelt if understood is not None else ()
        names = [name for prefix in completions for name in self._named(_Meant(before, (prefix,)), audience)]
        all_words = [word for found in completions.values() for word in found]
        products = self._products(all_words, _query(understood), size, audience)
        # Of a text and a category or brand that is called so, the latter says more.
        called = {" ".join(words(name.text)) for name in names}
        queries = [query for query in queries if " ".join(words(query.text)) not in called]
        return meant, _distinct((*queries[:2], *names, *queries[2:], *products), size)

    def _said(self, popular: Sequence[str]) -> list[tuple[str, list[str]]]:
        """Popular queries with their words, which are looked at anew when others are popular."""
        if self._popular[0] is not popular:
            self._popular = popular, [(query, words(query)) for query in popular]
        return self._popular[1]

    def _read(
        self, typed: _Typed, finished: Understood | None
    ) -> tuple[Mapping[str, Sequence[str]], Understood | None]:
        """Beginnings that may be meant, each with the words that begin so, and the finished words as they were read.

        None where no words are finished, or nothing that has them has a word that begins so.
        """
        # What is typed; spelt otherwise; and both without the words before, which nothing may have.
        for before in (finished, None) if finished is not None else (None,):
            for spelt_otherwise in (False, True):
                prefixes = self._spelt_otherwise(typed.prefix) if spelt_otherwise else [typed.prefix]
                found = {prefix: self._words(prefix, _query(before)) for prefix in prefixes}
                if any(found.values()):
                    return found, before
        return {typed.prefix: ()}, finished

    def _spelt_otherwise(self, prefix: str) -> list[str]:
        """Beginnings that may be meant, and whole words: `jaket` is no beginning of `jacket` by one edit."""
        return list(dict.fromkeys((*self._vocabulary.beginning_near(prefix), *self._vocabulary.near(prefix))))

    def _spelt(self, typed: _Typed, finished: Understood | None) -> tuple[frozenset[str], ...]:
        """Each finished word as it is typed and as it was read, and whatever else an unknown one may have meant."""
        read = finished.corrected if finished is not None else ()
        spelt = []
        for place, word in enumerate(typed.before):
            others = self._vocabulary.near(word) if word not in self._vocabulary else ()
            spelt.append(frozenset((word, *read[place : place + 1], *others)))
        return tuple(spelt)

    def _finished(self, typed: _Typed) -> Understood | None:
        """The finished words: as typed, or as something has them."""
        if not typed.before:
            return None
        understood = self._understand(" ".join(typed.before))
        if self._index.count(understood.query):
            return understood
        return self._understand.best_instead(understood, self._index.count) or understood

    def _words(self, prefix: str, context: Query) -> list[str]:
        found = self._index.completions(prefix, context, COMPLETED)
        # The index knows a word for some time after the last product that had it.
        return [word for word, _ in found if word in self._vocabulary]

    def _completed(
        self, typed: _Typed, completions: Mapping[str, Sequence[str]], before: Understood | None, most: int
    ) -> Iterator[Suggestion]:
        said = before.corrected if before is not None else ()
        stems, given = set(map(self._index.stem, (*typed.before, *said))), 0
        for found in completions.values():
            for word in found[: most * 3]:
                # Of `shirt` and `shirts` the more frequent one is enough.
                if given < most and word not in OPTIONAL and (stem := self._index.stem(word)) not in stems:
                    stems.add(stem)
                    given += 1
                    yield Suggestion(Kind.QUERY, " ".join((*said, word)))

    def _named(self, meant: _Meant, audience: Audience) -> list[Suggestion]:
        found = [name for name in self._all_names(audience) if meant.fits(name.words)]
        kinds = (Kind.CATEGORY, Kind.BRAND)
        return [name.suggestion for kind in kinds for name in found if name.suggestion.kind is kind][: NAMES * 2]

    def _all_names(self, audience: Audience) -> list[_Name]:
        """Categories and brands that have products, those with the most first; made anew when products change."""
        said, catalogue = self._catalogue.said, self._catalogue
        known = self._names.get(audience)
        if known is not None and known[0] == said:
            return known[1]
        rows = np.flatnonzero(admitted(catalogue, audience))
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
        self._names.put(audience, (said, there))
        return there

    def _products(self, found: Sequence[str], context: Query, size: int, audience: Audience) -> Iterator[Suggestion]:
        if not found:
            return
        for row in self._having(found, context, size, audience):
            name = f"products/{self._catalogue.ids[row]}"
            yield Suggestion(Kind.PRODUCT, self._catalogue.texts(int(row)).title, name)

    def _having(self, found: Sequence[str], context: Query, size: int, audience: Audience) -> Rows:
        """The first rows with one of the words that may be shown."""
        admits = admitted(self._catalogue, audience)

        def first(most: int) -> tuple[Rows, Scores]:
            rows = self._index.having(found, context, most)
            return rows, np.zeros(len(rows), np.float32)

        return passing(admits, enough(admits, first, size))[0][:size]


def _fitting(queries: Iterable[tuple[str, Sequence[str]]], typed: _Typed, meant: _Meant) -> list[str]:
    """Of texts with their words those that fit: first those that fit as it is typed."""
    exactly = _Meant(tuple(frozenset((word,)) for word in typed.before), (typed.prefix,))
    found = [(query, said) for query, said in queries if meant.fits(said)]
    return [query for query, said in sorted(found, key=lambda fitting: not exactly.fits(fitting[1]))]


def _query(understood: Understood | None) -> Query:
    return understood.query if understood is not None else Query()


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
