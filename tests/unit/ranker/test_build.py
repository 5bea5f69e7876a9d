"""A release has a ranker only where held-out choices are ordered better with it."""

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from rich.console import Console

from services.recs.domain import feature_spec
from services.recs.servicer.messages import KINDS
from tests.support.shops import small_shop
from trainers.datasets import DataError, Events
from trainers.evaluation.protocols import Queries, split
from trainers.evaluation.recommender import Recommender, Scores
from trainers.ranker import build, golden
from trainers.ranker.config import Config
from trainers.ranker.exported import ExportedRelease
from trainers.ranker.recommender import BELOW
from trainers.two_tower import export, model
from trainers.two_tower.build import Built
from trainers.two_tower.config import Config as TowersConfig
from trainers.two_tower.errors import Refused
from trainers.two_tower.exported import Exported
from trainers.two_tower.files import SPEC
from trainers.two_tower.recommender import TwoTower

pytestmark = pytest.mark.slow

SHOP = small_shop(products=60, shoppers=120)
# Towers that have hardly learned: whoever counts what shoppers chose orders better than they do.
WEAK = TowersConfig(progress=False, device="cpu", max_epochs=1, learning_rate=1e-5, warm_start=False)
RANKER = Config(fewest_lists=20, candidates=30, learned_from=30)


@pytest.fixture(scope="module")
def measured() -> TwoTower:
    made, towers = split(SHOP.events, "time"), TwoTower(WEAK)
    towers.fit(replace(SHOP, events=made.train), made.events, made.validation)
    towers.refit(replace(SHOP, events=made.known))
    return towers


def add(
    measured: TwoTower,
    folder: Path,
    config: Config,
    events_file: Path | None = None,
    incumbent: Recommender | None = None,
    given_up: float = 0.0,
) -> Built:
    """The files of a release, after the ranker was tried."""
    towers = model.create(SHOP, WEAK)
    (folder / SPEC).write_text(towers.spec.to_json())
    made = Built(folder, towers, {"data_fingerprint": "f"}, measured, split(SHOP.events, "time"))
    build.add(SHOP, made, config, events_file, Console(file=io.StringIO()), incumbent, given_up)
    assert json.loads(json.dumps(made.report)) == json.loads((folder / "report.json").read_text())
    return made


def test_a_ranker_that_orders_better_is_part_of_the_release(measured: TwoTower, tmp_path: Path) -> None:
    report = add(measured, tmp_path, RANKER).report["ranker"]
    assert report["served"]
    assert report["above_towers"]["ndcg@20"]["low"] > 0
    assert report["with_ranker"]["ndcg@20"] - report["towers"]["ndcg@20"] == pytest.approx(
        report["above_towers"]["ndcg@20"]["value"]
    )
    assert golden.check_file(golden.load(tmp_path / build.GOLDEN), tmp_path / build.MODEL) < 1e-5
    spec = feature_spec.parse((tmp_path / SPEC).read_text(), KINDS)
    assert spec.ranker is not None
    assert (spec.dimension, spec.ranker.candidates) == (WEAK.dimension, 30)


def test_a_release_is_measured_beside_what_is_served(measured: TwoTower, tmp_path: Path) -> None:
    """The files of a release with a ranker score as the model does that they were written from; towers alone that are
    to follow it are refused."""
    first, second, made = tmp_path / "1", tmp_path / "2", split(SHOP.events, "time")
    first.mkdir()
    second.mkdir()
    written = add(measured, first, RANKER)
    assert written.report["ranker"]["served"]
    export.write(written.towers, first)
    served = ExportedRelease(first, "release 1", SHOP)
    asked = made.test.sample(40)
    found = served.scores(made.events, asked)
    assert ((found > BELOW / 2).sum(1) == 30).all()
    plain = Exported(first, "its towers", SHOP).scores(made.events, asked)
    assert np.array_equal(found[found < BELOW / 2], plain[found < BELOW / 2])
    with pytest.raises(Refused, match="Towers and ranker are worse than release 1"):
        add(measured, second, replace(RANKER, learning_rate=0.0), incumbent=served)
    assert json.loads((second / "report.json").read_text())["ranker"]["no_worse_than"]["release 1"]["high"] < 0
    told = json.loads((first / SPEC).read_text())
    told["ranker"]["features"][0] = "the weather"
    (first / SPEC).write_text(json.dumps(told))
    with pytest.raises(DataError, match="is told of the weather"):
        ExportedRelease(first, "release 1", SHOP)


@dataclass
class Near:
    """Towers that are better for some shoppers: they know their next choice."""

    towers: TwoTower
    knows: int
    name: str = "release 1"

    def scores(self, events: Events, queries: Queries) -> Scores:
        found = self.towers.scores(events, queries)
        known = np.isin(queries.user, np.unique(queries.user)[: self.knows])
        for question in np.flatnonzero(known):
            found[question, queries.relevant[queries.offsets[question] : queries.offsets[question + 1]]] = 1e6
        return found


def test_what_is_served_may_lose_a_little_once(measured: TwoTower, tmp_path: Path) -> None:
    """Towers alone after towers that are the same, with and without a loss before; and after some that are better."""
    alone = replace(RANKER, learning_rate=0.0)
    equal: Any = Near(measured, knows=0)
    found = add(measured, tmp_path, alone, incumbent=equal, given_up=0.01).report["ranker"]["no_worse_than"]
    assert (found["release 1"]["value"], found["release 1"]["given_up"]) == (0.0, 0.01)
    better: Any = Near(measured, knows=2)
    with pytest.raises(Refused, match=r"Towers and ranker are worse than release 1 .* by more than is tolerated"):
        add(measured, tmp_path, alone, incumbent=better)
    found = json.loads((tmp_path / "report.json").read_text())["ranker"]["no_worse_than"]["release 1"]
    assert found["value"] < 0 <= found["high"]


def test_a_ranker_that_is_not_certainly_better_is_left_out_and_the_report_says_so(
    measured: TwoTower, tmp_path: Path
) -> None:
    report = add(measured, tmp_path, replace(RANKER, learning_rate=0.0)).report["ranker"]
    assert not report["served"]
    assert "the towers' order stands" in report["why"]
    assert report["above_towers"]["ndcg@20"]["low"] <= 0
    assert not (tmp_path / build.MODEL).exists()
    assert not (tmp_path / build.GOLDEN).exists()
    assert feature_spec.parse((tmp_path / SPEC).read_text(), KINDS).ranker is None


def test_a_shop_with_few_choices_has_no_ranker(measured: TwoTower, tmp_path: Path) -> None:
    report = add(measured, tmp_path, replace(RANKER, fewest_lists=10**6)).report["ranker"]
    assert not report["served"]
    assert "choices and pages to learn from, where 1000000 are needed" in report["why"]


def test_pages_are_learned_from_where_their_positions_are_known(measured: TwoTower, tmp_path: Path) -> None:
    events, made = SHOP.events, split(SHOP.events, "time")
    first, last = made.validation.time.min(), made.validation.time.max()
    chosen = np.flatnonzero(events.chosen & (events.time >= first) & (events.time <= last))[:30]
    rows = [(int(i), place, int(item)) for i in chosen for place, item in enumerate((events.item[i], (i + 7) % 60), 1)]
    table = {
        "user": [events.users[events.user[i]] for i, _, _ in rows],
        "kind": ["IMPRESSION"] * len(rows),
        "product": [f"products/p{item}" for _, _, item in rows],
        "position": pa.array([place for _, place, _ in rows], pa.int32()),
        "time": pa.array([int(events.time[i] * 1e6) for i, _, _ in rows], pa.timestamp("us", tz="UTC")),
    }
    parquet.write_table(pa.table(table), tmp_path / "events.parquet")
    report = add(measured, tmp_path, RANKER, tmp_path / "events.parquet").report["ranker"]
    assert 20 <= report["learned_from"]["pages"] <= 30
    (tmp_path / "events.parquet").unlink()
    parquet.write_table(pa.table({"user": ["u"], "kind": ["view"]}), tmp_path / "events.parquet")
    assert add(measured, tmp_path, RANKER, tmp_path / "events.parquet").report["ranker"]["learned_from"]["pages"] == 0
