"""Between training and publishing."""

import threading
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.release.conftest import CONSOLE
from trainers.release.errors import Overtaken, ReleaseError, Unavailable
from trainers.release.locks import changing
from trainers.release.steps import Program, wait

STEPS = ("extract", "train", "publish", "promote")


def comes_back(after: int) -> tuple[Callable[[], None], list[int]]:
    """A part that answers after so many questions, and how often it was asked."""
    asked: list[int] = []

    def probe() -> None:
        asked.append(1)
        if len(asked) <= after:
            raise Unavailable("search is down.")

    return probe, asked


def program(folder: Path, *arguments: str, steps: tuple[str, ...] = STEPS) -> Program:
    return Program("trainers.clip", arguments or ("all",), steps, folder, CONSOLE)


def refused(of: Program, step: str, error: Exception) -> str:
    """What is said where the step fails."""
    with pytest.raises(ReleaseError) as caught, of.running(step, ()):
        raise error
    return str(caught.value)


def test_a_part_that_starts_again_is_waited_for() -> None:
    (first, often), (second, once) = comes_back(1), comes_back(0)
    wait([first, second], patience_s=20)
    assert (len(often), len(once)) == (2, 1)


def test_a_part_that_stays_away_is_named() -> None:
    probe, asked = comes_back(99)
    with pytest.raises(Unavailable, match="search is down"):
        wait([probe], patience_s=0.5)
    assert len(asked) > 1


def test_a_part_that_refuses_is_not_asked_again() -> None:
    def probe() -> None:
        raise ReleaseError("The log-in is refused.")

    with pytest.raises(ReleaseError, match="refused"):
        wait([probe], patience_s=20)


def test_only_what_was_trained_in_the_same_run_waits(tmp_path: Path) -> None:
    for step, steps, times in (("publish", STEPS, 1), ("publish", ("publish",), 0), ("train", STEPS, 0)):
        probe, asked = comes_back(0)
        with program(tmp_path, steps=steps).running(step, [probe]):
            assert len(asked) == times


@pytest.mark.parametrize(
    ("arguments", "step", "commands"),
    [
        (("all",), "publish", "{} publish, then {} promote"),
        (("all", "--gateway", "http://a b"), "promote", "{} promote --gateway 'http://a b'"),
        (("--data", "x", "retrain", "--every", "24"), "promote", "{} --data x promote"),
    ],
)
@pytest.mark.parametrize("error", [ReleaseError("search is down."), OSError("search is down.")])
def test_what_was_trained_goes_on_by_commands_of_the_same_places(
    tmp_path: Path,
    arguments: tuple[str, ...],
    step: str,
    commands: str,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AISLE_DATA", raising=False)
    said = commands.replace("{}", "python -m trainers.clip")
    found = refused(program(tmp_path, *arguments), step, error)
    assert found == f"search is down. What was trained is kept and goes on with: {said}"


def test_the_data_folder_of_the_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_DATA", "/shop")
    assert refused(program(tmp_path), "promote", ReleaseError("No.")).endswith("trainers.clip promote --data /shop")
    assert refused(program(tmp_path, "all", "--data=/b"), "promote", ReleaseError("No.")).endswith("promote --data=/b")


@pytest.mark.parametrize(
    ("step", "steps", "error"),
    [
        ("train", STEPS, ReleaseError("No.")),
        ("publish", ("publish",), ReleaseError("No.")),
        ("promote", STEPS, Overtaken("No.")),
    ],
)
def test_where_nothing_goes_on_nothing_is_added(
    tmp_path: Path, step: str, steps: tuple[str, ...], error: ReleaseError
) -> None:
    assert refused(program(tmp_path, steps=steps), step, error) == "No."


@pytest.mark.parametrize("step", ["publish", "promote", "canary", "rollback"])
def test_one_change_of_what_answers_at_a_time(tmp_path: Path, step: str) -> None:
    began = threading.Event()

    def change() -> None:
        with program(tmp_path, steps=(step,)).running(step, ()):
            began.set()

    other = threading.Thread(target=change)
    with changing(tmp_path, CONSOLE):
        other.start()
        assert not began.wait(0.6)
    assert began.wait(20)
    other.join()


@pytest.mark.parametrize("step", ["extract", "train"])
def test_training_waits_for_no_change(tmp_path: Path, step: str) -> None:
    with changing(tmp_path, CONSOLE), program(tmp_path).running(step, ()):
        pass


def test_who_waits_is_told_so_and_not_for_ever(tmp_path: Path) -> None:
    said = Console(file=StringIO())
    impatient = changing(tmp_path, said, 0.3)
    with changing(tmp_path, CONSOLE), pytest.raises(ReleaseError, match=r"for more than 0\.3 s"), impatient:
        pass
    assert "this waits for it" in said.file.getvalue()  # type: ignore[attr-defined]
