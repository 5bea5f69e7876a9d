"""Scores shoppers ahead: each one's best products by the towers of the release that answers them, into Feast.

Where the towers or the index are gone, a page is made of what was best a quarter of an hour ago.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from services.recs.domain.releases import Release
from services.recs.domain.shopper import Shopper
from services.recs.features.offline import Tick, nothing
from services.recs.ports import Histories, Scored, Towers, Vector, Watermarks
from services.recs.use_cases.active_release import ActiveRelease
from services.recs.use_cases.position import rounded

TOGETHER = 256
"""Shoppers scored at a time: 256 x 10,000 products are 10 MB."""
WATERMARKS = "scores/"
"""How the names of the watermarks begin."""
REST = 1.0
"""Scoring rests this many times as long as it took: shoppers who are waiting come first at the inference server."""


@dataclass(frozen=True)
class Catalogue:
    """The item vectors of a release."""

    ids: Sequence[str]
    vectors: Vector
    """[items, dimension]"""
    in_stock: NDArray[np.bool_]

    def rows(self) -> Mapping[str, int]:
        """Row by id."""
        return {item: row for row, item in enumerate(self.ids)}


class ScoringLog(Protocol):
    """Whose scores are no longer right."""

    async def after(self, cursor: str, limit: int) -> tuple[set[str], str, int]:
        """Shoppers of the next events, the next cursor, how many events."""
        ...

    async def profiles(self, since: str) -> set[str]:
        """Shoppers who changed their preferences since a watermark was set; all who have some when it never was."""
        ...


class ScoreStore(Protocol):
    """The feature store."""

    async def push_scores(self, scored: Mapping[str, Scored]) -> None: ...


@dataclass(frozen=True)
class Done:
    """What was done."""

    shoppers: int
    """Who got a list."""
    releases: tuple[int, ...]
    """Those that answer, whether or not a shopper waited for them."""


class ScoreShoppers:
    """Scores those to whom something happened since they were scored last; everybody after a promotion."""

    def __init__(
        self,
        active: ActiveRelease,
        changed: ScoringLog,
        histories: Histories,
        towers: Towers,
        catalogue: Callable[[Release], Awaitable[Catalogue]],
        store: ScoreStore,
        watermarks: Watermarks,
        most: int,
        page: int = 20_000,
    ) -> None:
        self._active = active
        self._changed = changed
        self._histories = histories
        self._towers = towers
        self._catalogue = catalogue
        self._store = store
        self._watermarks = watermarks
        self._most = most
        self._page = page

    async def __call__(self, found: Callable[[int], None] = nothing, tick: Tick = nothing) -> Done:
        """Scores; `found` is told how many shoppers there are, `tick` how many more are done."""
        await self._active.refresh()
        scored, releases = 0, list[int]()
        for release in (self._active.current, self._active.canary):
            if release is None:
                continue
            releases.append(release.number)
            mark = self._mark(release)
            shoppers, following = await self._wanted(mark)
            mine = sorted(name for name in shoppers if self._active.of(name) is release)
            found(len(mine))
            if mine:
                scored += await self._score(release, mine, tick)
            await self._watermarks.set(mark, following)
        return Done(scored, tuple(releases))

    def _mark(self, release: Release) -> str:
        """Another one when a canary takes or gives back its share: then shoppers change sides."""
        canary = self._active.canary
        share = f"{canary.number}-{canary.traffic_percent}" if canary else "whole"
        return f"{WATERMARKS}{release.number}/{share}"

    async def _wanted(self, mark: str) -> tuple[set[str], str]:
        cursor = await self._watermarks.get(mark)
        shoppers = await self._changed.profiles(mark)
        while True:
            more, following, events = await self._changed.after(cursor, self._page)
            if not events:
                return shoppers, cursor
            shoppers |= more
            cursor = following

    async def _score(self, release: Release, names: Sequence[str], tick: Tick) -> int:
        catalogue, scored = await self._catalogue(release), 0
        rows = catalogue.rows()
        for at in range(0, len(names), TOGETHER):
            began = time.monotonic()
            part = names[at : at + TOGETHER]
            shoppers = await self._histories.read_many(part)
            best = await self._best(
                release, {name: shoppers[name] for name in part if name in shoppers}, catalogue, rows
            )
            await self._store.push_scores(best)
            scored += len(best)
            tick(len(part))
            await asyncio.sleep((time.monotonic() - began) * REST)
        return scored

    async def _best(
        self, release: Release, shoppers: Mapping[str, Shopper], catalogue: Catalogue, rows: Mapping[str, int]
    ) -> dict[str, Scored]:
        asked = {name: self._ask(release, shopper, catalogue, rows) for name, shopper in shoppers.items()}
        waiting = {name: vector for name, vector in asked.items() if vector is not None}
        users = [rounded(vector) for vector in await asyncio.gather(*waiting.values())]
        if not users:
            return {}
        scores = np.where(catalogue.in_stock, np.stack(users) @ catalogue.vectors.T, -np.inf)
        best = {}
        for name, row in zip(waiting, scores, strict=True):
            shopper = shoppers[name]
            row[list(_places(shopper.bought | shopper.disliked, rows))] = -np.inf
            best[name] = _top(row, catalogue.ids, self._most, release.number)
        return best

    def _ask(
        self, release: Release, shopper: Shopper, catalogue: Catalogue, rows: Mapping[str, int]
    ) -> Awaitable[Vector] | None:
        """The shopper's vector, as Recommend asks for it; None where there is nothing to go by."""
        steps = release.spec.steps(shopper.history, int(time.time() * 1000))
        steps = [step for step in steps if step.product_id in rows]
        if not steps and not shopper.preferred_categories:
            return None
        vectors = catalogue.vectors[[rows[step.product_id] for step in steps]] if steps else catalogue.vectors[:0]
        kinds, ages = [step.kind for step in steps], [step.age_h for step in steps]
        preferred = release.spec.preferred(shopper.preferred_categories)
        return self._towers.user_vector(release, vectors, kinds, ages, preferred)


def _places(items: Set[str], rows: Mapping[str, int]) -> Iterator[int]:
    return (rows[item] for item in items if item in rows)


def _top(scores: NDArray[Any], ids: Sequence[str], most: int, release: int) -> Scored:
    size = min(most, int(np.isfinite(scores).sum()))
    if not size:
        return Scored(release=release)
    best = np.argpartition(-scores, size - 1)[:size]
    best = best[np.argsort(-scores[best], kind="stable")]
    return Scored(tuple(ids[i] for i in best), tuple(float(scores[i]) for i in best), release)
