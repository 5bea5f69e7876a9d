"""The towers of a release beside those that are to follow it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.two_tower.conftest import QUICK, SHOP, console
from trainers.datasets import DataError, Events, Shop
from trainers.evaluation.protocols import Queries, split_since
from trainers.evaluation.recommender import Scores
from trainers.release import retrain
from trainers.release.extract import Extract
from trainers.two_tower.build import Built, Incumbent, build
from trainers.two_tower.errors import Refused
from trainers.two_tower.exported import Exported
from trainers.two_tower.recommender import TwoTower, scorer

pytestmark = pytest.mark.slow

MIDDLE = float(np.median(SHOP.events.time))


@dataclass
class Oracle:
    """Knows what will be chosen: no model can be better."""

    name: str = "release 1"

    def fit(self, train: Shop, events: Events, validation: Queries) -> None: ...

    def refit(self, known: Shop) -> None: ...

    def scores(self, events: Events, queries: Queries) -> Scores:
        found = np.zeros((len(queries), len(SHOP.products)), np.float32)
        found[np.repeat(np.arange(len(queries)), np.diff(queries.offsets)), queries.relevant] = 1
        return found


def test_exported_towers_score_as_they_did_in_torch(built: Built) -> None:
    asked = split_since(SHOP.events, MIDDLE).test
    with torch.inference_mode():
        expected = scorer(built.towers, SHOP)(SHOP.events, asked)
    assert np.abs(Exported(built.folder, "release 1", SHOP).scores(SHOP.events, asked) - expected).max() < 1e-4


def test_nothing_after_the_moment_is_learned_and_all_of_it_is_asked() -> None:
    made = split_since(SHOP.events, MIDDLE)
    assert made.train.time.max() < made.validation.time.min()
    assert made.known.time.max() < MIDDLE <= made.test.time.min()
    later = SHOP.events.chosen & SHOP.events.first & (SHOP.events.time >= MIDDLE)
    assert len(made.test) == later.sum()
    with pytest.raises(DataError, match="questions are left for test"):
        split_since(SHOP.events, float(SHOP.events.time.max()) + 1)


def test_towers_that_are_worse_than_the_release_that_answers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="worse than release 1 on held-out events"):
        build(SHOP, QUICK, tmp_path, "a test", console(), incumbent=Incumbent(Oracle(), MIDDLE))
    gates = json.loads((tmp_path / "report.json").read_text())["gates"]
    assert gates["no_worse_than"]["release 1"]["high"] < 0


ASKED = np.unique(split_since(SHOP.events, MIDDLE).test.user)


class Twin(TwoTower):
    """The same towers as the new ones, but for the first shoppers, whose next choice it knows."""

    knows = 0

    def scores(self, events: Events, queries: Queries) -> Scores:
        found = super().scores(events, queries)
        known = np.isin(queries.user, ASKED[: self.knows])
        return np.where(known[:, None], Oracle().scores(events, queries), found)


def follow(folder: Path, knows: int, given_up: float) -> dict[str, float]:
    """What stands in the report of towers that follow a release."""
    twin = Twin(QUICK, name="release 1")
    twin.knows = knows
    before = Incumbent(twin, MIDDLE, given_up=given_up)
    try:
        build(SHOP, QUICK, folder, "a test", console(), incumbent=before)
    finally:
        gates = json.loads((folder / "report.json").read_text())["gates"]
    measured: dict[str, float] = gates["no_worse_than"]["release 1"]
    return measured


@pytest.mark.usefixtures("unexported")
def test_towers_that_are_as_good_follow_and_carry_what_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainers.two_tower.build.RIVAL", "random")  # what they learn so fast is not above item-kNN
    found = follow(tmp_path, knows=0, given_up=0.015)
    assert found["value"] == 0.0
    assert found["given_up"] == 0.015


def test_towers_that_are_clearly_worse_are_refused_also_where_chance_could_explain_it(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="worse than release 1 on held-out events, by more than is tolerated"):
        follow(tmp_path, knows=3, given_up=0.0)
    found = json.loads((tmp_path / "report.json").read_text())["gates"]["no_worse_than"]["release 1"]
    assert found["value"] < 0 <= found["high"]


@pytest.mark.parametrize("left_out", ["", "ranker", "gates"])
def test_a_release_is_followed_with_what_it_and_those_before_it_gave_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    """In its report; that of an earlier version of this program says nothing of it."""
    monkeypatch.setattr(retrain, "Exported", lambda *_: None)
    monkeypatch.setattr(retrain, "ExportedRelease", lambda *_: None)
    lost = {"gates": 0.01, "ranker": 0.02}
    report = {part: {"no_worse_than": {"release 6": {"given_up": lost[part]}}} for part in lost if part != left_out}
    (tmp_path / "report.json").write_text(json.dumps(report))
    found = retrain.incumbent(SHOP, retrain.News(7, 0.0, 1, MIDDLE), tmp_path)
    lost |= {left_out: 0.0}
    assert (found.given_up, found.served_given_up) == (lost["gates"], lost["ranker"])


@pytest.mark.parametrize(
    ("newest", "created", "choices"),
    [(10.0, "", 2), (None, "1970-01-01T00:00:20+00:00", 1), (100.0, "", 0)],
)
def test_news_are_first_choices_since_the_release_learned(
    tmp_path: Path, newest: float | None, created: str, choices: int
) -> None:
    Extract(1, 1, "", newest).save(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"created": created}))
    found = retrain.news(views([5.0, 15.0, 25.0, 30.0], [0, 1, 2, 1]), 7, tmp_path)
    assert (found.release, found.choices) == (7, choices)


def views(times: Sequence[float], items: Sequence[int]) -> Events:
    count = len(times)
    first = SHOP.events.where(np.arange(len(SHOP.events)) < count)
    return replace(
        first,
        users=["u"],
        user=np.zeros(count, np.int64),
        item=np.array(items, np.int64),
        kind=np.ones(count, np.int64),
        time=np.array(times),
        rating=np.full(count, np.nan),
    )
