"""The ranking stage: what the towers found, in the order of the release's ranker."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.recs.domain.candidates import Candidate
from services.recs.domain.feature_spec import Step
from services.recs.domain.ranker_spec import RankerSpec
from services.recs.domain.releases import Release
from services.recs.domain.shopper import Shopper
from services.recs.ports import Ranker, Vector
from services.recs.use_cases import ranking_features
from services.recs.use_cases.guards import Degradation, Down, Guard
from services.recs.use_cases.hydration import Hydration, Snapshots
from services.recs.use_cases.measures import stage
from services.recs.use_cases.position import Position
from services.recs.use_cases.ranking_features import Moment
from services.recs.use_cases.ranking_rows import NOWHERE, Rows, facts
from services.recs.use_cases.retrievers import Nearest

RELEASES = 3
"""Rankers whose rows of products are kept: the promoted one's, a canary's, and the one's before."""


class Rankers:
    """The rankers of the releases that answer, each with what it knows of products."""

    def __init__(self, ranker: Ranker, guard: Guard, snapshots: Snapshots, size: int) -> None:
        """`size` is how many products are kept for each release."""
        self._ranker = ranker
        self._guard = guard
        self._snapshots = snapshots
        self._size = size
        self._rows: dict[int, Rows] = {}

    def of(self, release: Release, shopper: Shopper, hydrate: Hydration) -> "Ranking | None":
        """The ranking of one request; None where the release leaves the towers' order as it is."""
        spec = release.spec.ranker
        if spec is None or not release.ranker_version:
            return None
        rows = self._rows.pop(release.number, None) or Rows(spec, release.spec.max_attributes, self._size)
        self._rows[release.number] = rows
        while len(self._rows) > RELEASES:
            del self._rows[next(iter(self._rows))]
        return Ranking(release, spec, shopper, rows, hydrate, self._snapshots, self._ranker, self._guard)


@dataclass(frozen=True)
class Ranking:
    """Orders one request's candidates, all of them in one call."""

    release: Release
    spec: RankerSpec
    shopper: Shopper
    rows: Rows
    hydrate: Hydration
    snapshots: Snapshots
    ranker: Ranker
    guard: Guard

    async def __call__(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates, best first, with their scores.

        Raises:
            Down: the ranker does not answer.
        """
        ids = [candidate.product_id for candidate in candidates]
        steps = self.release.spec.steps(self.shopper.history, int(time.time() * 1000))
        await self._learn([*ids, *(step.product_id for step in steps)])
        with stage("rank"):
            features, newest = self._features(candidates, ids, steps)
            scores = await self.guard(lambda: self.ranker.scores(self.release, features, ids, newest))
        order = np.argsort(-scores, kind="stable").tolist()
        said = scores.tolist()
        return [_ranked(candidates[i], place, said[i]) for place, i in enumerate(order, 1)]

    async def _learn(self, ids: Sequence[str]) -> None:
        """Products that are not known here: as last seen, or else from the catalogue, which is rare."""
        missing = self.rows.missing(ids)
        if not missing:
            return
        found = self.snapshots.get(missing)
        if unseen := [item for item in missing if item not in found]:
            found |= await self.hydrate(unseen)
        self.rows.learn(missing, {item: facts(product) for item, product in found.items()})

    def _features(
        self, candidates: Sequence[Candidate], ids: Sequence[str], steps: Sequence[Step]
    ) -> tuple[Vector, list[str]]:
        places = self.rows.places([step.product_id for step in steps])
        # What is gone from the catalogue is in no training either.
        steps = [step for step, place in zip(steps, places, strict=True) if place != NOWHERE]
        moment = Moment(
            self.rows.columns([place for place in places if place != NOWHERE]),
            np.array([step.kind for step in steps], np.int64),
            np.array([step.age_h for step in steps]),
        )
        towers = np.array([candidate.score for candidate in candidates])
        features = ranking_features.compute(self.spec, moment, self.rows.columns(self.rows.places(ids)), towers)
        return features, [step.product_id for step in steps[-self.spec.neighbours_of :]]


@dataclass
class Ranked:
    """What is nearest to the shopper's vector: the first candidates in the ranker's order, then the others."""

    nearest: Nearest
    ranking: Ranking
    without: Collection[str]
    """Ids of candidates that no page will show, which need no ranking."""
    degraded: set[Degradation]
    shown: int
    """Products that will be looked at for a page: they are read while the ranker computes."""
    _first: list[Candidate] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The towers'."""
        return self.nearest.name

    @property
    def complete(self) -> bool:
        """As what it ranks."""
        return self.nearest.complete

    @property
    def stopped(self) -> bool:
        """As what it ranks."""
        return self.nearest.stopped

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        """A position among the ranked ones has no score: then they come again, and what was shown is left out by its
        id."""
        if after is not None and after.score is not None:
            async for part in self.nearest.candidates(after):
                yield part
            return
        begun = False
        async for part in self.nearest.candidates(None):
            if begun:
                yield part
                continue
            begun = True
            if self._first is None:
                self._first = await self._ranked(part)
            yield self._first

    async def covers(self, ids: Sequence[str]) -> set[str]:
        """As what it ranks."""
        return await self.nearest.covers(ids)

    async def _ranked(self, part: list[Candidate]) -> list[Candidate]:
        asked = [candidate for candidate in part if candidate.product_id not in self.without]
        best = asked[: self.ranking.spec.candidates]
        if len(best) < 2:
            return part
        looked_at = [candidate.product_id for candidate in asked[: max(len(best), self.shown)]]
        reading = asyncio.create_task(self.ranking.hydrate(looked_at))
        try:
            ordered = await self._by_ranker(best)
            await reading
        finally:
            reading.cancel()  # does nothing to one that is done
        chosen = {candidate.product_id for candidate in best}
        return ordered + [candidate for candidate in part if candidate.product_id not in chosen]

    async def _by_ranker(self, best: list[Candidate]) -> list[Candidate]:
        try:
            return await self.ranking(best)
        except Down as down:
            self.degraded.add(down.what)
            return best


def _ranked(found: Candidate, place: int, score: float) -> Candidate:
    """What the towers found, with what the ranker says. `replace` took five times as long."""
    return Candidate(
        found.product_id, found.retriever, found.rank, found.score, found.resume, found.again, (), 0.0, 0, score, place
    )
