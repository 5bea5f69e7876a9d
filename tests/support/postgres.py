"""One real PostgreSQL a test run, and a fresh database for whoever asks."""

import asyncio
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import credentials
from local.postgres import Postgres, prepare
from local.users import as_user

START_S = 60.0
# The folder is thrown away; without these a stop with 36 databases took up to 57 s on a busy machine.
THROWN_AWAY = ("-c", "fsync=off", "-c", "full_page_writes=off")
NewDatabase = Callable[[str], str]
"""From a name's beginning to the SQLAlchemy URL of a new, empty database."""


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[tuple[Postgres, str]]:
    """A server in a folder of its own, and its superuser's password."""
    folder = Path(tempfile.mkdtemp(prefix="aisle-postgres-"))
    folder.chmod(0o755)
    secrets = credentials.ensure(folder / "secrets")
    server = prepare(folder / "data", free_port(), secrets)
    process = subprocess.Popen(
        as_user((*server.command, *THROWN_AWAY), server.system_user),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        _wait(server, secrets.postgres_password)
        yield server, secrets.postgres_password
    finally:
        # At once: nothing of it is kept, and a checkpoint of some hundred databases takes its time.
        process.send_signal(signal.SIGQUIT)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(postgres_server: tuple[Postgres, str]) -> NewDatabase:
    """Makes databases."""
    server, password = postgres_server
    made = 0

    def make(prefix: str) -> str:
        nonlocal made
        made += 1
        name = f"{prefix}_{made}"

        async def create() -> None:
            connection = await server.connect(password)
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()

        # A loop of its own, in a thread: the caller's may be running.
        asyncio.run(create()) if not _loop_runs() else _in_thread(create)
        return f"postgresql+asyncpg://postgres:{password}@127.0.0.1:{server.port}/{name}"

    return make


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
        return True
    except RuntimeError:
        return False


def _in_thread(create: Callable[[], object]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(create())).result()  # type: ignore[arg-type]


def _wait(server: Postgres, password: str) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            asyncio.run(_ping(server, password))
            return
        except (OSError, Exception):
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")


async def _ping(server: Postgres, password: str) -> None:
    await (await server.connect(password)).close()
