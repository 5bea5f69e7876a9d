"""A shop whose recs is a list in memory, and whose inference server takes everything."""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aisle.recs.v1 import release_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from trainers.datasets import Shop
from trainers.features.training import Held
from trainers.ranker import golden as ranker_golden
from trainers.release import index, inference, model_repository, publish
from trainers.release.errors import ReleaseError
from trainers.release.extract import Extract
from trainers.release.places import ROOT, Places
from trainers.two_tower import golden
from trainers.two_tower.files import GOLDEN, REPORT, SPEC

CONSOLE = Console(quiet=True)


def unheld(shop: Shop, *_: object) -> tuple[Shop, Held]:
    """What is learned from where there are no views: tests/integration/recs/test_held.py has some."""
    return shop, Held(0, 0, 0, 0, {}, 0.0)


class Recs:
    """Services, and the releases that recs knows."""

    def __init__(self, folder: Path) -> None:
        self.releases = self
        self.known: dict[int, pb.Release] = {}
        self.refuses = False
        self.called: Any = None
        self.places = Places(
            users="", catalog="", recs="", inference="", milvus="", milvus_token="", email="", password_file=folder,
            models=folder / "models", templates=ROOT / "model_repository", profile="cpu",
            releases=folder / "releases", offline=folder / "offline", features=folder / "feast",
        )  # fmt: skip

    def add(self, number: int, state: pb.Release.State.ValueType, promoted: int = 0, ranker: bool = False) -> None:
        """A release that was published; `promoted` is when, 0 for never."""
        time = Timestamp(seconds=promoted) if promoted else None
        collection = f"items_r{number}"
        self.known[number] = pb.Release(
            name=f"releases/{number}", state=state, promote_time=time, collection=collection
        )
        Index.collections.add(collection)
        folder, places = self.places.releases / str(number), self.places
        self.lay(folder, ranker)
        models = model_repository.models_of(folder)
        model_repository.install(folder, number, places.models, places.templates, "cpu", models)

    def lay(self, folder: Path, ranker: bool = False, encoders: tuple[str, ...] = ()) -> None:
        """The files of a release."""
        folder.mkdir(parents=True)
        for model in (*model_repository.MODELS, *(["ranker"] if ranker else [])):
            (folder / f"{model}.onnx").write_bytes(b"onnx")
        (folder / GOLDEN).touch()
        spec = {"dimension": 8} | ({"encoders": encoders} if encoders else {})
        (folder / SPEC).write_text(json.dumps(spec))
        (folder / REPORT).write_text('{"data_fingerprint": "f", "gates": {"parity": {}}, "features": {"histories": 1}}')
        Extract(1, 1, "1").save(folder)

    @property
    def served(self) -> set[int]:
        """Versions that lie in the model repository, of both towers."""
        found = [model_repository.numbers(self.places.models / model) for model in model_repository.MODELS]
        assert found[0] == found[1]
        return found[0]

    @property
    def rankers(self) -> set[int]:
        """Versions of the ranker that lie there."""
        return model_repository.numbers(self.places.models / model_repository.RANKER)

    def after_taking(self) -> None:
        """Between what recs does and its reply."""

    # What the trainers call.

    def metadata(self) -> tuple[()]:
        return ()

    @contextmanager
    def calling(self, *_: str) -> Iterator[None]:
        yield

    def ListReleases(self, *_: Any, **__: Any) -> pb.ListReleasesResponse:
        return pb.ListReleasesResponse(releases=[self.known[number] for number in sorted(self.known, reverse=True)])

    def CreateRelease(self, request: pb.CreateReleaseRequest, **_: Any) -> None:
        if self.refuses:
            raise ReleaseError("recs refuses")
        self.called = request
        number = int(request.release_id)
        self.known[number] = pb.Release(name=f"releases/{number}", state=pb.Release.STATE_CANDIDATE)
        self.known[number].MergeFrom(request.release)
        self.after_taking()

    def DeleteRelease(self, request: pb.DeleteReleaseRequest, **_: Any) -> None:
        del self.known[int(request.name.removeprefix("releases/"))]

    def PromoteRelease(self, request: pb.PromoteReleaseRequest, **_: Any) -> None:
        self.called = request

    def CanaryRelease(self, request: pb.CanaryReleaseRequest, **_: Any) -> None:
        self.called = request

    def RollBackRelease(self, request: pb.RollBackReleaseRequest, **_: Any) -> pb.Release:
        self.called = request
        self.after_taking()
        return pb.Release(name="releases/1")


class Index:
    """Takes every vector."""

    collections: ClassVar[set[str]] = set()

    def __init__(self, *_: object) -> None: ...

    def drop(self, collections: Collection[str]) -> list[str]:
        there = sorted(self.collections & set(collections))
        self.collections.difference_update(there)
        return there

    def fill(self, *_: object) -> int:
        return 1

    def drop_quietly(self, _: str) -> None: ...


@pytest.fixture
def recs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recs:
    monkeypatch.setattr(inference, "load", lambda *_: None)
    monkeypatch.setattr(inference, "check", lambda *_: {"user_tower": 0.0})
    monkeypatch.setattr(golden, "load", lambda _: None)
    monkeypatch.setattr(ranker_golden, "load", lambda _: None)
    monkeypatch.setattr(Index, "collections", set())
    for module in (publish, index):
        monkeypatch.setattr(module, "Index", Index)
    return Recs(tmp_path)
