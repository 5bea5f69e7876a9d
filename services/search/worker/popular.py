"""Counts what many search for, now and then, and forgets what is old."""

import asyncio

from services.kit import telemetry
from services.search.ports import Queries

log = telemetry.logger("aisle.search.popular")


class PopularCounter:
    """Writes the table that the replicas read."""

    def __init__(self, queries: Queries, every_s: float, window_days: int, least_shoppers: int) -> None:
        self._queries = queries
        self._every_s = every_s
        self._window_days = window_days
        self._least_shoppers = least_shoppers

    async def run(self) -> None:
        """Counts for as long as the process runs."""
        while True:
            try:
                await self._queries.forget(self._window_days)
                await self._queries.count(self._window_days, self._least_shoppers)
            except Exception as error:
                log.warning("popular searches not counted", why=type(error).__name__)
            await asyncio.sleep(self._every_s)
