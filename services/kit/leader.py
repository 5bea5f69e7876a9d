"""There is one worker of a kind: whoever holds the lock in PostgreSQL."""

import asyncio

import asyncpg

from services.kit import telemetry

RETRY_S = 1.0
PING_S = 1.0
log = telemetry.logger("aisle.leader")


class Leader:
    """A session's advisory lock: it goes with the connection, so with the process."""

    def __init__(self, database_url: str, lock: int) -> None:
        self._lock = lock
        self._url = database_url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._connection: asyncpg.Connection | None = None

    @property
    def leads(self) -> bool:
        """Whether this process holds the lock."""
        return self._connection is not None

    async def acquire(self) -> None:
        """Waits until this process is the one."""
        while self._connection is None:
            try:
                connection = await asyncpg.connect(self._url, timeout=3)
                if await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._lock):
                    self._connection = connection
                    return
                await connection.close()
                log.info("another worker is at work: waiting")
            except (OSError, TimeoutError, asyncpg.PostgresError) as error:
                log.warning("lock not asked for", why=type(error).__name__)
            await asyncio.sleep(RETRY_S)

    async def hold(self) -> None:
        """Returns when the lock is lost: another worker may have begun, so this one has to end."""
        connection = self._connection
        assert connection is not None
        try:
            while True:
                await asyncio.sleep(PING_S)
                await connection.fetchval("SELECT 1", timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.error("lock lost", why=type(error).__name__)

    async def close(self) -> None:
        """Lets go of the lock."""
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close(timeout=2)
