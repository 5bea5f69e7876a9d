import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from local import bootstrap
from local.settings import ROOT


class Disk(NamedTuple):
    """What `shutil.disk_usage` says, in bytes."""

    free: int


TARGETS = [
    *("setup", "up", "down", "status", "logs", "test", "test-fast"),
    *("retrain", "lint", "gen", "bench", "bench-checkout", "bench-quality", "help"),
]
# Folders of tests, and the mark that theirs have.
KINDS = {"unit": "", "contract": "", "gateway": "", "chaos": "mesh", "bench": "bench"}


def test_help_names_every_target() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert sorted(re.findall(r"make ([a-z-]+)\s*\x1b", shown)) == sorted(TARGETS)


def make_test(folder: Path, *arguments: str) -> int:
    """Runs `make test` on the tests of a folder, where nothing is to be set up; returns its exit status."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / ".venv" / "bin" / "python").chmod(0o755)
    (folder / "local").mkdir()
    (folder / "local" / "bootstrap.py").touch()
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  mesh\n  bench\n")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "MAKE", "ARGS"))}
    variables |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin"}  # others take seconds
    variables["PYTEST_XDIST_AUTO_NUM_WORKERS"] = "1"  # each takes a second to start
    command = ["make", "-f", ROOT / "Makefile", "test", *arguments]
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, check=False).returncode


def write_tests(folder: Path, failing: str) -> None:
    """Writes a test for each kind, which leaves its name in `ran`; one fails."""
    for place, mark in KINDS.items():
        path = folder / "tests" / place / f"test_{place}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        marked = f"import pytest\n\npytestmark = pytest.mark.{mark}\n" if mark else ""
        told = f"    with open({str(folder / 'ran')!r}, 'a') as ran:\n        ran.write('{place}\\n')\n"
        path.write_text(f"{marked}def test_it():\n{told}    assert {place != failing}\n")


@pytest.mark.parametrize("failing", ["", "unit", "chaos"])
def test_every_test_runs_once_and_each_failure_counts(tmp_path: Path, failing: str) -> None:
    write_tests(tmp_path, failing)
    assert (make_test(tmp_path) == 0) == (failing == "")
    assert sorted((tmp_path / "ran").read_text().split()) == sorted(set(KINDS) - {"bench"})


@pytest.mark.parametrize("failing", ["", "chaos"])
def test_arguments_choose_what_runs(tmp_path: Path, failing: str) -> None:
    write_tests(tmp_path, failing)
    assert (make_test(tmp_path, "ARGS=tests/chaos tests/unit") == 0) == (failing == "")
    assert sorted((tmp_path / "ran").read_text().split()) == ["chaos", "unit"]


def test_setup_does_nothing_the_second_time() -> None:
    command = [sys.executable, "local/bootstrap.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_another_requirement_asks_for_another_setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    (tmp_path / "requirements").mkdir()
    requirement = tmp_path / "requirements" / "services.txt"
    requirement.write_text("grpcio==1.85.0\n")
    before = bootstrap.fingerprint(("services.txt",))
    requirement.write_text("grpcio==1.85.1\n")
    assert bootstrap.fingerprint(("services.txt",)) != before


@pytest.mark.parametrize(
    ("python", "place", "kept"),
    [(sys.executable, "", True), (sys.executable, "elsewhere", False), ("/nowhere/python", "", False)],
)
def test_an_environment_that_does_not_work_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str, place: str, kept: bool
) -> None:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(python)
    (venv / "pyvenv.cfg").write_text(f"command = python3 -m venv {tmp_path / place / '.venv'}\n")
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(bootstrap, "run", lambda command, hint: None)
    bootstrap.make_environment(sys.executable)
    assert (venv / "bin").exists() == kept


@pytest.mark.parametrize("free", [bootstrap.NEEDED_BYTES - 1, bootstrap.NEEDED_BYTES])
def test_a_disk_without_room_for_the_environment_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr("shutil.disk_usage", lambda place: Disk(free) if place == bootstrap.ROOT else None)
    steps: list[str] = []
    monkeypatch.setattr(bootstrap, "step", lambda title, work: steps.append(title))
    monkeypatch.setattr(bootstrap, "write_path_file", lambda: None)
    if free >= bootstrap.NEEDED_BYTES:
        bootstrap.install(sys.executable, dev=False)
        assert steps
        return
    with pytest.raises(bootstrap.SetupError, match=r"has 5\.0 GB free and the environment needs 5\. .*larger disk\."):
        bootstrap.install(sys.executable, dev=False)
    assert steps == [], "nothing was begun"


def test_a_disk_without_room_for_the_real_milvus_gets_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "alone", lambda folder: None)  # the lock would stay with this process
    monkeypatch.setattr(bootstrap, "MILVUS", tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda place: Disk(bootstrap.MILVUS_BYTES - 1))
    with pytest.raises(bootstrap.SetupError, match="has less than 512 MB free, which the real Milvus needs"):
        bootstrap.set_up_milvus()


def test_an_old_interpreter_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(bootstrap.SetupError, match=r"3\.11 or newer.*is 3\.9.*make up PYTHON="):
        bootstrap.usable_interpreter()
