"""Stopping a shop while others start it, fill it or stop it."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from local import down, up
from local.settings import MARKER, MeshSettings
from local.supervision import Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def settings(tmp_path: Path) -> MeshSettings:
    (tmp_path / "run").mkdir()
    return MeshSettings(port=59437, data=tmp_path)


@pytest.fixture
def processes(settings: MeshSettings) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """A process manager and a training, with the mark of the shop."""
    started = [subprocess.Popen(SLEEP, env=os.environ | {MARKER: settings.marker}) for _ in range(2)]
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_a_training_is_told_to_end_before_the_services_are_and_nobody_waits_for_it(
    settings: MeshSettings, processes: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager, training = processes
    left: list[bool] = []

    def stop_all(_: Supervisor) -> None:
        left.append(training.poll() is None)
        assert manager.poll() is None

    monkeypatch.setattr(Supervisor, "answers", lambda _: True)
    monkeypatch.setattr(Supervisor, "pid", lambda _: manager.pid)
    monkeypatch.setattr(Supervisor, "stop_all", stop_all)
    monkeypatch.setattr(Supervisor, "shutdown", lambda _: manager.terminate())
    monkeypatch.setattr(down, "PATIENCE_S", 5.0)
    assert down.down(settings) == 2
    assert left == [False]


def test_a_start_waits_for_who_stops_the_shop(settings: MeshSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would join what is ending, or kill it as left behind by an earlier run."""

    class AskedError(Exception): ...

    asked = threading.Event()

    def answers(_: Supervisor) -> bool:
        asked.set()
        raise AskedError

    def start() -> None:
        with suppress(AskedError):
            up.up(settings)

    monkeypatch.setattr(Supervisor, "answers", answers)
    monkeypatch.setattr(up.preflight, "check", lambda _: None)
    monkeypatch.setattr(up, "stopped_by_signals", suppress)  # signals are for the main thread
    folder = os.open(settings.run, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    starting = threading.Thread(target=start)
    starting.start()
    assert not asked.wait(1)
    os.close(folder)
    starting.join(20)
    assert asked.is_set()
