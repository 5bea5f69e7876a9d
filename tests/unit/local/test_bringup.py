from pathlib import Path

import pytest

from local import bringup, up
from local.bringup import MOST_STARTS, CrashLoops
from local.credentials import ensure
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh, Part
from local.settings import MeshSettings
from local.supervision import ProcessInfo, Program, Supervisor


def info(started: int, state: str = "RUNNING") -> ProcessInfo:
    return ProcessInfo("recs", state, 4711, started, "")


def test_a_process_that_starts_again_and_again_is_found() -> None:
    loops = CrashLoops()
    for start in range(1, MOST_STARTS + 1):
        assert not loops.looping("recs")
        assert loops.saw(info(start))
    assert loops.looping("recs")


def test_a_process_that_was_healthy_in_between_is_forgiven() -> None:
    loops = CrashLoops()
    for start in range(1, 20):
        loops.saw(info(start))
        loops.healthy("recs", start)
    assert not loops.looping("recs")


def test_one_start_counts_once_however_often_it_is_seen() -> None:
    loops = CrashLoops()
    assert [loops.saw(info(7)) for _ in range(5)] == [True, False, False, False, False]


def test_a_process_that_was_not_started_yet_counts_for_nothing() -> None:
    loops = CrashLoops()
    assert not loops.saw(info(0, "STOPPED"))


class Restarting(Supervisor):
    """A process manager whose one process was started anew at every look at it, until the mesh is stopped."""

    def __init__(self, looks: int) -> None:
        self._starts = iter(range(1, looks + 1))

    def processes(self) -> list[ProcessInfo]:
        return [info(start) for start in [next(self._starts, 0)] if start]

    def pid(self) -> int:
        return 4710


async def _sick() -> None:
    raise ConnectionError


def test_a_process_that_crash_loops_is_said_once_and_does_not_stop_a_shop_that_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bringup, "WATCH_S", 0)
    part = Part(Program("recs", ("recs",)), _sick, "127.0.0.1:1")
    bringup.stay(MeshSettings(data=tmp_path), Restarting(3 * MOST_STARTS), [part])
    shown = capsys.readouterr().out
    assert shown.count("recs ends again and again") == 1
    assert shown.count("was started again") == MOST_STARTS - 1


class Replaced(Supervisor):
    """A process manager that somebody stopped, and started anew at once."""

    def __init__(self) -> None:
        self._pids = iter([1, 1, 2, 2, 2])
        self._looks = iter(range(3))

    def processes(self) -> list[ProcessInfo]:
        return [] if next(self._looks, None) is None else [info(1)]

    def pid(self) -> int:
        return next(self._pids)


@pytest.mark.parametrize(("before", "now", "another"), [(1, 2, True), (1, 1, False), (1, 0, False), (0, 2, False)])
def test_a_process_manager_that_does_not_answer_is_no_other_one(before: int, now: int, another: bool) -> None:
    assert bringup.is_another(before, now) == another


def test_a_shop_that_was_started_again_from_elsewhere_is_not_stopped_by_who_started_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = MeshSettings(port=59436, data=tmp_path)
    ports = choose(settings, None)
    mesh = Mesh(settings, ports, ensure(settings.secrets), Postgres(tmp_path / "postgres", ports.postgres, None))
    stopped: list[MeshSettings] = []
    monkeypatch.setattr(up, "_stop", stopped.append)
    up._stay_until_stopped(mesh, Replaced())
    assert stopped == []
    assert "goes on: `make down` stops it" in capsys.readouterr().out
