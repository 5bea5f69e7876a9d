"""Keeps the fading counts of products: those that something happened to are counted again from the log.

To add one to a count would be cheaper, and wrong after a crash, when a visitor's events move to their account, and when
somebody is erased.
"""

import asyncio
import time
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.kit import telemetry
from services.kit.waking import woken
from services.recs.ports import Watermarks

WATERMARK = "item_statistics"
RETRY_S = 1.0
REST = 10
"""Counting rests this many times as long as it took: it never uses more than a tenth of a processor."""
log = telemetry.logger("aisle.recs.item_statistics")


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """What happened to a product, faded to the time of its last event."""

    product_id: str
    counts: dict[str, float]
    """By name of the feature."""
    as_of: datetime


class CountedItems(Protocol):
    """The log of events, by product."""

    async def after(self, cursor: str, limit: int) -> tuple[set[str], str, int]:
        """Products of the next events that no earlier one can join any more, the next cursor, how many events."""
        ...

    async def counts(self, products: Set[str]) -> list[ItemCounts]:
        """Of those that something happened to lately."""
        ...


class StatisticsStore(Protocol):
    """The feature store."""

    async def push_statistics(self, items: Sequence[ItemCounts]) -> None: ...


class ItemCounter:
    """Follows the log."""

    def __init__(
        self, events: CountedItems, features: StatisticsStore, watermarks: Watermarks, poll_s: float, page: int
    ) -> None:
        self._events = events
        self._features = features
        self._watermarks = watermarks
        self._poll_s = poll_s
        self._page = page
        self._wake = asyncio.Event()

    def hint(self, _: str) -> None:
        """Something happened."""
        self._wake.set()

    async def start_over(self) -> None:
        """Follows the log from its beginning: the feature store is empty."""
        await self._watermarks.set(WATERMARK, "")

    async def run(self) -> None:
        """Counts for as long as the process runs."""
        while True:
            self._wake.clear()
            began = time.monotonic()
            try:
                await self.catch_up()
            except Exception as error:
                log.warning("item statistics wait", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(min((time.monotonic() - began) * REST, self._poll_s))
            await woken(self._wake, self._poll_s)

    async def catch_up(self) -> None:
        """Counts what happened since it counted last."""
        cursor = await self._watermarks.get(WATERMARK)
        while True:
            products, following, events = await self._events.after(cursor, self._page)
            if not events:
                return
            await self._features.push_statistics(await self._events.counts(products))
            await self._watermarks.set(WATERMARK, following)
            cursor = following
