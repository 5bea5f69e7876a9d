"""A whole mesh for tests: every real process, a small simulated shop, a release; started once a session.

`AISLE_TEST_DATA=/path/to/folder` names the data folder of a mesh that runs already (`make up`); it is used as it
is and left running, which saves the start while one writes tests.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.credentials import Credentials
from local.ports import Ports, load
from local.processes import Mesh
from local.settings import ROOT, MeshSettings
from local.supervision import ProcessInfo, Supervisor
from local.up import mesh_of

# Enough for a release that beats popularity, little enough to draw, import and train in about a minute.
PRODUCTS, SHOPPERS = 200, 300
# Two of each domain service, so that one can be stopped while the other answers.
REPLICAS = 2
# Start, import and training on two busy cores.
START_S = 900


@dataclass(frozen=True)
class RunningMesh:
    """A mesh that is up: where it listens, its secrets, and the means to hurt it."""

    mesh: Mesh
    supervisor: Supervisor

    @property
    def settings(self) -> MeshSettings:
        """Port, data folder, replicas."""
        return self.mesh.settings

    @property
    def ports(self) -> Ports:
        """The port of every process; lists have one entry a replica."""
        return self.mesh.ports

    @property
    def credentials(self) -> Credentials:
        """Log-ins of the demo shopper and the merchant, and the files of the other secrets."""
        return self.mesh.credentials

    @property
    def url(self) -> str:
        """The gateway, for REST."""
        return self.mesh.settings.gateway_url

    @property
    def grpc_address(self) -> str:
        """The gateway, for gRPC."""
        return f"127.0.0.1:{self.ports.gateway}"

    def addresses(self, service: str) -> list[str]:
        """Every replica of catalog, users or recs."""
        return [f"127.0.0.1:{port}" for port in getattr(self.ports, service)]

    def process(self, name: str) -> ProcessInfo:
        """What the process manager knows of a process, for example recs-2."""
        return next(info for info in self.supervisor.processes() if info.name == name)

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Sends a process a signal; the process manager starts it again. Returns the pid that it had."""
        pid = self.process(name).pid
        assert pid > 0, f"{name} does not run at the moment"  # 0 would be the whole group of this process
        os.kill(pid, number)
        return pid

    def stop(self, name: str) -> None:
        """Stops a process in its orderly way and leaves it stopped."""
        self.supervisor.stop_process(name)

    def start(self, name: str) -> None:
        """Starts a stopped process again, without waiting for its health."""
        self.supervisor.start_process(name)

    def wait_healthy(self, *names: str, seconds: float = 60) -> float:
        """Waits until the processes (all, when none is named) are healthy; returns how many seconds it took.

        It blocks: a test with an event loop calls it by asyncio.to_thread.
        """
        began = time.monotonic()
        ask = [sys.executable, "-m", "local", "status", *names]
        variables = os.environ | {"AISLE_DATA": str(self.settings.data)}

        def healthy() -> bool:
            return subprocess.run(ask, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, check=False).returncode == 0

        wait_until(healthy, seconds, f"{names or 'everything'} to be healthy")
        return time.monotonic() - began


def wait_until(condition: Callable[[], object], seconds: float, what: str = "it") -> None:
    """Asks again and again until the condition holds.

    Raises:
        AssertionError: it did not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


def environment(data: Path, **settings: object) -> dict[str, str]:
    """The variables that start a mesh in a folder on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = {"AISLE_DATA": data, "AISLE_PORT": port, "DETACH": 1, "DATASET": "", "INFERENCE": "", **settings}
    return os.environ | {name: str(value) for name, value in chosen.items()}


def command(name: str, variables: dict[str, str], seconds: float = START_S) -> None:
    """Runs `python -m local NAME`; what it prints is shown if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "local", name],
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def running(data: Path) -> RunningMesh:
    """Describes the mesh that runs in a folder."""
    ports = load(data / "run" / "ports.json")
    assert ports is not None, f"no mesh was ever started in {data}"
    settings = MeshSettings(port=ports.gateway, data=data, replicas=len(ports.catalog))
    return RunningMesh(mesh_of(settings), Supervisor(settings))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests that need the mesh as it was made before those that leave something in it: a second mesh for
    them would cost its start, import and training. A mesh that runs already is not as it was made."""
    items.sort(key=lambda item: item.get_closest_marker("fresh") is None)
    if "AISLE_TEST_DATA" in os.environ:
        for item in items:
            if item.get_closest_marker("fresh"):
                item.add_marker(pytest.mark.skip(reason="AISLE_TEST_DATA names a shop in which others did something"))


@pytest.fixture(scope="session")
def mesh() -> Iterator[RunningMesh]:
    """A whole mesh with two replicas, 200 simulated products, 300 shoppers and a promoted release."""
    if given := os.environ.get("AISLE_TEST_DATA"):
        yield running(Path(given).resolve())
        return
    # Not below pytest's own folder, which every start of pytest closes to other users, such as the database's.
    data = Path(tempfile.mkdtemp(prefix="aisle-mesh-"))
    variables = environment(
        data, REPLICAS=REPLICAS, AISLE_SHOP_PRODUCTS=PRODUCTS, AISLE_SHOP_SHOPPERS=SHOPPERS, AISLE_ENCODERS=0
    )
    try:
        command("up", variables)
        yield running(data)
    finally:
        command("down", variables, seconds=120)
        shutil.rmtree(data, ignore_errors=True)
