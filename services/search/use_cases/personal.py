"""Brings what suits the shopper to the front, among what answers the query equally well."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from services.kit import telemetry
from services.search.ports import Rows, Scores, Step, Tastes, Tower, Vector, VectorIndex
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.guards import Degradation, Down, Guard
from services.search.use_cases.measures import stage

RERANKED = 100
"""Products at the front that are looked at: the first pages."""
VECTOR_S = 1.0
"""How long a shopper's vector is used: pages and filters of one search share it, and the next click counts."""
ITEM_S = 60.0
"""How long an item's vector is kept; the recommender keeps its own as long."""
SHOPPERS, ITEMS = 10_000, 50_000
log = telemetry.logger("aisle.search.personal")


class Personal:
    """The user tower's vector against item vectors: the recommender's own, of its promoted release."""

    def __init__(self, catalogue: Catalogue, tastes: Tastes, index: VectorIndex, guard: Guard, poll_s: float) -> None:
        self._catalogue = catalogue
        self._tastes = tastes
        self._index = index
        self._guard = guard
        self._poll_s = poll_s
        self._tower: Tower | None = None
        self._away = False
        """Whether the recommender was asked for its tower and did not answer."""
        self._shoppers: OrderedDict[str, tuple[float, Tower, Vector | None]] = OrderedDict()
        self._items: OrderedDict[tuple[str, str], tuple[float, Vector | None]] = OrderedDict()

    async def vector(self, shopper: str) -> Vector | None:
        """The shopper's vector; None for somebody of whom nothing is known.

        Raises:
            Down: the recommender, its tower or its index does not answer.
        """
        tower = self._tower
        if not shopper:
            return None
        if tower is None:
            if self._away:  # a recommender without a release has none, and says so
                raise Down(Degradation.PERSONALIZATION)
            return None
        known = self._shoppers.get(shopper)
        if known is not None and known[0] > time.monotonic() and known[1] is tower:
            return known[2]
        with stage("user_vector"):
            found = await self._guard(lambda: self._compute(shopper, tower))
        self._shoppers[shopper] = time.monotonic() + VECTOR_S, tower, found
        if len(self._shoppers) > SHOPPERS:
            self._shoppers.popitem(last=False)
        return found

    async def scores(self, vector: Vector, rows: Rows) -> Scores | None:
        """How well rows suit the shopper; NaN for one that the recommender does not know yet.

        Raises:
            Down: the recommender's index does not answer.
        """
        tower = self._tower
        if tower is None or vector.size != tower.dimension:
            return None
        ids = [self._catalogue.ids[row] for row in rows]
        with stage("item_vectors"):
            found = await self._guard(lambda: self._vectors(tower, ids))
        made = np.full(len(rows), np.nan, np.float32)
        for place, item in enumerate(ids):
            if item in found:
                made[place] = float(found[item] @ vector)
        return made

    async def watch(self) -> None:
        """Follows the recommender's release for as long as the process runs."""
        while True:
            try:
                found = await self._tastes.tower()
                self._away = False
                if found != self._tower:
                    self._tower = found
            except Exception as error:
                self._away = True
                log.warning("tower not read", why=f"{type(error).__name__}: {error}"[:200])
            await asyncio.sleep(self._poll_s)

    async def _compute(self, shopper: str, tower: Tower) -> Vector | None:
        history = await self._tastes.history(shopper, tower.kinds, tower.history_length)
        steps = [step for step in history if step.kind in tower.kinds]  # a recs of before gives all kinds
        vectors = await self._vectors(tower, [step.product_id for step in steps])
        # A product that is gone, or not indexed yet, has no vector: the tower sees the history without it.
        steps = [step for step in steps if step.product_id in vectors]
        if not steps:
            return None
        rows = np.stack([vectors[step.product_id] for step in steps])
        return await self._tastes.user_vector(tower, rows, [tower.kinds[step.kind] for step in steps], _ages(steps))

    async def _vectors(self, tower: Tower, ids: Sequence[str]) -> dict[str, Vector]:
        now, found, missing = time.monotonic(), dict[str, Vector](), list[str]()
        for item in dict.fromkeys(ids):
            entry = self._items.get((tower.collection, item))
            if entry is None or entry[0] < now:
                missing.append(item)
            elif entry[1] is not None:
                found[item] = entry[1]
        if missing:
            asked = await self._index.vectors(tower.collection, missing)
            for item in missing:
                self._items[tower.collection, item] = now + ITEM_S, asked.get(item)
            while len(self._items) > ITEMS:
                self._items.popitem(last=False)
            found |= asked
        return found


def _ages(steps: Sequence[Step]) -> list[float]:
    now = time.time()
    return [max(0.0, (now - step.time_s) / 3600) for step in steps]
