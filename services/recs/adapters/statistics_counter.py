"""Counts what goes together, what is trending and what is popular where, again and again."""

import asyncio
import time

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.kit import telemetry
from services.kit.database import UnitOfWork
from services.kit.waking import woken
from services.recs.adapters.statistics_queries import Limits, counts

RETRY_S = 5.0
REST = 10
"""Counting rests this many times as long as it took: it never uses more than a tenth of a processor."""
log = telemetry.logger("aisle.recs.statistics")


NEWEST_EVENT = text("SELECT coalesce(max(sequence), 0) FROM user_events")
NEXT_VERSION = text("SELECT coalesce(max(version), 0) + 1 FROM statistics")


class StatisticsCounter:
    """Counts again whenever there were new events."""

    def __init__(self, engine: AsyncEngine, every_s: float, limits: Limits) -> None:
        self._engine = engine
        self._every_s = every_s
        self._counts = counts(limits)
        self._seen = -1
        self._wake = asyncio.Event()

    def hint(self, shopper: str) -> None:
        """Many events came at once when it is empty: an import should not wait for its turn."""
        if not shopper:
            self._wake.set()

    async def run(self) -> None:
        """Counts for as long as the process runs."""
        while True:
            self._wake.clear()
            began = time.monotonic()
            try:
                await self.count()
            except Exception as error:
                log.warning("statistics wait", why=f"{type(error).__name__}: {error}"[:300])
                # What fails has kept PostgreSQL as busy as what succeeds.
                await asyncio.sleep(max(RETRY_S, (time.monotonic() - began) * REST))
                continue
            rest = (time.monotonic() - began) * REST
            await asyncio.sleep(min(max(RETRY_S, rest), max(self._every_s, rest)))
            await woken(self._wake, self._every_s)

    async def count(self) -> None:
        """Counts once, if there is anything new."""
        async with UnitOfWork(self._engine) as connection:
            newest = int((await connection.execute(NEWEST_EVENT)).scalar_one())
            if newest == self._seen:
                return
            await self._count(connection)
        self._seen = newest

    async def _count(self, connection: AsyncConnection) -> None:
        # A worker that has lost its place may be counting still: versions are committed in their order.
        await connection.execute(text("LOCK TABLE statistics IN SHARE ROW EXCLUSIVE MODE"))
        version = int((await connection.execute(NEXT_VERSION)).scalar_one())
        for count in self._counts:
            values = {**count.values, "kind": int(count.kind), "keys": count.keys, "version": version}
            await connection.execute(count.statement, values)
