"""Retrievers: each finds candidates in its own way, best first, until it has no more."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import Expr
from services.recs.domain.candidates import Candidate
from services.recs.domain.releases import Release
from services.recs.ports import Catalog, PopularProducts, Vector, VectorIndex
from services.recs.use_cases.guards import Down, Guard
from services.recs.use_cases.measures import stage
from services.recs.use_cases.position import Position
from services.recs.use_cases.products import product_id

MOST = 16_384
"""Results that Milvus gives to one search."""
POPULAR_PART = 200
"""Popular products to begin with: as many as a mix takes of one retriever at most."""
TIE = 1e-5
"""Scores this close are one: the same vectors multiplied in another batch differ in the last bits."""


class NothingToGoBy(Exception):
    """Nothing is known that the retriever could look by: it takes no part."""


class Retriever(Protocol):
    """Finds candidates."""

    @property
    def name(self) -> str:
        """Its place in the plan, unique there; explanations name the candidates' own retriever."""
        ...

    @property
    def complete(self) -> bool:
        """Whether it finds all of the shop sooner or later. After such a one only the last resort makes sense."""
        ...

    def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """Candidates after a position of this retriever, best first, in growing parts.

        Raises:
            Down: what it needs does not answer.
            NothingToGoBy: it takes no part.
        """
        ...

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Those that it would have found, had one gone on to its end, or to where it stopped.

        Raises:
            Down: what it needs does not answer.
        """
        ...


@dataclass
class Nearest:
    """Items nearest to a vector: the shopper's or a product's. Those behind the rank `MOST` it does not find."""

    name: str
    index: VectorIndex
    guard: Guard
    release: Release
    vector: Callable[[], Awaitable[Vector]]
    where: Expr | None
    first: int
    """Candidates to begin with."""
    without: str = ""
    """Id of the product whose vector it is: nearest to itself, and no recommendation."""
    stopped: bool = False
    """Whether it came to its last rank while the index holds more."""
    _reached: frozenset[str] | None = field(default=None, init=False)

    @property
    def complete(self) -> bool:
        """Whether all that the index holds was found."""
        return not self.stopped

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """Asks for ever more of them: a vector index has no cursor."""
        vector = await self.vector()
        given: set[str] = set()
        rank = after.rank if after else 0
        ceiling = after.score + TIE if after and after.score is not None else float("inf")
        limit = min(rank + self.first, MOST)
        while True:
            found = await self._search(vector, limit)
            part = []
            for item, score in found:
                if item not in given and score <= ceiling and item != self.without:
                    rank += 1
                    part.append(Candidate(item, self.name, rank, score))
            given.update(candidate.product_id for candidate in part)
            yield part
            if len(found) < limit:
                return
            if limit == MOST:
                self.stopped, self._reached = True, frozenset(item for item, _ in found)
                return
            limit = min(limit * 4, MOST)

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Those in the index that fit the filter; where it stopped, those that it came to."""
        if not self.stopped:
            return await self.guard(lambda: self.index.among(self.release, ids, self.where))
        if self._reached is None:  # it stopped on an earlier page
            found = await self._search(await self.vector(), MOST)
            self._reached = frozenset(item for item, _ in found)
        return set(self._reached.intersection(ids))

    async def _search(self, vector: Vector, limit: int) -> list[tuple[str, float]]:
        with stage("search"):
            return await self.guard(lambda: self.index.search(self.release, vector, self.where, limit))


@dataclass(frozen=True)
class Listed:
    """Products of a list that is in memory."""

    name: str
    ids: Sequence[str]
    scores: Sequence[float]
    again: bool = False
    """Whether they may be shown although the shopper bought them."""
    retriever: str = ""
    """What explanations call it; the name when empty."""
    complete: bool = False

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """The whole list. What was shown of it is left out by its id: the list may be another one by now."""
        rows, found_by = zip(self.ids, self.scores, strict=True), self.retriever or self.name
        yield [Candidate(item, found_by, i + 1, score, again=self.again) for i, (item, score) in enumerate(rows)]

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Those in the list."""
        return set(ids).intersection(self.ids)


@dataclass(frozen=True)
class Popular:
    """What most shoppers want at the moment."""

    products: PopularProducts
    name: str = "popular"
    complete: bool = False

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """The list, in parts that grow: most pages are full after the first."""
        ids, scores, version = self.products.ids, self.products.scores, str(self.products.version)
        start, size = after.rank if after else 0, POPULAR_PART
        while start < len(ids):
            rows = zip(ids[start : start + size], scores[start : start + size], strict=True)
            yield [
                Candidate(item, self.name, rank, score, version) for rank, (item, score) in enumerate(rows, start + 1)
            ]
            start, size = start + size, size * 4

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Those in the list."""
        return set(ids).intersection(self.products.ids)


@dataclass(frozen=True)
class Newest:
    """Any product of the catalogue, newest first: the last resort, so that a page is full while products exist."""

    catalog: Catalog
    guard: Guard
    filter_text: str
    last_seen: Callable[[], Sequence[str]]
    """Ids of products that were seen lately, for when the catalogue does not answer."""
    learn: Callable[[Sequence[Product]], None]
    """Takes the products themselves, so that they need not be asked for again."""
    name: str = "newest"
    complete: bool = True

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """Page by page of the catalogue."""
        token, _, skipped = (after.resume if after else "").rpartition(" ")
        skip = int(skipped) if skipped.isdecimal() else 0
        rank = after.rank if after else 0
        while True:
            try:
                products, following = await self._page(token)
            except Down:
                yield [Candidate(item, self.name, i + 1, 0.0) for i, item in enumerate(self.last_seen())]
                raise
            self.learn(products)
            part = []
            for i, product in enumerate(products):
                if i >= skip:
                    rank += 1
                    resume = f"{token} {i + 1}"
                    part.append(Candidate(product_id(product.name), self.name, rank, 0.0, resume))
            yield part
            if not following:
                return
            token, skip = following, 0

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Everything: nothing comes after it."""
        return set(ids)

    async def _page(self, token: str) -> tuple[list[Product], str]:
        with stage("newest"):
            return await self.guard(lambda: self.catalog.newest(self.filter_text, token))
