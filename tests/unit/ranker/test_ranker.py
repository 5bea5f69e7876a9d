"""The second look: features, pages, position bias, parity."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch

from tests.support.shops import small_shop
from trainers.datasets import DataError
from trainers.evaluation import harness
from trainers.evaluation.protocols import split
from trainers.ranker import export, pages
from trainers.ranker.features import NAMES, Features
from trainers.ranker.model import Ranker
from trainers.ranker.recommender import Ranked
from trainers.ranker.train import Config, List, train
from trainers.two_tower.config import Config as TowersConfig
from trainers.two_tower.golden import ParityError
from trainers.two_tower.recommender import TwoTower

SHOP = small_shop(products=60, shoppers=80)


def lists(count: int, strength: float, bias: float, seed: int = 0) -> list[List]:
    """Pages of ten; what is opened depends on the first feature and on the place."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        features = random.normal(size=(10, 3)).astype(np.float32)
        # The shop puts what is wanted at the top: feature and place say nearly the same.
        order = np.argsort(-features[:, 0] + random.normal(0, 0.5, 10))
        places = np.empty(10, np.int64)
        places[order] = np.arange(1, 11)
        logits = strength * features[:, 0] - bias * np.log(places)
        chosen = np.zeros(10)
        chosen[np.argmax(logits + random.gumbel(size=10))] = 1
        found.append(List(features, places, chosen))
    return found


def weight_of_the_first(ranker: Ranker) -> float:
    probe = torch.zeros(1, 2, 3)
    probe[0, 1, 0] = 1
    with torch.inference_mode():
        scores = ranker(probe)[0]
    return float(scores[1] - scores[0])


def test_what_stood_at_the_top_is_not_taken_for_what_is_wanted() -> None:
    """Nothing but the place decides: with the places known the feature is worth little, without them a lot."""
    made = lists(1500, strength=0.0, bias=1.5)
    blind = [replace(each, places=np.zeros(10, np.int64)) for each in made]
    aware, fooled = (weight_of_the_first(train(some, Config(layers=0))) for some in (made, blind))
    assert abs(aware) < 0.35 < 0.7 < fooled


def test_what_is_wanted_is_learned_and_the_same_seed_learns_the_same() -> None:
    made = lists(600, strength=1.5, bias=0.5)
    first, second = train(made, Config()), train(made, Config())
    assert weight_of_the_first(first) == weight_of_the_first(second) > 0.7


def test_features_are_counts_and_fits() -> None:
    features, events = Features(SHOP), SHOP.events
    history = np.arange(events.starts[3], events.starts[4])
    items = events.item[history]
    now = float(events.time[history[-1]] + 3600)
    found = features.of(events, history, now, np.arange(60), np.linspace(0, 1, 60, dtype=np.float32))
    named = dict(zip(NAMES, found.T, strict=True))
    groups = np.arange(60) % 6
    assert named["towers"] == pytest.approx(np.linspace(0, 1, 60), abs=1e-6)
    assert named["leaf share"] == pytest.approx((groups[:, None] == groups[items]).mean(1), abs=1e-6)
    assert named["same leaf as the last event"] == pytest.approx((groups == groups[items[-1]]) / 2, abs=1e-6)
    assert named["gap"] == pytest.approx(np.full(60, np.log(2)), abs=1e-6)
    assert named["price fit"].max() <= 0
    brand = np.arange(60) % 7
    weights = np.array([{2: 1.5, 3: 2.0, 4: 2.0, 5: -2.0}.get(kind, 1.0) for kind in events.kind[history]])
    expected = ((brand[:, None] == brand[items]) * weights).sum(1) / np.sqrt(len(items) + 3)
    assert named["brand affinity"] == pytest.approx(expected, abs=1e-5)


def test_without_history_only_the_product_speaks() -> None:
    found = Features(SHOP).of(SHOP.events, np.zeros(0, np.int64), 0.0, np.arange(60), np.ones(60, np.float32))
    said = {name for name, column in zip(NAMES, found.T, strict=True) if column.any()}
    assert said == {"towers", "popularity", "popularity of the last weeks", "price level"}


def test_pages_are_what_was_shown_and_what_was_opened_soon(tmp_path: Path) -> None:
    events = SHOP.events
    first = int(events.starts[2])
    moment, opened = float(events.time[first]) - 60, int(events.item[first])
    other = next(item for item in range(60) if item not in events.item[events.user == 2])
    name = events.users[2].removeprefix("users/")
    rows = [
        ("impression", f"p{other}", 1, moment),
        ("impression", f"p{opened}", 2, moment),
        ("impression", f"p{other}", 1, moment - 90_000),  # nothing was opened there
        ("impression", f"p{opened}", None, moment),  # nobody knows where it stood
        ("impression", "gone", 3, moment),
        ("view", f"p{opened}", None, moment + 60),
    ]
    table = {
        "user": [name] * len(rows),
        "kind": [row[0] for row in rows],
        "product": [row[1] for row in rows],
        "position": pa.array([row[2] for row in rows], pa.int32()),
        "time": [datetime.fromtimestamp(row[3], UTC) for row in rows],
    }
    parquet.write_table(pa.table(table), tmp_path / "events.parquet")
    (page,) = pages.read(tmp_path / "events.parquet", SHOP)
    assert (page.user, page.items.tolist(), page.places.tolist()) == (2, [other, opened], [1, 2])
    assert page.opened.tolist() == [0, int(events.chosen[first])]


def test_events_without_positions_are_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"user": ["u"], "kind": ["view"]}), tmp_path / "events.parquet")
    with pytest.raises(DataError, match="no impressions with positions"):
        pages.read(tmp_path / "events.parquet", SHOP)


def test_the_ranker_looks_again_at_the_towers_best_and_at_nothing_else() -> None:
    made = split(SHOP.events, "time")
    towers = TwoTower(TowersConfig(progress=False, device="cpu", max_epochs=3, warmup_steps=5))
    ranked = Ranked(towers, Config(candidates=20))
    ranked.fit(replace(SHOP, events=made.train), made.events, made.validation)
    ranked.refit(replace(SHOP, events=made.known))
    before, after = towers.scores(made.events, made.test), ranked.scores(made.events, made.test)
    moved = after > 500
    assert moved.sum(1).tolist() == [20] * len(made.test)
    assert np.array_equal(after[~moved], before[~moved])
    values = [harness.ndcg(model.scores, made.events, made.test) for model in (towers, ranked)]
    assert values[1] > 0.8 * values[0], "a second look does not lose what the first one found"


def test_a_file_scores_as_torch_does_and_another_one_is_refused(tmp_path: Path) -> None:
    ranker = train(lists(200, strength=1.0, bias=0.5), Config(layers=2))
    assert export.write(ranker, 3, tmp_path / "ranker.onnx") < 1e-5
    with torch.no_grad():
        ranker.out.weight += 1
    with pytest.raises(ParityError, match="other scores than torch"):
        export._difference(ranker, 3, tmp_path / "ranker.onnx")
