"""LISTEN on a connection of its own, found again when it is lost."""

import asyncio
from collections.abc import Callable, Mapping

import asyncpg

from services.kit import telemetry

Hint = Callable[[str], None]
"""Takes the payload of a notification; empty when some may have been missed."""
RETRY_S = 0.5
PING_S = 5.0
"""A connection that died silently is noticed this soon; whoever listens also asks by itself now and then."""
log = telemetry.logger("aisle.notifications")


class Listener:
    """Hands the payloads of notifications to whoever wants them."""

    def __init__(self, database_url: str, wanted: Mapping[str, Hint]) -> None:
        self._url = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._wanted = wanted

    async def run(self) -> None:
        """Listens for as long as the process runs. After each connect everyone gets an empty payload."""
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("notifications lost", why=type(error).__name__)
                await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=3)
        try:
            for channel in self._wanted:
                await connection.add_listener(channel, self._take)
            for hint in self._wanted.values():
                hint("")
            while True:
                await asyncio.sleep(PING_S)
                await connection.fetchval("SELECT 1", timeout=3)
        finally:
            await connection.close(timeout=1)

    def _take(self, _: object, __: int, channel: str, payload: str) -> None:
        self._wanted[channel](payload)
