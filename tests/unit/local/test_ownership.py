import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.ownership import end, own
from local.settings import MARKER, MeshSettings

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_only_processes_with_the_mark_of_this_mesh_are_its_own(tmp_path: Path) -> None:
    mine, other = MeshSettings(data=tmp_path / "mine"), MeshSettings(data=tmp_path / "other")
    children = [subprocess.Popen(SLEEP, env=os.environ | {MARKER: settings.marker}) for settings in (mine, other)]
    try:
        time.sleep(0.1)
        assert [process.pid for process in own(mine)] == [children[0].pid]
        assert end(own(mine)) == []
        assert children[0].poll() is not None
        assert children[1].poll() is None
    finally:
        for child in children:
            child.kill()
            child.wait()


def test_a_process_that_is_just_being_reaped_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """pidfd_open answers ENOENT between the end of a process and its name's."""
    real, answers = os.pidfd_open, [FileNotFoundError(errno.ENOENT, "No such file or directory")] * 3

    def pidfd_open(pid: int, flags: int = 0) -> int:
        if answers:
            raise answers.pop()
        return real(pid, flags)

    with subprocess.Popen(SLEEP) as child:
        monkeypatch.setattr(os, "pidfd_open", pidfd_open)
        assert end([psutil.Process(child.pid)]) == []
    assert len(answers) < 3


def test_a_stale_pid_file_does_not_cost_the_new_owner_of_the_pid_its_life(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    me = psutil.Process()
    lines = [me.pid, tmp_path / "postgres", int(me.create_time()), 5432]
    (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(map(str, lines)))
    assert own(MeshSettings(data=tmp_path)) == []
