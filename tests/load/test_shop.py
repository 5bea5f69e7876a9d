"""What a kill says of itself: one that hit nothing is none."""

import sys
import time
from pathlib import Path

import psutil

from tests.load.shop import Process

# Named, since a Popen that nobody holds waits for its child at its own end.
PARENT = "import subprocess, time; child = subprocess.Popen(['sleep', '60']); time.sleep(60)"


def test_only_what_runs_is_killed(tmp_path: Path) -> None:
    process = Process(("sleep", "60"), tmp_path / "log")
    assert (process.kill(), process.kill_child(0)) == (False, False)
    process.start()
    assert not process.kill_child(0)
    assert (process.kill(), process.alive) == (True, False)
    assert (process.kill(), process.kill_child(0)) == (False, False)


def test_a_child_is_killed_once(tmp_path: Path) -> None:
    process = Process((sys.executable, "-c", PARENT), tmp_path / "log")
    process.start()
    assert process.running is not None
    try:
        deadline = time.monotonic() + 30
        while not psutil.Process(process.running.pid).children() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert process.kill_child(7)
        _ended(psutil.Process(process.running.pid).children()[0])
        assert not process.kill_child(7)
    finally:
        process.kill()


def _ended(child: psutil.Process) -> None:
    deadline = time.monotonic() + 30
    while child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
        time.sleep(0.01)
