"""What is done from time to time, beside the calls."""

import asyncio
from datetime import UTC, datetime, timedelta

from services.catalog.ports import Database
from services.catalog.use_cases.pictures import PictureUseCases
from services.kit import telemetry

REPLAYS_KEPT = timedelta(days=1)
"""Nobody repeats a call after a day."""
CARTS_KEPT = timedelta(days=90)
"""A visitor who has not come back in a season does not come for the cart."""
log = telemetry.logger("aisle.catalog.sweeping")


class Sweeper:
    """Removes pictures that no product shows, carts that visitors left, and answers that nobody will ask for again."""

    def __init__(self, database: Database, pictures: PictureUseCases, every_s: float, unused_s: float) -> None:
        self._database = database
        self._pictures = pictures
        self._every_s = every_s
        self._unused = timedelta(seconds=unused_s)

    async def run(self) -> None:
        """Sweeps again and again. What fails once is tried again the next time: nobody waits for it."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self.sweep()
            except Exception:
                log.exception("sweeping failed")

    async def sweep(self) -> None:
        """Sweeps once."""
        async with self._database.begin() as transaction:
            await transaction.replays.forget(datetime.now(UTC) - REPLAYS_KEPT)
            await transaction.carts.forget(datetime.now(UTC) - CARTS_KEPT)
        if removed := await self._pictures.sweep(self._unused):
            log.info("unused pictures removed", count=removed)
