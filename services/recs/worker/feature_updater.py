"""Brings features up to the log of events: at once by notifications, and surely by the log itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from services.kit import telemetry
from services.kit.waking import woken
from services.recs.ports import ChangedShoppers, FeatureStore, Histories, Watermarks
from services.recs.use_cases.measures import FEATURE_LAG, FEATURE_SECONDS

WATERMARK = "features"
TOGETHER = 2000
"""Shoppers computed and pushed at a time: a fraction of a second, in which single events wait."""
RETRY_S = 0.5
log = telemetry.logger("aisle.recs.features")
MergeLate = Callable[[set[str]], Awaitable[set[str]]]


class FeatureUpdater:
    """Computes shoppers from the log and pushes them. What it pushes is always newer than what it pushed before."""

    def __init__(
        self,
        log_of_events: ChangedShoppers,
        histories: Histories,
        features: FeatureStore,
        watermarks: Watermarks,
        merge_late: MergeLate,
        poll_s: float,
        page: int,
    ) -> None:
        self._log = log_of_events
        self._histories = histories
        self._features = features
        self._watermarks = watermarks
        self._merge_late = merge_late
        self._poll_s = poll_s
        self._page = page
        self._hints: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._lock = asyncio.Lock()
        self._look = True
        # Until the log has been followed to its end for the first time, nobody should trust the features.
        self._behind_since: float | None = float("-inf")

    def hint(self, shopper: str) -> None:
        """Something happened to this shopper; to any, when empty."""
        if shopper:
            self._hints.setdefault(shopper, time.monotonic())
        else:
            self._look = True
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        self._wake.set()

    def lag_s(self) -> float:
        """Age of the oldest event that is not in the features, as far as is known."""
        return 0.0 if self._behind_since is None else time.monotonic() - self._behind_since

    async def refresh(self, shoppers: Iterable[str]) -> None:
        """Brings these shoppers up to the log."""
        names = list(shoppers)
        for at in range(0, len(names), TOGETHER):
            # Read and push under one lock: nothing older can overtake what is newer.
            async with self._lock:
                await self._features.push(await self._histories.read_many(names[at : at + TOGETHER]))

    async def start_over(self) -> None:
        """Follows the log from its beginning: the feature store is empty."""
        await self._watermarks.set(WATERMARK, "")

    async def run(self) -> None:
        """Works for as long as the process runs."""
        while True:
            try:
                await self._work()
            except Exception as error:
                log.warning("features wait", why=f"{type(error).__name__}: {error}"[:300])
                self._look = True
                await asyncio.sleep(RETRY_S)

    async def _work(self) -> None:
        hints, self._hints = self._hints, {}
        look, self._look = self._look, False
        self._wake.clear()
        if hints:
            names = set(hints)
            await self.refresh(names | await self._merge_late(names))
            for since in hints.values():
                FEATURE_SECONDS.observe(time.monotonic() - since)
        if look:
            await self._catch_up()
        if not self._hints and not self._look:
            self._behind_since = None
        FEATURE_LAG.set(self.lag_s())
        if not await woken(self._wake, self._poll_s):
            self._look = True

    async def _catch_up(self) -> None:
        cursor = await self._watermarks.get(WATERMARK)
        while True:
            shoppers, following, events = await self._log.after(cursor, self._page)
            if not events:
                return
            await self.refresh(shoppers | await self._merge_late(shoppers))
            await self._watermarks.set(WATERMARK, following)
            cursor = following
            if events > 1000:
                log.info("features caught up", events=events, shoppers=len(shoppers))
