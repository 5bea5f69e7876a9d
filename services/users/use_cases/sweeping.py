"""Deletes what no longer means anything, so that tables do not grow with every visitor and every guess."""

import asyncio

from services.kit import telemetry
from services.users.ports import Attempts, OpenStore

EVERY_S = 600.0
log = telemetry.logger("aisle.users.sweeping")


class Sweep:
    """Expired sessions and windows of tries."""

    def __init__(self, attempts: Attempts, open_store: OpenStore) -> None:
        self._attempts = attempts
        self._open = open_store

    async def __call__(self) -> tuple[int, int]:
        """Sweeps once; how many sessions and how many windows were deleted."""
        async with self._open() as store:
            sessions = await store.sweep()
        return sessions, await self._attempts.sweep()

    async def forever(self) -> None:
        """Sweeps every ten minutes, for as long as the service runs."""
        while True:
            try:
                sessions, windows = await self()
                log.info("swept", sessions=sessions, windows=windows)
            except Exception as error:  # the database may be away for a moment
                log.warning("not swept", why=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(EVERY_S)
