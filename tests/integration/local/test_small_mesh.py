"""Starting, watching and stopping, on a mesh of PostgreSQL and Milvus alone: the real ones, in seconds."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from local import ownership
from local.credentials import ensure
from local.ports import load
from local.settings import ROOT, MeshSettings
from local.supervision import Supervisor

COMMAND = [sys.executable, "-m", "tests.integration.local.small"]


class Shop:
    """A small mesh in a folder of its own, driven by its commands as a person would."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.settings = MeshSettings(port=port, data=data)
        self.environment = os.environ | {"AISLE_PORT": str(port), "AISLE_DATA": str(data), "COLUMNS": "200"}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment | settings, capture_output=True, text=True, timeout=90, check=False
        )

    def spawn(self, *arguments: str) -> subprocess.Popen[str]:
        command = [*COMMAND, *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True)

    def own(self) -> list[psutil.Process]:
        return ownership.own(self.settings)

    def pid(self, name: str) -> int:
        return next((info.pid for info in Supervisor(self.settings).processes() if info.name == name), 0)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "shop")
    yield shop
    shop.run("down")
    assert shop.own() == []


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_up_returns_when_everything_is_healthy_and_down_leaves_nothing(shop: Shop) -> None:
    first = shop.run("up", "--detach")
    assert first.returncode == 0, first.stdout
    assert "postgres on" in first.stdout
    assert shop.run("status").returncode == 0

    again = shop.run("up", "--detach")
    assert "running already" in again.stdout
    other = shop.run("up", "--detach", INFERENCE="triton")
    assert other.returncode == 1
    assert "INFERENCE=embedded" in other.stdout

    stopped = shop.run("down")
    assert stopped.returncode == 0
    assert shop.own() == []
    assert "Nothing of" in shop.run("down").stdout
    gone = shop.run("status")
    assert gone.returncode == 3
    assert gone.stdout.strip().endswith("runs. To start it: make up")


def test_each_service_has_a_database_that_the_others_cannot_open(shop: Shop) -> None:
    assert shop.run("up", "--detach").returncode == 0
    credentials, ports = ensure(shop.settings.secrets), load(shop.settings.run / "ports.json")
    assert ports is not None

    async def connect(database: str, password: str) -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=ports.postgres, user="recs", password=password, database=database
        )
        await connection.close()

    asyncio.run(connect("recs", credentials.recs_database_password))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(connect("users", credentials.recs_database_password))
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(connect("recs", credentials.users_database_password))


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_shop_in_the_foreground_stops_everything_of_its_own_when_it_is_stopped(shop: Shop, stop: int) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        up = shop.spawn("up")
        assert up.stdout is not None
        assert any("Ctrl-C" in line for line in up.stdout)
        assert len(shop.own()) > 3
        up.send_signal(stop)
        up.communicate(timeout=40)
        assert up.returncode == 0
        assert shop.own() == []
        assert bystander.poll() is None
        bystander.kill()


def test_a_killed_process_is_started_again(shop: Shop) -> None:
    assert shop.run("up", "--detach").returncode == 0
    before = shop.pid("milvus")
    os.kill(before, signal.SIGKILL)
    eventually(lambda: shop.pid("milvus") not in (0, before))
    eventually(lambda: shop.run("status").returncode == 0)


def test_what_a_killed_process_manager_left_behind_is_found_and_stopped(shop: Shop) -> None:
    assert shop.run("up", "--detach").returncode == 0
    os.kill(int((shop.settings.run / "supervisord.pid").read_text()), signal.SIGKILL)
    eventually(lambda: not Supervisor(shop.settings).answers())
    assert shop.own()
    assert "left without their manager" in shop.run("status").stdout
    second = shop.run("up", "--detach")
    assert second.returncode == 0, second.stdout
    assert "left behind" in second.stdout

    os.kill(int((shop.settings.run / "supervisord.pid").read_text()), signal.SIGKILL)
    assert shop.run("down").returncode == 0
    assert shop.own() == []


def test_a_process_that_does_not_stay_up_ends_the_start_with_the_end_of_its_log(shop: Shop) -> None:
    assert shop.run("up", "--detach").returncode == 0
    shop.run("down")
    (shop.settings.data / "postgres" / "global" / "pg_control").unlink()
    failed = shop.run("up", "--detach")
    assert failed.returncode == 1
    assert "postgres ends again and again" in failed.stdout
    assert "could not find the database system" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    assert shop.own() == []


def test_two_shops_run_side_by_side_and_stop_apart(shop: Shop, tmp_path: Path) -> None:
    other = Shop(tmp_path / "other")
    try:
        starting = [one.spawn("up", "--detach") for one in (shop, other)]
        assert [one.wait(60) for one in starting] == [0, 0]
        assert shop.run("down").returncode == 0
        assert shop.own() == []
        assert other.run("status").returncode == 0
        stopping = [other.spawn("down") for _ in range(2)]
        assert [one.wait(60) for one in stopping] == [0, 0], "two who stop one shop do not meet an error"
        assert other.own() == []
        starting += stopping
    finally:
        other.run("down")
        for one in starting:
            one.communicate()


def test_a_path_too_long_for_a_socket_is_no_obstacle(tmp_path: Path) -> None:
    deep = Shop(tmp_path / ("long" * 20) / ("deep" * 10))
    try:
        assert deep.run("up", "--detach").returncode == 0
        assert deep.run("status").returncode == 0
    finally:
        deep.run("down")
    assert deep.own() == []


def test_a_disk_that_is_full_after_the_check_is_said_and_what_was_started_is_stopped(shop: Shop) -> None:
    assert shop.run("up", "--detach").returncode == 0
    shop.run("down")
    configuration = shop.settings.run / "supervisord.conf"
    configuration.unlink()
    configuration.symlink_to("/dev/full")
    failed = shop.run("up", "--detach")
    assert failed.returncode == 1
    assert f"{shop.settings.data} cannot be written: No space left on device. Its disk has" in failed.stdout
    assert "make up AISLE_DATA=/path/to/folder" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
    assert shop.own() == []


@pytest.mark.parametrize("dataset", ["s3://bucket/products.zip", "notes.txt"])
def test_data_that_cannot_be_imported_starts_nothing(shop: Shop, tmp_path: Path, dataset: str) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary")
    refused = shop.run("up", "--detach", DATASET=dataset if "://" in dataset else str(tmp_path / dataset))
    assert refused.returncode == 1
    assert "DATASET cannot be imported" in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
    assert not (shop.settings.run / "ports.json").exists()
