"""What the worker counted, in memory: what goes together, what is trending, what is popular where."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Sequence

from services.kit import telemetry
from services.recs.ports import Counted, Statistic, StatisticsReader

TRENDING = "trending"
log = telemetry.logger("aisle.recs.statistics")


def of_category(category_id: str) -> str:
    """Name of the ranking of a category and all below it."""
    return f"category/{category_id}"


def of_region(region: str) -> str:
    """Name of the ranking of a region."""
    return f"region/{region}"


class Statistics:
    """The newest computation. Only what changed is read again."""

    def __init__(self, reader: StatisticsReader, poll_s: float) -> None:
        self._reader = reader
        self._poll_s = poll_s
        self._entries: dict[tuple[Statistic, str], Counted] = {}
        self._version = 0
        self._repeats: dict[str, float] = {}

    def ranking(self, name: str) -> Counted:
        """A ranking; empty when there is none of that name."""
        key = Statistic.RANKING, name
        return self._entries.get(key) or Counted(*key)

    def repeat_rate(self, product_id: str) -> float:
        """Share of its buyers who bought the product again."""
        return self._repeats.get(product_id, 0.0)

    def related(self, statistic: Statistic, products: Sequence[str]) -> tuple[list[str], list[float]]:
        """What belongs to any of the products, without these, by the sum of scores; and the sums."""
        sums: defaultdict[str, float] = defaultdict(float)
        for product in products:
            if found := self._entries.get((statistic, product)):
                for item, score in zip(found.ids, found.scores, strict=True):
                    sums[item] += score
        for product in products:
            sums.pop(product, None)
        ids = sorted(sums, key=lambda item: (-sums[item], item))
        return ids, [sums[item] for item in ids]

    async def refresh(self) -> None:
        """Takes what is new."""
        changed, version = await self._reader.changed(self._version)
        for found in changed:
            self._take(found)
        self._version = version

    async def watch(self) -> None:
        """Follows the worker for as long as the process runs."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                log.warning("statistics not read", why=type(error).__name__)
            await asyncio.sleep(self._poll_s)

    def _take(self, found: Counted) -> None:
        key = found.statistic, found.key
        if not found.ids:
            self._entries.pop(key, None)
        elif found.statistic is Statistic.REPEATED:
            self._repeats = dict(zip(found.ids, found.scores, strict=True))
        else:
            # The same products stand in many entries: one copy of each id is enough.
            self._entries[key] = Counted(*key, tuple(map(sys.intern, found.ids)), found.scores)
