"""Installing that is stopped, or that the machine refuses."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from local import bootstrap

STOPPED = 130
ROOT = bootstrap.ROOT
INSTALLING = """import sys
from pathlib import Path
from local import bootstrap
bootstrap.LOG = Path(sys.argv.pop())
def install(dev):
    print("installing", flush=True)
    bootstrap.run(["sleep", "60"], "A hint.")
bootstrap.set_up = install
sys.exit(bootstrap.main())
"""


STARTING = """import subprocess, time
class Popen(subprocess.Popen):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        time.sleep(1)  # in which it is told to end, and nobody knows of the installer yet
subprocess.Popen = Popen
"""


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("program", [INSTALLING, STARTING + INSTALLING], ids=["runs", "starts"])
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_no_installer_goes_on_without_who_holds_the_lock(tmp_path: Path, stop: signal.Signals, program: str) -> None:
    command = [sys.executable, "-c", program, str(tmp_path / "setup.log")]
    with subprocess.Popen(command, cwd=bootstrap.ROOT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "installing\n"
        deadline = time.monotonic() + 20
        while not (installers := psutil.Process(started.pid).children()) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert installers
        started.send_signal(stop)
        assert started.wait(20) == STOPPED
    assert not any(installer.is_running() for installer in installers)


HOLDING = """import sys, time
from pathlib import Path
from local import bootstrap
bootstrap.ROOT = Path(sys.argv.pop())
bootstrap.alone("requirements")
print("taken", flush=True)
time.sleep(60)
"""


def test_who_waits_for_another_installation_says_once_for_which_and_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "WRITTEN_S", 0.1)
    command = [sys.executable, "-c", HOLDING, str(tmp_path)]
    with ThreadPoolExecutor() as pool, subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == b"taken\n"
            os.utime(tmp_path / ".lock-requirements", (0, time.mktime((2026, 1, 31, 12, 30, 0, 0, 0, -1))))
            waits = pool.submit(bootstrap.alone, "requirements")
            shown = ""
            deadline = time.monotonic() + 20
            while not shown and time.monotonic() < deadline:
                time.sleep(0.05)
                shown += capsys.readouterr().out
            assert f"(process {other.pid}, since 12:30:00); this waits for it" in shown
            assert not waits.done()
        finally:
            other.kill()
        waits.result(20)
    assert capsys.readouterr().out == ""
    assert (tmp_path / ".lock-requirements").read_text() == f"{os.getpid()}\n"


def test_who_waits_for_nobody_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "protos").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    bootstrap.alone("protos")
    assert capsys.readouterr().out == ""


def test_an_installation_that_was_stopped_is_not_taken_for_that_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody goes back to the commit before: half of the packages are newer."""

    def stopped(interpreter: str, dev: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "alone", lambda folder: None)
    monkeypatch.setattr(bootstrap, "install", stopped)
    stamps = [tmp_path / name for name in ("aisle.stamp", "aisle-dev.stamp")]
    for stamp in stamps:
        stamp.write_text("of before")
    with pytest.raises(KeyboardInterrupt):
        bootstrap.set_up(dev=False)
    assert not any(stamp.exists() for stamp in stamps)


@pytest.mark.parametrize(
    ("code", "said"), [(errno.ENOSPC, "Free some space, and run the same"), (errno.EACCES, "Make .* readable and")]
)
def test_what_the_machine_refuses_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int, said: str
) -> None:
    def refuse(dev: bool) -> None:
        raise OSError(code, os.strerror(code), "/a/file")

    monkeypatch.setattr(bootstrap, "set_up", refuse)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["bootstrap"])
    assert bootstrap.main() == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("/a/file cannot be ")
    assert re.search(said, line)
