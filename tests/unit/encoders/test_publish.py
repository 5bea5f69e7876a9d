"""Which encoders are needed while collections are built with new ones."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aisle.recs.v1 import release_service_pb2 as recs_pb
from aisle.search.v1 import search_release_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from trainers.encoders import candidate, publish, server
from trainers.encoders.places import Places
from trainers.encoders.shop import Shop
from trainers.release import registry
from trainers.release.errors import ReleaseError, Unavailable

State = pb.SearchRelease.State
NEVER = 0


def release(number: int, state: str, promoted: int, ready: int) -> pb.SearchRelease:
    return pb.SearchRelease(
        name=f"searchReleases/{number}",
        state=State.Value(f"STATE_{state}"),
        promote_time=Timestamp(seconds=promoted) if promoted else None,
        ready_time=Timestamp(seconds=ready) if ready else None,
    )


CASES = {
    "nothing is promoted": ([release(1, "CANDIDATE", NEVER, NEVER)], set()),
    "the first is built": ([release(1, "PROMOTED", 10, NEVER)], {1}),
    "one answers": ([release(1, "RETIRED", 10, 11), release(2, "PROMOTED", 20, 21)], {2}),
    "1 answers while 2 is built": ([release(1, "RETIRED", 10, 11), release(2, "PROMOTED", 20, NEVER)], {1, 2}),
    "3 was promoted before 2 was ready": (
        [release(1, "RETIRED", 10, 11), release(2, "RETIRED", 20, NEVER), release(3, "PROMOTED", 30, NEVER)],
        {1, 3},
    ),
    "2 answers while 1 is built again": ([release(1, "PROMOTED", 30, 11), release(2, "RETIRED", 20, 21)], {1, 2}),
    "1 or 2 answers while 3 is built": (
        [release(1, "RETIRED", 30, 11), release(2, "RETIRED", 20, 21), release(3, "PROMOTED", 40, NEVER)],
        {1, 2, 3},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_answers_is_needed_until_the_promoted_release_is_ready(name: str) -> None:
    known, needed = CASES[name]
    assert publish.answering(known) == needed


def test_encoders_stay_whose_vectors_the_towers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    takes = '{"encoders": [{"model": "sentence", "version": "%d", "dimension": 8}]}'
    known = [
        recs_pb.Release(name="releases/3", state=recs_pb.Release.STATE_CANARY, feature_spec=takes % 5),
        recs_pb.Release(name="releases/2", state=recs_pb.Release.STATE_PROMOTED, feature_spec="{}"),
        recs_pb.Release(name="releases/1", state=recs_pb.Release.STATE_RETIRED, feature_spec=takes % 4),
    ]
    monkeypatch.setattr(registry, "releases", lambda _: known)
    assert publish.taken_by_towers(cast(Shop, None)) == {5}


def test_the_encoders_of_the_promoted_release_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [release(2, "PROMOTED", 20, NEVER), release(1, "RETIRED", 10, 11)]
    known[0].encoder_spec, known[1].encoder_spec = '{"encoders": {"sentence": {}}}', '{"encoders": {"clip_image": {}}}'
    monkeypatch.setattr(publish, "releases", lambda shop: known)
    assert publish.promoted(None) == {"sentence"}  # type: ignore[arg-type]
    known[0].state = State.STATE_CANDIDATE
    assert publish.promoted(None) == set()  # type: ignore[arg-type]


def test_nothing_is_taken_away_while_recs_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for version in ("sentence/3", "sentence/4", "clip_image/4"):
        (tmp_path / version).mkdir(parents=True)

    def away(_: object) -> list[recs_pb.Release]:
        raise ReleaseError("Listing releases: nothing answers at 127.0.0.1:1.")

    monkeypatch.setattr(registry, "releases", away)
    places = SimpleNamespace(running=SimpleNamespace(models=tmp_path))
    told = Console(record=True, width=200)
    assert publish._needed(cast(Shop, None), cast(Places, places), [], told) == {3, 4}
    assert "no encoder is taken off" in told.export_text()


@pytest.mark.parametrize("committed", [True, False])
def test_encoders_that_search_has_stay_though_its_reply_is_lost(
    committed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known: list[pb.SearchRelease] = []
    removed: list[str] = []
    (tmp_path / candidate.REPORT).write_text("{}")

    def create(request: pb.CreateSearchReleaseRequest, **_: object) -> None:
        if committed:
            known.append(pb.SearchRelease(name=f"searchReleases/{request.search_release_id}"))
            known[0].MergeFrom(request.search_release)
        raise Unavailable("Registering: nothing answers.")

    def install(*arguments: Any) -> None:
        arguments[-1].callback(removed.append, "models")

    for name, value in {"releases": lambda _: known, "_needed": lambda *_: set(), "_install": install}.items():
        monkeypatch.setattr(publish, name, value)
    monkeypatch.setattr(publish, "_folder", lambda *_: tmp_path)
    monkeypatch.setattr(candidate, "read", lambda _: {"encoders": {"sentence": {}}})
    monkeypatch.setattr(server, "check", lambda *_: {})
    stub = SimpleNamespace(CreateSearchRelease=create)
    shop = SimpleNamespace(search_releases=stub, calling=lambda *_: nullcontext(), metadata=tuple)
    places = SimpleNamespace(running=SimpleNamespace(models=tmp_path / "models", inference=""), releases=tmp_path)
    with nullcontext() if committed else pytest.raises(Unavailable):
        assert publish.publish(cast(Shop, shop), cast(Places, places), tmp_path, Console(quiet=True)) == 1
    assert removed == ([] if committed else ["models"])
