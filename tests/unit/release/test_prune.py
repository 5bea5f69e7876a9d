"""Releases that nobody goes back to."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from aisle.recs.v1 import release_service_pb2 as pb
from rich.console import Console

from tests.unit.release.conftest import CONSOLE, Index, Recs
from trainers.release import __main__ as program
from trainers.release import cleared, extract, model_repository, places, prune, publish, training
from trainers.release.errors import ReleaseError

STAY = {1, 2, 4, 6, 7, 8}
Moment = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def old(recs: Recs) -> Recs:
    """1 to 8: first 3 answered, then 2, now 4, and 1 a share of the shoppers; the newest never did."""
    for number in range(1, 9):
        recs.add(number, pb.Release.STATE_CANDIDATE)
    for seconds, number in enumerate((3, 2, 4), start=1):
        recs.known[number].state = pb.Release.STATE_RETIRED
        recs.known[number].promote_time.FromSeconds(seconds)
    recs.known[4].state, recs.known[1].state = pb.Release.STATE_PROMOTED, pb.Release.STATE_CANARY
    return recs


def left(recs: Recs) -> set[int]:
    """Releases with files, which are those with vectors."""
    folders = model_repository.numbers(recs.places.releases)
    assert {f"items_r{number}" for number in folders} == Index.collections
    assert not list(recs.places.releases.glob(".dropped-*"))
    return folders


def test_what_answers_the_way_back_and_the_newest_stay(old: Recs) -> None:
    assert prune.prune(old, old.places, 3, CONSOLE) == [3, 5]  # type: ignore[arg-type]
    assert left(old) == old.served == set(old.known) == STAY
    assert prune.prune(old, old.places, 3, CONSOLE) == []  # type: ignore[arg-type]


def test_how_many_of_the_newest_stay_can_be_set(old: Recs) -> None:
    assert prune.prune(old, old.places, 1, CONSOLE) == [3, 5, 6, 7]  # type: ignore[arg-type]


def test_nothing_is_dropped_where_nothing_answers(recs: Recs) -> None:
    for number in range(1, 6):
        recs.add(number, pb.Release.STATE_CANDIDATE)
    assert prune.prune(recs, recs.places, 1, CONSOLE) == []  # type: ignore[arg-type]
    assert left(recs) == {1, 2, 3, 4, 5}


def test_the_way_back_is_that_of_recs_also_where_another_was_promoted_later(recs: Recs) -> None:
    """3 was promoted after 2, and a canary when what was promoted after both was taken back."""
    for number, state in enumerate(("RETIRED", "PROMOTED", "RETIRED", "CANDIDATE"), start=1):
        recs.add(number, pb.Release.State.Value(f"STATE_{state}"), number if state != "CANDIDATE" else 0)
    assert prune.prune(recs, recs.places, 1, CONSOLE) == [3]  # type: ignore[arg-type]
    assert left(recs) == {1, 2, 4}


def test_the_vector_server_is_not_asked_where_there_is_nothing_to_drop(
    old: Recs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Index, "drop", die)
    assert prune.prune(old, old.places, 8, CONSOLE) == []  # type: ignore[arg-type]
    assert left(old) == set(range(1, 9))


@pytest.fixture
def pruned(old: Recs, monkeypatch: pytest.MonkeyPatch) -> tuple[Recs, list[int]]:
    """3 and 5 were dropped, which recs knows nothing of any more; and a list of how often Milvus was asked since."""
    prune.prune(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    assert left(old) == STAY
    asked: list[int] = []
    drop = Index.drop

    def count(self: Index, collections: set[str]) -> list[str]:
        asked.append(len(collections))
        return drop(self, collections)

    monkeypatch.setattr(Index, "drop", count)
    return old, asked


def again(recs: Recs, newest: int = 3) -> None:
    prune.prune(recs, recs.places, newest, CONSOLE)  # type: ignore[arg-type]


def test_the_vector_server_is_not_asked_again_for_what_it_does_not_have(pruned: tuple[Recs, list[int]]) -> None:
    recs, asked = pruned
    again(recs)
    again(recs)
    assert asked == []
    again(recs, 2)
    assert asked == [3], "6 as well, which is dropped"
    again(recs, 2)
    assert asked == [3]


def a_week_later(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    now = time.time()
    patch.setattr(time, "time", lambda: now + cleared.TRUSTED_S + 1)


def a_clock_set_back(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    now = time.time()
    patch.setattr(time, "time", lambda: now - 10)


def another_milvus(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    recs.places = replace(recs.places, milvus="http://elsewhere")


def published(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    """Where recs was made anew, a number comes again: the collection of this one is written by hand below."""
    recs.lay(recs.places.candidate)
    number = publish.publish(recs, recs.places, CONSOLE)  # type: ignore[arg-type]
    Index.collections.add(f"items_r{number}")


def its_files_are_there(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    (recs.places.releases / "5").mkdir()


def damaged(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    (recs.places.releases / cleared.FILE).write_text('{"mil')


def something_else(recs: Recs, patch: pytest.MonkeyPatch) -> None:
    (recs.places.releases / cleared.FILE).write_text(json.dumps({"milvus": recs.places.milvus}))


@pytest.mark.parametrize(
    "why", [a_week_later, a_clock_set_back, another_milvus, published, its_files_are_there, damaged, something_else]
)
def test_a_collection_that_may_have_come_back_is_asked_for(
    pruned: tuple[Recs, list[int]], why: Callable[[Recs, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    recs, asked = pruned
    why(recs, monkeypatch)
    Index.collections.add("items_r5")
    again(recs)
    assert asked
    assert "items_r5" not in Index.collections
    times = len(asked)
    again(recs)
    assert len(asked) == times


def test_what_was_not_dropped_is_asked_for_again(old: Recs, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Index, "drop", die)
        with pytest.raises(Killed):
            again(old)
    again(old)
    assert left(old) == STAY


def test_what_trains_and_publishes_is_not_loaded_to_prune() -> None:
    """Each of them takes seconds to import."""
    heavy = {"torch", "onnxruntime", "pandas", "pymilvus", "scipy", "mlflow", "feast"}
    code = f"import sys, trainers.release.__main__; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=places.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_vectors_that_a_release_shares_with_one_that_stays_are_not_dropped(old: Recs) -> None:
    old.known[4].collection = "items_r3"
    prune.prune(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    assert "items_r3" in Index.collections


def test_what_is_no_registered_release_stays(old: Recs) -> None:
    old.lay(old.places.candidate)
    old.lay(old.places.releases / "77")
    prune.prune(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    assert old.places.candidate.is_dir()
    assert (old.places.releases / "77").is_dir()


def test_what_was_deleted_by_hand_is_dropped_and_what_is_being_published_stays(old: Recs) -> None:
    told = Console(record=True, width=200)
    old.add(9, pb.Release.STATE_CANDIDATE)
    del old.known[5], old.known[9]
    Index.collections.add("another_shop")
    assert prune.prune(old, old.places, 8, told) == []  # type: ignore[arg-type]
    assert "what was left of 5\n" in told.export_text()
    Index.collections.remove("another_shop")
    assert left(old) == old.served == {1, 2, 3, 4, 6, 7, 8, 9}
    prune.prune(old, old.places, 8, told)  # type: ignore[arg-type]
    assert "what was left" not in told.export_text()


def test_what_another_folder_of_releases_publishes_stays_though_a_higher_number_was_registered_meanwhile(
    old: Recs,
) -> None:
    now = int(time.time())
    for number, age_s in ((9, 0), (10, 10)):
        old.add(number, pb.Release.STATE_CANDIDATE)
        old.known[number].create_time.seconds = now - age_s
    del old.known[9], old.known[5]  # 9 is not registered yet, 5 was deleted by hand
    prune.prune(old, old.places, 9, CONSOLE)  # type: ignore[arg-type]
    assert left(old) == {1, 2, 3, 4, 6, 7, 8, 9, 10}
    old.known[10].create_time.seconds = now - int(prune.PUBLISHING_S) - 10
    prune.prune(old, old.places, 9, CONSOLE)  # type: ignore[arg-type]
    assert left(old) == {1, 2, 3, 4, 6, 7, 8, 10}, "by now that has come to nothing"


def test_vectors_of_a_number_that_is_forgotten_stay_where_a_release_uses_them(old: Recs) -> None:
    old.known[4].collection = "items_r5"
    del old.known[5]
    prune.prune(old, old.places, 8, CONSOLE)  # type: ignore[arg-type]
    assert "items_r5" in Index.collections


class Killed(BaseException):
    """What a test ends the program with."""


def test_what_is_done_is_said_also_where_it_is_nothing(old: Recs) -> None:
    told = Console(record=True, width=200)
    prune.prune(old, old.places, 3, told)  # type: ignore[arg-type]
    assert told.export_text() == "dropped, as nobody goes back to them: the releases 3, 5\n"
    prune.prune(old, old.places, 3, told)  # type: ignore[arg-type]
    assert told.export_text() == ("nothing to drop: what there is answers, is the way back, or is among the newest 3\n")
    for release in old.known.values():
        release.state = pb.Release.STATE_CANDIDATE
    prune.prune(old, old.places, 3, told)  # type: ignore[arg-type]
    assert told.export_text() == "nothing is dropped while no release is promoted\n"


def die(*_: object, **__: object) -> None:
    raise Killed


def at_the_folder(patch: pytest.MonkeyPatch) -> None:
    def rename(self: Path, target: Path) -> None:
        real(self, target)
        raise Killed

    real = Path.rename
    patch.setattr(Path, "rename", rename)


def at_the_models(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(model_repository, "keep", die)


def at_the_vectors(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Index, "drop", die)


def after_one_collection(patch: pytest.MonkeyPatch) -> None:
    def drop(*_: object) -> None:
        Index.collections.discard("items_r3")
        raise Killed

    patch.setattr(Index, "drop", drop)


def at_the_files(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prune.shutil, "rmtree", lambda folder, **_: None if "ignore_errors" in _ else die())


def before_recs_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recs, "DeleteRelease", die)


MOMENTS = [at_the_folder, at_the_models, at_the_vectors, after_one_collection, at_the_files, before_recs_is_told]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_in_between_leaves_nothing_that_can_answer_without_its_vectors(
    old: Recs, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        moment(patch)
        with pytest.raises(Killed):
            prune.prune(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    for number in old.known:
        if f"items_r{number}" not in Index.collections:
            assert number not in old.served
            assert not (old.places.releases / str(number)).exists(), "its towers cannot be laid out again"
    assert {f"items_r{number}" for number in STAY} <= Index.collections
    prune.prune(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    assert left(old) == old.served == set(old.known) == STAY


def test_the_way_back_to_a_release_that_was_dropped_is_refused_with_a_sentence(old: Recs) -> None:
    third = old.known[3]
    prune.prune(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    said = "Release 3 cannot answer any more: it was dropped, as old ones are"
    with pytest.raises(ReleaseError, match=said):
        publish.promote(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    old.known[3] = third  # as where the program was killed before it told recs
    with pytest.raises(ReleaseError, match=said):
        publish.promote(old, old.places, 3, CONSOLE)  # type: ignore[arg-type]
    old.known[4].state, old.known[2].state = pb.Release.STATE_CANDIDATE, pb.Release.STATE_PROMOTED  # 4 was taken back
    with pytest.raises(ReleaseError, match=said):
        publish.roll_back(old, old.places, CONSOLE)  # type: ignore[arg-type]
    assert old.called is None


@pytest.fixture
def shop(old: Recs, monkeypatch: pytest.MonkeyPatch) -> Recs:
    """Reached by the program, and without a canary; there is a candidate."""
    monkeypatch.setattr(places, "from_flags", lambda _: old.places)
    monkeypatch.setattr(program, "Services", lambda _: nullcontext(old))
    monkeypatch.setattr(program, "_probes", lambda *_: ())
    monkeypatch.setattr(training, "train", lambda *_: None)
    monkeypatch.setattr(extract, "extract", lambda *_: extract.Extract(1, 1, "1"))
    old.known[1].state = pb.Release.STATE_CANDIDATE
    old.lay(old.places.candidate)
    return old


@pytest.mark.parametrize(
    ("command", "stay"), [("prune", {2, 4, 7, 8}), ("all", {2, 4, 8, 9}), ("retrain", {2, 4, 8, 9})]
)
def test_it_is_a_command_and_the_end_of_those_that_promote(shop: Recs, command: str, stay: set[int]) -> None:
    assert program.main([command, "--keep", "2"]) == 0
    assert model_repository.numbers(shop.places.releases) == stay


@pytest.mark.parametrize("kind", [ReleaseError, PermissionError])
@pytest.mark.parametrize(("command", "code"), [("prune", program.FAILED), ("retrain", 0)])
def test_what_was_trained_answers_also_where_old_ones_cannot_be_dropped(
    shop: Recs,
    command: str,
    code: int,
    kind: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise kind("old item vectors stay")

    monkeypatch.setattr(Index, "drop", refuse)
    assert program.main([command, "--keep", "2"]) == code
    printed = " ".join(capsys.readouterr().out.split())
    assert "old item vectors stay" in printed
    assert ("Old releases stay until the next time" in printed) == (command == "retrain")
