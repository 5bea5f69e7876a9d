"""Vectors of products: kept beside them, and brought to the towers that take them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from aisle.recs.v1 import release_service_pb2 as recs_pb
from aisle.search.v1 import search_release_service_pb2 as pb

from tests.unit.release.conftest import CONSOLE, Recs, unheld
from trainers import datasets
from trainers.encoders.runtime import Vectors
from trainers.ranker import build as ranker
from trainers.release import __main__ as program
from trainers.release import encoding, features, retrain, training
from trainers.release.errors import ReleaseError
from trainers.release.extract import Extract
from trainers.release.publish import MANIFEST
from trainers.release.retrain import News
from trainers.two_tower.build import Built


class Encoder:
    """The length of a content, and what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, contents: Sequence[str]) -> Mapping[str, Vectors]:
        self.asked = list(contents)
        return {content: np.full(2, len(content), np.float32) for content in contents if content != "gone"}


def test_what_was_computed_before_is_not_computed_again(tmp_path: Path) -> None:
    encode, file = Encoder(), tmp_path / "vectors" / "sentence-3.npz"
    first = encoding._kept(file, ["a", "bb", "a", ""], 2, encode)
    assert first.tolist() == [[1, 1], [2, 2], [1, 1], [0, 0]]
    assert encode.asked == ["a", "bb"]
    second = encoding._kept(file, ["bb", "ccc", "gone"], 2, encode)
    assert second.tolist() == [[2, 2], [3, 3], [0, 0]]
    assert encode.asked == ["ccc", "gone"]
    with np.load(file) as kept:
        assert len(kept["keys"]) == 2, "what no product has any more is not kept"


def test_a_shop_without_anything_to_encode_has_vectors_all_the_same(tmp_path: Path) -> None:
    assert encoding._kept(tmp_path / "clip_image-3.npz", ["", ""], 2, Encoder()).tolist() == [[0, 0], [0, 0]]
    assert encoding._kept(tmp_path / "clip_image-3.npz", [""], 2, Encoder()).tolist() == [[0, 0]]


def test_an_encoder_that_cannot_be_shown_products_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program._parse(["train", "--encoders", "clip_text"])
    assert "clip_text" in capsys.readouterr().err


@pytest.fixture
def extracted(recs: Recs) -> Recs:
    """A shop of two products that was extracted; release 4 answers, whose towers take vectors of an older encoder."""
    offline = recs.places.offline
    offline.mkdir()
    parquet.write_table(pa.table({"id": ["a", "b"], "title": ["A", "B"]}), offline / "products.parquet")
    events = {"user": ["u"], "product": ["a"], "kind": ["view"], "time": [1.0]}
    parquet.write_table(pa.table(events), offline / "events.parquet")
    stated = {"id": ["users/u"], "preferred_categories": [["c"]], "preferred_since": [0.5]}
    parquet.write_table(pa.table(stated), offline / "users.parquet")
    Extract(2, 1, "1").save(offline)
    recs.add(4, recs_pb.Release.STATE_PROMOTED)
    return recs


@pytest.mark.parametrize("named", [(), ("clip_image", "sentence")])
def test_new_towers_and_the_incumbent_each_get_the_vectors_of_their_own_encoders(
    extracted: Recs, monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]
) -> None:
    got: dict[str, Any] = {}
    older = (datasets.Encoder("clip_image", "2", 3),)

    def built(shop: datasets.Shop, config: Any, folder: Path, *_: object, **__: object) -> Built:
        folder.mkdir(parents=True)
        got["new"] = config.encoders, tuple(shop.products.vectors)
        got["said"] = shop.preferred("users/u", 1.0), shop.preferred("users/u", 0.5)
        return Built(folder, None, {}, None, None)  # type: ignore[arg-type]

    def incumbent(shop: datasets.Shop, *_: object) -> Any:
        got["incumbent"] = tuple(shop.products.vectors)
        return retrain.Incumbent(None, 0.0)  # type: ignore[arg-type]

    def made(_: object, __: Path, encoders: Sequence[datasets.Encoder]) -> dict[datasets.Encoder, Vectors]:
        return {encoder: np.ones((2, encoder.dimension), np.float32) for encoder in encoders}

    monkeypatch.setattr(training, "build", built)
    monkeypatch.setattr(features, "held", unheld)
    monkeypatch.setattr(ranker, "add", lambda *_: None)
    monkeypatch.setattr(retrain, "news", lambda *_: News(4, 0.0, 1000, 0.0))
    monkeypatch.setattr(retrain, "encoders", lambda _: older)
    monkeypatch.setattr(retrain, "incumbent", incumbent)
    monkeypatch.setattr(encoding, "vectors", made)
    monkeypatch.setattr(encoding, "released", lambda _, models: tuple(datasets.Encoder(m, "5", 4) for m in models))
    options = program._parse(["retrain", *(["--encoders", *named] if named else [])])
    training.train(extracted, extracted.places, options, "a test", CONSOLE)  # type: ignore[arg-type]
    assert got["new"] == (named, tuple(datasets.Encoder(model, "5", 4) for model in named))
    assert got["incumbent"] == older
    assert got["said"] == (("c",), ()), "what shoppers say that they like is known from then on"


def test_towers_of_another_release_of_that_number_are_not_what_new_ones_are_compared_with(
    extracted: Recs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "held", unheld)
    extracted.known[4].data_fingerprint = "ours"
    (extracted.places.releases / "4" / MANIFEST).write_text('{"data_fingerprint": "of another shop"}')
    with pytest.raises(ReleaseError, match="another release 4 than the one that recs knows"):
        training.train(
            extracted,  # type: ignore[arg-type]
            extracted.places,
            program._parse(["retrain"]),
            "a test",
            CONSOLE,
        )


@pytest.mark.parametrize(
    ("promoted", "said"),
    [([], "no encoders yet.*trainers.clip all"), ([3], "release 3 has no encoder clip_image.*trainers.clip all")],
)
def test_encoders_that_are_not_there_are_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, promoted: list[int], said: str
) -> None:
    known = [pb.SearchRelease(name=f"searchReleases/{n}", state=pb.SearchRelease.STATE_PROMOTED) for n in promoted]
    monkeypatch.setattr(encoding.publish, "releases", lambda _: known)
    shop = [f"--{name}=127.0.0.1:9" for name in ("users", "catalog", "recs", "inference", "search", "milvus")]
    options = program._parse(["train", f"--data={tmp_path}", *shop, "--encoders", "clip_image"])
    with pytest.raises(ReleaseError, match=said):
        encoding.released(options, options.encoders)
