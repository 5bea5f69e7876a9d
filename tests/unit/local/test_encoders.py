"""The training of encoders is this mesh's own process, and ends with it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from local import encoders
from local.settings import MARKER, MeshSettings, from_environment


def test_stop_ends_the_training_of_this_mesh_and_no_other(tmp_path: Path) -> None:
    code = "import time; time.sleep(60)"
    command = [sys.executable, "-c", code, *encoders.COMMAND]
    mine, other = tmp_path / "mine", tmp_path / "other"
    started = [subprocess.Popen(command, env=os.environ | {MARKER: str(folder)}) for folder in (mine, other)]
    try:
        deadline = time.monotonic() + 10
        while not encoders._running(MeshSettings(data=mine)) and time.monotonic() < deadline:
            time.sleep(0.05)
        encoders.stop(MeshSettings(data=mine))
        assert started[0].wait(10) is not None
        assert started[1].poll() is None
        assert psutil.pid_exists(started[1].pid)
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_nobody_has_to_have_them() -> None:
    assert from_environment({}).encoders
    assert not from_environment({"AISLE_ENCODERS": "0"}).encoders
