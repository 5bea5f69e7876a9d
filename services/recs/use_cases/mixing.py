"""Several retrievers as one, by reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009).

Scores of different retrievers cannot be compared; places can. A product counts weight / (60 + place) for every
retriever that found it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from services.recs.domain.candidates import Candidate, Source
from services.recs.use_cases.guards import Degradation, Down
from services.recs.use_cases.measures import stage
from services.recs.use_cases.position import Position
from services.recs.use_cases.retrievers import NothingToGoBy, Retriever

FLATTENING = 60
"""The paper's constant: the first place counts little more than the second."""
MOST = 200
"""Candidates of a mix. Pages remember twice as many products, so that none comes twice."""


@dataclass(frozen=True)
class Part:
    """A retriever, and how much it counts."""

    retriever: Retriever
    weight: float
    limit: int
    instead: Retriever | None = None
    """Takes its place when it does not answer."""


@dataclass
class Mix:
    """The first candidates of each part, ordered by what all parts say of them."""

    parts: Sequence[Part]
    degraded: set[Degradation]
    """Takes the names of what did not answer; the other parts go on."""
    name: str = "mix"
    complete: bool = False
    _mixed: list[Candidate] | None = field(default=None, init=False)

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """All of them. What was shown is left out by its id."""
        yield await self._all()

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """Those in the mix."""
        return set(ids).intersection(candidate.product_id for candidate in await self._all())

    async def _all(self) -> list[Candidate]:
        if self._mixed is None:
            found = await asyncio.gather(*(self._first(part) for part in self.parts))
            weighted = [(part.weight, candidates) for part, candidates in zip(self.parts, found, strict=True)]
            with stage("mix"):
                self._mixed = fuse(weighted)
        return self._mixed

    async def _first(self, part: Part) -> list[Candidate]:
        try:
            async for candidates in part.retriever.candidates(None):
                return candidates[: part.limit]
        except Down as down:
            self.degraded.add(down.what)
            if part.instead is not None:
                return await self._first(replace(part, retriever=part.instead, instead=None))
        except NothingToGoBy:
            pass
        return []


def fuse(lists: Sequence[tuple[float, Sequence[Candidate]]]) -> list[Candidate]:
    """Candidates of all lists, each with a weight, best first; ties by id, so that pages fit each other."""
    shares: defaultdict[str, list[tuple[float, Candidate]]] = defaultdict(list)
    for weight, candidates in lists:
        for candidate in candidates:
            shares[candidate.product_id].append((weight / (FLATTENING + candidate.standing), candidate))
    fused = [_fused(found) for found in shares.values()]
    fused.sort(key=lambda candidate: (-candidate.mixed, candidate.product_id))
    return [replace(candidate, place=place) for place, candidate in enumerate(fused[:MOST], 1)]


def _fused(found: list[tuple[float, Candidate]]) -> Candidate:
    found.sort(key=lambda share: -share[0])
    best = found[0][1]
    return replace(
        best,
        again=any(candidate.again for _, candidate in found),
        sources=tuple(Source(candidate.retriever, candidate.rank, candidate.score) for _, candidate in found),
        mixed=sum(share for share, _ in found),
    )
