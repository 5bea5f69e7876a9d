"""A shop that can be killed: PostgreSQL with its real durability, and replicas of the catalogue as processes."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import psutil
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.session_service_pb2_grpc import SessionServiceServicer, add_SessionServiceServicer_to_server
from jwt.algorithms import ECAlgorithm

from local import credentials
from local.postgres import Postgres, prepare
from local.users import as_user
from services.kit.channels import channel
from tests.support.postgres import free_port
from tests.support.tokens import Issuer

REPLICAS = 2
START_S = 120.0


class Keys(SessionServiceServicer):
    """Publishes the issuer's key as the users service does."""

    def __init__(self, issuer: Issuer) -> None:
        made = ECAlgorithm(ECAlgorithm.SHA256).to_jwk(issuer.private_key.public_key())
        jwk = json.loads(made) if isinstance(made, str) else made
        parts = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
        self._keys = sessions_pb.JsonWebKeySet(keys=[sessions_pb.JsonWebKey(kid=issuer.key_id, **parts)])

    async def GetJsonWebKeySet(self, request: Any, _: Any) -> sessions_pb.JsonWebKeySet:
        return self._keys


@dataclass
class Process:
    """A process that is started again after every kill."""

    command: tuple[str, ...]
    log: Path
    user: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it in a session of its own."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                as_user(self.command, self.user),
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/" if self.user else None,
            )

    def kill(self) -> bool:
        """Kills it, and everything that it started, as hard as can be; whether it ran."""
        if self.running is None or not self.alive:
            return False
        victim = psutil.Process(self.running.pid)
        hits = [_hit(process) for process in [victim, *victim.children(recursive=True)]]
        self.running.wait()
        return hits[0]

    def kill_child(self, number: int) -> bool:
        """Kills one of what it started, such as a session of PostgreSQL's; whether there was one."""
        if self.running is None or not self.alive:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.running.pid).children()
            return bool(children) and _hit(children[number % len(children)])
        return False

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.running is not None and self.running.poll() is None


@dataclass
class Shop:
    """A running one."""

    folder: Path
    issuer: Issuer
    postgres: Postgres
    database_url: str
    database: Process
    replicas: list[Process]
    channel: grpc.aio.Channel

    async def query(self, statement: str) -> list[Any]:
        """Rows straight from the database."""
        connection = await asyncpg.connect(self.database_url.replace("+asyncpg", ""), timeout=10)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()

    async def number(self, statement: str) -> int:
        """One number from the database."""
        return int((await self.query(statement))[0][0])

    async def keep_alive(self) -> None:
        """Starts what has died, for as long as it runs."""
        while True:
            for process in (self.database, *self.replicas):
                if not process.alive:
                    process.start()
            await asyncio.sleep(0.1)


def _hit(process: psutil.Process) -> bool:
    """Kills it; whether it ran. One that has ended and was not waited for yet takes a signal, and it means nothing."""
    try:
        ran = bool(process.status() != psutil.STATUS_ZOMBIE)
        process.send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return ran


@contextlib.asynccontextmanager
async def running_shop(folder: Path, **environment: str) -> AsyncIterator[Shop]:
    """A shop in a folder of its own; gone afterwards."""
    issuer = Issuer()
    users = grpc.aio.server()
    add_SessionServiceServicer_to_server(Keys(issuer), users)
    users_port = users.add_insecure_port("127.0.0.1:0")
    await users.start()
    # Beside the test's own folder, which the database's system user may not enter.
    data = _open_folder()
    secrets = credentials.ensure(data / "secrets")
    server = prepare(data / "data", free_port(), secrets)
    database = Process(tuple(server.command), folder / "postgres.log", server.system_user)
    database.start()
    url = f"postgresql+asyncpg://postgres:{secrets.postgres_password}@127.0.0.1:{server.port}/postgres"
    ports = [free_port() for _ in range(REPLICAS)]
    replicas = [
        Process(
            (sys.executable, "-m", "services.catalog"),
            folder / f"catalog-{port}.log",
            environment={
                "AISLE_CATALOG_LISTEN": f"127.0.0.1:{port}",
                "AISLE_CATALOG_DATABASE_URL": url,
                "AISLE_CATALOG_USERS_ADDRESS": f"127.0.0.1:{users_port}",
                "AISLE_CATALOG_PICTURES_DIR": str(folder / "pictures"),
                "AISLE_CATALOG_PAYMENT_PROVIDER": "test",
                "AISLE_CATALOG_PAYMENT_TIMEOUT_S": "1",
                "AISLE_CATALOG_SETTLE_AFTER_S": "2",
                "AISLE_CATALOG_LOG_LEVEL": "warning",
                **environment,
            },
        )
        for port in ports
    ]
    try:
        async with channel(",".join(f"127.0.0.1:{port}" for port in ports)) as opened:
            shop = Shop(folder, issuer, server, url, database, replicas, opened)
            keeper = asyncio.create_task(shop.keep_alive())
            await _all_ready(ports)
            yield shop
            keeper.cancel()
    finally:
        for process in (*replicas, database):
            process.kill()
        await users.stop(None)
        shutil.rmtree(data, ignore_errors=True)


def _open_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="aisle-load-"))
    folder.chmod(0o755)
    return folder


async def _all_ready(ports: list[int]) -> None:
    deadline = time.monotonic() + START_S
    for port in ports:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as one:
            await asyncio.wait_for(one.channel_ready(), deadline - time.monotonic())
