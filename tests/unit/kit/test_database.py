"""What counts as a lost database, and waiting for one."""

import asyncio
import errno
import socket

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from services.kit import database

STARTING_UP = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
ASKS_FOR_TLS = (80877103).to_bytes(4, "big")


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
        ConnectionRefusedError(),
        OSError("Multiple exceptions: [Errno 111] ..., [Errno 111] ..."),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
    ],
    ids=repr,
)
def test_what_says_that_the_database_cannot_be_reached(error: Exception) -> None:
    assert database.is_gone(error)


@pytest.mark.parametrize("error", [ValueError(), FileNotFoundError(errno.ENOENT, "x"), asyncpg.UniqueViolationError()])
def test_what_says_nothing_of_the_database(error: Exception) -> None:
    assert not database.is_gone(error)


async def test_a_database_that_is_starting_up_is_waited_for() -> None:
    tries = 0

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        while (await _message(reader))[:4] == ASKS_FOR_TLS:
            writer.write(b"N")
        tries += 1
        writer.write(b"E" + (len(STARTING_UP) + 4).to_bytes(4, "big") + STARTING_UP)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = database.engine(f"postgresql+asyncpg://nobody@127.0.0.1:{port}/none")
    with pytest.raises(DBAPIError, match="starting up"):
        await database.wait_until_up(engine, attempts=2)
    assert tries == 2
    await engine.dispose()
    server.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await reader.readexactly(4), "big")
    return await reader.readexactly(size - 4)
