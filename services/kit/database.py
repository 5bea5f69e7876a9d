"""PostgreSQL: engine, one transaction a request, migrations."""

import asyncio
import errno
import socket
import zlib
from types import TracebackType

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

POOL_SIZE = 8
"""Connections a process holds: a query takes about a millisecond, so few serve many calls."""
POOL_EXTRA = 8
POOL_TIMEOUT_S = 3.0
CONNECT_TIMEOUT_S = 3.0
COMMAND_TIMEOUT_S = 60.0
"""Ends a query that hangs; calls end earlier by their own deadline."""
TURN_POLL_S = 0.2
"""Of a replica that waits for another one's migrations: they take longer than that."""
GONE = (
    ConnectionError,
    TimeoutError,  # of connecting, or of a query that hangs
    socket.gaierror,
    PoolTimeout,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it is starting or stopping
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,  # the connection was closed a moment ago
)


# None is of asyncio's "Multiple exceptions": a name has several addresses, and none could be connected to.
UNREACHABLE = frozenset({None, errno.ENETUNREACH, errno.EHOSTUNREACH})


def engine(url: str, pool_size: int = POOL_SIZE) -> AsyncEngine:
    """An engine for `postgresql+asyncpg://...`. Connects at the first query."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=POOL_EXTRA,
        pool_timeout=POOL_TIMEOUT_S,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged, and parameters are passwords' hashes and addresses
        connect_args={"timeout": CONNECT_TIMEOUT_S, "command_timeout": COMMAND_TIMEOUT_S},
    )


def reads(url: str, size: int = POOL_SIZE) -> asyncpg.Pool:
    """Connections for single statements that read, where every tenth of a millisecond counts.

    There is no transaction and nothing is set, so that nothing needs undoing; and a connection that was lost is known
    to be, so that none is asked whether it lives. Both would take longer than a short query. Enter it before its use.
    """
    return asyncpg.create_pool(
        url.replace("+asyncpg", "", 1),
        min_size=0,
        max_size=size,
        reset=_nothing,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=COMMAND_TIMEOUT_S,
    )


async def _nothing(_: asyncpg.Connection) -> None:
    return


class UnitOfWork:
    """One transaction: committed when the block ends, rolled back when it raises.

    >>> async with UnitOfWork(engine) as connection:  # doctest: +SKIP
    ...     await connection.execute(...)
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._begin = engine.begin()

    async def __aenter__(self) -> AsyncConnection:
        return await self._begin.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._begin.__aexit__(kind, error, trace)


async def probe(engine: AsyncEngine) -> None:
    """Raises when the database does not answer."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


def is_gone(error: Exception) -> bool:
    """Whether the error says that the database cannot be reached, and nothing of the query."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, GONE) or (isinstance(cause, DBAPIError) and cause.connection_invalidated):
            return True
        if type(cause) is OSError and cause.errno in UNREACHABLE:
            return True
        cause = cause.__cause__
    return False


async def migrate(url: str, package: str) -> None:
    """Brings the database to the newest revision in `<package>/migrations/versions`.

    Replicas that start together take turns by an advisory lock.
    """
    migrating = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with migrating.connect() as connection:
            await _take_turn(connection, _lock(package))
            await connection.run_sync(_upgrade, package)
    finally:
        await migrating.dispose()


async def _take_turn(connection: AsyncConnection, lock: int) -> None:
    """Takes the advisory lock, asked for again and again.

    Who waits for it in one statement has a transaction all the while, and CREATE INDEX CONCURRENTLY of the replica that
    holds the lock waits for transactions: each would wait for the other.
    """
    while not await connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": lock}):
        await connection.rollback()
        await asyncio.sleep(TURN_POLL_S)
    await connection.commit()


def _lock(package: str) -> int:
    return zlib.crc32(package.encode())


def _upgrade(connection: Connection, package: str) -> None:
    from importlib.resources import files

    config = Config()
    config.set_main_option("script_location", str(files(package) / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _lock(package)})
        connection.commit()


def run_migrations(connection: Connection) -> None:
    """What every service's migrations/env.py does."""
    from alembic import context

    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


async def wait_until_up(engine: AsyncEngine, attempts: int = 60) -> None:
    """Waits for the database to answer, half a second a try.

    Raises:
        the last error when it never did.
    """
    for attempt in range(attempts):
        try:
            await probe(engine)
            return
        except Exception as error:
            down = isinstance(error, OSError) or is_gone(error)
            if not down or attempt == attempts - 1:
                raise
            await asyncio.sleep(0.5)
