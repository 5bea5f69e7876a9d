"""A gateway before two real users services on a real PostgreSQL; servers of the kit stand for catalog and recs."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

from gateway.settings import METHOD_TIMEOUTS_S, Gateway, Limits
from tests.gateway.envoy import Envoy
from tests.gateway.standin import Standins
from tests.support.mesh import wait_until
from tests.support.postgres import NewDatabase, free_port

ADMIN = {"email": "admin@shop.test", "password": "correct horse"}
TIMEOUT_S = 1.0
"""Of GetCategory, so that a test of what happens then takes no longer."""
START_S = 120.0
"""Enough for a machine that does much else; a replica takes two seconds."""
SIGN_INS = 15
"""A second, so that a test can go over it."""


@dataclass
class UsersReplica:
    """A process of the users service."""

    port: int
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "services.users"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT)

    def wait(self) -> None:
        """Waits until it answers."""
        with grpc.insecure_channel(f"127.0.0.1:{self.port}") as channel:
            grpc.channel_ready_future(channel).result(START_S)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends it at once."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)


@dataclass
class Shop:
    """Everything behind one gateway."""

    envoy: Envoy
    users: list[UsersReplica]
    standins: Standins
    catalog_ports: list[int]
    http: httpx.Client
    admin_token: str = ""
    made: list[str] = field(default_factory=list)

    def visitor(self) -> dict[str, Any]:
        """A new visitor's session."""
        return dict(self.http.post("/v1/sessions:createVisitor", json={}).raise_for_status().json())

    def shopper(self) -> dict[str, Any]:
        """A new account's session."""
        body = {"email": f"{uuid.uuid4().hex}@shop.test", "password": "a long password", "displayName": "Ann"}
        return dict(self.http.post("/v1/accounts:signUp", json=body).raise_for_status().json())

    def wait_for_replicas(self, cluster: str, number: int) -> None:
        """Waits until Envoy counts that many healthy replicas."""
        name = f"cluster.{cluster}.membership_healthy"
        wait_until(lambda: self.envoy.counter(name) == number, 60, f"{number} healthy replicas of {cluster}")


def bearer(session: dict[str, Any]) -> dict[str, str]:
    """The header with a session's access token."""
    return {"authorization": f"Bearer {session['accessToken']}"}


@pytest.fixture(scope="session")
def shop(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One gateway for all tests; who stops a part starts it again."""
    folder = tmp_path_factory.mktemp("gateway")
    variables = os.environ | {
        "AISLE_USERS_DATABASE_URL": new_database("gateway_users"),
        "AISLE_USERS_SIGNING_KEYS_DIR": str(folder / "keys"),
        "AISLE_USERS_ADMIN_EMAIL": ADMIN["email"],
        "AISLE_USERS_ADMIN_PASSWORD": ADMIN["password"],
        "AISLE_USERS_DRAIN_S": "0",
    }
    users = []
    for number, port in enumerate((free_port(), free_port())):
        environment = variables | {"AISLE_USERS_LISTEN": f"127.0.0.1:{port}"}
        users.append(UsersReplica(port, environment, folder / f"users-{number}.log"))
    catalog_ports, recs_port = [free_port(), free_port()], free_port()
    standins = Standins(",".join(f"127.0.0.1:{replica.port}" for replica in users))
    clusters = {
        "catalog": [("127.0.0.1", port) for port in catalog_ports],
        "users": [("127.0.0.1", replica.port) for replica in users],
        "recs": [("127.0.0.1", recs_port)],
    }
    limits = Limits(sign_ins_per_second=SIGN_INS)
    timeouts = METHOD_TIMEOUTS_S | {"GetCategory": TIMEOUT_S}
    here = {"host": "127.0.0.1", "limits": limits, "method_timeouts_s": timeouts}
    gateway = Gateway(free_port(), free_port(), clusters, **here)  # type: ignore[arg-type]
    envoy = Envoy(gateway, folder)
    try:
        for replica in users:
            replica.start()
        for replica in users:
            replica.wait()
        for port in catalog_ports:
            standins.start("catalog", port)
        standins.start("recs", recs_port)
        envoy.start()
        with httpx.Client(base_url=envoy.url, trust_env=False, timeout=30) as http:
            made = Shop(envoy, users, standins, catalog_ports, http)
            made.wait_for_replicas("catalog", 2)
            made.wait_for_replicas("users", 2)
            made.admin_token = _log_in(http)
            yield made
    finally:
        envoy.stop()
        standins.close()
        for replica in users:
            if replica.process is not None:
                replica.kill(signal.SIGTERM)


def _log_in(http: httpx.Client) -> str:
    return str(http.post("/v1/sessions:logIn", json=ADMIN).raise_for_status().json()["accessToken"])


@pytest.fixture
def quiet() -> None:
    """Lets the limits of the second before run out."""
    time.sleep(1.1)


@pytest.fixture
def channel(shop: Shop) -> Iterator[grpc.Channel]:
    """gRPC through the gateway."""
    with grpc.insecure_channel(shop.envoy.address) as channel:
        yield channel
