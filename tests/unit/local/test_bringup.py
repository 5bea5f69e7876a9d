from local.bringup import MOST_STARTS, CrashLoops
from local.supervision import ProcessInfo


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
