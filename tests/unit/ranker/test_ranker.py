"""The second look: features, pages, position bias, parity."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from services.search.domain import attribution as search
from tests.support.shops import small_shop
from trainers.datasets import DataError
from trainers.evaluation import harness, protocols
from trainers.evaluation.protocols import Queries, split
from trainers.ranker import export, golden, pages, tables
from trainers.ranker.config import Config
from trainers.ranker.features import NAMES, Features, History
from trainers.ranker.model import Ranker, Served
from trainers.ranker.recommender import Ranked, TooLittle
from trainers.ranker.train import List, train
from trainers.two_tower.config import Config as TowersConfig
from trainers.two_tower.errors import ParityError
from trainers.two_tower.recommender import TwoTower
from trainers.two_tower.spec import FeatureSpec

SHOP = small_shop(products=60, shoppers=80)
IDS = list(SHOP.products.ids)
SPEC = FeatureSpec(8, 50)
FEW = replace(Config(), fewest_lists=20, candidates=20, learned_from=20)


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


def test_a_busy_machine_makes_the_same_ranker(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits as long as it computes: each look at the wall's clock finds an hour gone."""
    made, hours = lists(200, strength=1.5, bias=0.5), count(0, 3600)
    alone = weight_of_the_first(train(made, Config()))
    with monkeypatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: float(next(hours)))
        assert weight_of_the_first(train(made, Config())) == alone


def features_of(places: np.ndarray, now: float, towers: np.ndarray) -> dict[str, np.ndarray]:
    """By name, of all products."""
    history = History.of(SHOP.events, places, now, SPEC)
    return dict(zip(NAMES, Features(SHOP.products, SPEC, Config()).of(history, np.arange(60), towers).T, strict=True))


def test_features_are_counts_and_fits() -> None:
    events = SHOP.events
    places = np.arange(events.starts[3], events.starts[4])
    items, now = events.item[places], float(events.time[places[-1]] + 3600)
    named = features_of(places, now, np.linspace(0, 1, 60))
    groups = np.arange(60) % 6
    assert named["towers"] == pytest.approx(np.linspace(0, 1, 60), abs=1e-6)
    assert named["leaf share"] == pytest.approx((groups[:, None] == groups[items]).mean(1), abs=1e-6)
    assert named["last leaf"] == pytest.approx((groups == groups[items[-1]]) / 2, abs=1e-6)
    assert named["gap"] == pytest.approx(np.full(60, np.log(2)), abs=1e-6)
    assert not named["session leaf"].any(), "the last event was an hour ago"
    assert named["price fit"].max() <= 0
    brand = np.arange(60) % 7
    weights = np.array([{2: 1.5, 3: 2.0, 4: 2.0, 5: -2.0}.get(kind, 1.0) for kind in events.kind[places]])
    expected = ((brand[:, None] == brand[items]) * weights).sum(1) / np.sqrt(len(items) + 3)
    assert named["brand"] == pytest.approx(expected, abs=1e-5)


def test_without_history_only_the_product_speaks() -> None:
    named = features_of(np.zeros(0, np.int64), 0.0, np.ones(60))
    assert {name for name, column in named.items() if column.any()} == {"towers", "price level"}


def test_no_more_of_a_history_counts_than_the_specification_says() -> None:
    places = np.arange(SHOP.events.starts[3], SHOP.events.starts[4])
    history = History.of(SHOP.events, places, 2e9, replace(SPEC, history_length=4))
    assert history.items.tolist() == SHOP.events.item[places[-4:]].tolist()


def test_what_is_known_of_a_product_is_looked_up_by_its_place() -> None:
    made = tables.build(SHOP, Config(neighbours=5))
    found = made(torch.tensor([[0, 1, 2]]), torch.tensor([[0, 4]]))[0].numpy()
    assert found[0].tolist() == [0, 0, 0], "nobody knows it"
    counted = SHOP.events.item[SHOP.events.chosen & SHOP.events.first]
    counts = np.bincount(counted, minlength=60)
    assert found[1:, 0] == pytest.approx(np.log1p(counts[:2] / counts.mean()), abs=1e-5)
    neighbours, strengths = made.neighbours[4].tolist(), made.strengths[4].tolist()
    assert 0 < sum(place > 0 for place in neighbours) <= 5
    for place, together in zip((1, 2), found[1:, 2].tolist(), strict=True):
        expected = strengths[neighbours.index(place)] if place in neighbours else 0.0
        assert together == pytest.approx(expected, abs=1e-6)


SEARCHED = search.sign(search.Claims(release=3, ranking="lexical+sentence/0", time=0), b"key")


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


def test_a_page_is_what_one_reply_showed_as_browsers_and_the_service_tell_it(tmp_path: Path) -> None:
    """Cards are stamped one by one as they come into sight; events without a time come a microsecond apart."""
    events = SHOP.events
    first = int(np.flatnonzero(events.chosen & (events.user == 2))[0])
    moment, opened = float(events.time[first]) - 60, int(events.item[first])
    others = [item for item in range(60) if item not in events.item[events.user == 2]][:4]
    rows = [
        ("row", others[0], 1, moment),
        ("other row", others[1], 1, moment),  # in the same millisecond
        ("row", opened, 2, moment + 0.004),
        ("row", others[2], 7, moment + 2400),  # seen by scrolling
        ("row", others[0], 1, moment + 2),  # loaded again
        ("other row", others[3], 2, moment + 1e-6),
        ("late", others[0], 1, moment - 3000),
        ("late", opened, 2, moment - 2900),  # too long ago
        ("late", others[1], 3, moment + 10),
        ("two rows", others[0], 1, moment),
        ("two rows", opened, 1, moment),
        (SEARCHED, others[0], 1, moment),
        (SEARCHED, opened, 2, moment),
        (None, others[1], 2, moment),
        (None, opened, 1, moment),
        (None, others[0], 1, moment + 1e-3),
    ]
    table = {
        "user": [events.users[2]] * len(rows),
        "kind": ["impression"] * len(rows),
        "product": [f"products/p{row[1]}" for row in rows],
        "position": pa.array([row[2] for row in rows], pa.int32()),
        "time": pa.array([round(row[3] * 1e6) for row in rows], pa.timestamp("us", tz="UTC")),
        "attribution_token": [row[0] for row in rows],
    }
    parquet.write_table(pa.table(table), tmp_path / "events.parquet")
    row, untold = sorted(pages.read(tmp_path / "events.parquet", SHOP), key=lambda page: -len(page.items))
    assert (row.items.tolist(), row.places.tolist()) == ([others[0], opened, others[2]], [1, 2, 7])
    assert (row.user, row.opened.tolist()) == (2, [0, 1, 0])
    assert row.time == pytest.approx(moment, abs=1e-4)
    assert (untold.items.tolist(), untold.opened.tolist()) == ([opened, others[1]], [1, 0])


@pytest.mark.parametrize(("named", "opened"), [("page", [0, 1]), (None, [0, 1]), ("another page", None)])
def test_a_choice_counts_for_the_page_that_it_came_of(
    tmp_path: Path, named: str | None, opened: list[int] | None
) -> None:
    events = SHOP.events
    first = int(np.flatnonzero(events.chosen & (events.user == 2))[0])
    chosen, item = float(events.time[first]), int(events.item[first])
    other = next(item for item in range(60) if item not in events.item[events.user == 2])
    rows = [
        ("impression", other, 1, chosen - 60, "page"),
        ("impression", item, 2, chosen - 60, "page"),
        ("view", item, None, chosen, named),
    ]
    table = {
        "user": [events.users[2]] * len(rows),
        "kind": [row[0] for row in rows],
        "product": [f"products/p{row[1]}" for row in rows],
        "position": pa.array([row[2] for row in rows], pa.int32()),
        "time": pa.array([round(row[3] * 1e6) for row in rows], pa.timestamp("us", tz="UTC")),
        "attribution_token": [row[4] for row in rows],
    }
    parquet.write_table(pa.table(table), tmp_path / "events.parquet")
    found = [page.opened.tolist() for page in pages.read(tmp_path / "events.parquet", SHOP)]
    assert found == ([] if opened is None else [opened])


@pytest.mark.parametrize(("named", "opened"), [(None, None), ("page", [0, 1])])
def test_what_was_chosen_before_it_came_into_sight_was_opened_there_only_if_it_says_so(
    tmp_path: Path, named: str | None, opened: list[int] | None
) -> None:
    """The page stands for a while, the shopper chooses the product, and its card is seen later: it was chosen
    elsewhere, or by the keyboard."""
    events = SHOP.events
    first = int(np.flatnonzero(events.chosen & (events.user == 2))[0])
    chosen, item = float(events.time[first]), int(events.item[first])
    other = next(item for item in range(60) if item not in events.item[events.user == 2])
    table = {
        "user": [events.users[2]] * 3,
        "kind": ["impression", "impression", "view"],
        "product": [f"products/p{other}", f"products/p{item}", f"products/p{item}"],
        "position": pa.array([1, 9, None], pa.int32()),
        "time": pa.array([round((chosen + after) * 1e6) for after in (-60, 20, 0)], pa.timestamp("us", tz="UTC")),
        "attribution_token": ["page", "page", named],
    }
    parquet.write_table(pa.table(table), tmp_path / "events.parquet")
    found = [page.opened.tolist() for page in pages.read(tmp_path / "events.parquet", SHOP)]
    assert found == ([] if opened is None else [opened])


def test_events_without_positions_are_refused(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"user": ["u"], "kind": ["view"]}), tmp_path / "events.parquet")
    with pytest.raises(DataError, match="no impressions with positions"):
        pages.read(tmp_path / "events.parquet", SHOP)


BUSY = replace(SHOP, events=replace(SHOP.events, time=1.7e9 + (SHOP.events.time - 1.7e9) / 100))
"""Somebody chooses something every minute."""


def shown_before(choice: int, folder: Path) -> Path:
    """An events.parquet with one page, which came some minutes before a choice, and on which that product stood below
    another one."""
    events = BUSY.events
    when, item, user = float(events.time[choice]) - 200, int(events.item[choice]), int(events.user[choice])
    other = next(item for item in range(60) if item not in events.item[events.user == user])
    table = {
        "user": [events.users[user]] * 2,
        "kind": ["impression"] * 2,
        "product": [f"products/p{other}", f"products/p{item}"],
        "position": pa.array([1, 2], pa.int32()),
        "time": [datetime.fromtimestamp(when, UTC)] * 2,
    }
    parquet.write_table(pa.table(table), folder / "events.parquet")
    return folder / "events.parquet"


@pytest.mark.parametrize("protocol", ["time", "last"])
@pytest.mark.parametrize("most", [protocols.MOST_VALIDATION, 50])
def test_a_page_of_which_a_test_question_was_opened_is_not_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, most: int
) -> None:
    """It was shown in the validation period; where each shopper's last choice is left out, all may lie in that. Nor is
    it where no validation question of the shopper was drawn."""
    monkeypatch.setattr(protocols, "MOST_VALIDATION", most)
    made = split(BUSY.events, protocol)
    train_on, end = replace(BUSY, events=made.train), float(made.validation.time.max())
    towers = TwoTower(TowersConfig(progress=False, device="cpu", max_epochs=1, warmup_steps=5))
    towers.fit(train_on, made.events, made.validation)

    def learned_from(questions: Queries, row: int) -> int:
        assert questions.time[row] - 200 <= end
        ranked = Ranked(towers, FEW, shown_before(int(questions.end[row]), tmp_path))
        ranked.fit(train_on, made.events, made.validation)
        return ranked.lists["pages"]

    assert learned_from(made.validation, int(made.validation.time.argmax())) == 1
    undrawn = ~np.isin(made.test.user, made.validation.user)
    for asked in (undrawn, ~undrawn):
        if (rows := np.flatnonzero(asked & (made.test.time - 200 <= end))).size:
            assert learned_from(made.test, int(rows[made.test.time[rows].argmin()])) == 0


def test_the_ranker_looks_again_at_the_towers_best_and_at_nothing_else() -> None:
    made = split(SHOP.events, "time")
    towers = TwoTower(TowersConfig(progress=False, device="cpu", max_epochs=3, warmup_steps=5))
    ranked = Ranked(towers, FEW)
    ranked.fit(replace(SHOP, events=made.train), made.events, made.validation)
    ranked.refit(replace(SHOP, events=made.known))
    before, after = towers.scores(made.events, made.test), ranked.scores(made.events, made.test)
    moved = after > 500
    assert moved.sum(1).tolist() == [20] * len(made.test)
    assert np.array_equal(after[~moved], before[~moved])
    values = [harness.ndcg(model.scores, made.events, made.test) for model in (towers, ranked)]
    assert values[1] > 0.8 * values[0], "a second look does not lose what the first one found"
    with pytest.raises(TooLittle, match="choices and pages to learn from, where 9999 are needed"):
        Ranked(towers, replace(FEW, fewest_lists=9999)).fit(
            replace(SHOP, events=made.train), made.events, made.validation
        )


def served(ranker_seed: int = 0) -> Served:
    """A ranker with weights that say something."""
    torch.manual_seed(ranker_seed)
    width = len(NAMES) + len(tables.COLUMNS)
    ranker = Ranker(torch.zeros(width), torch.ones(width), layers=1)
    torch.nn.init.normal_(ranker.out.weight)
    return Served(ranker, tables.build(SHOP, Config())).eval()


@pytest.mark.slow
def test_a_file_scores_as_torch_does_and_another_one_is_refused(tmp_path: Path) -> None:
    export.write(served(), IDS, Config(), tmp_path / "ranker.onnx")
    golden.make(served(), IDS, Config()).save(tmp_path / "golden.npz")
    assert golden.check_file(golden.load(tmp_path / "golden.npz"), tmp_path / "ranker.onnx") < 1e-5
    golden.make(served(1), IDS, Config()).save(tmp_path / "other.npz")
    with pytest.raises(ParityError, match="other scores than torch for the ranker"):
        golden.check_file(golden.load(tmp_path / "other.npz"), tmp_path / "ranker.onnx")


def test_golden_rows_hold_unknown_products_and_none_at_all() -> None:
    rows = golden.make(served(), IDS, Config()).inputs
    assert {"never seen: Ω", ""} <= set(rows["candidates"].ravel())
    assert set(rows["candidates"][0]) == set(rows["newest"][1]) == {""}


def test_the_shipped_configuration_names_what_is_exported_and_leaves_its_sizes_to_the_release() -> None:
    """Releases with other settings answer side by side."""
    file = Path(__file__).parents[3] / "model_repository" / "ranker" / "config.pbtxt"
    config = text_format.Parse(file.read_text(), model_config_pb2.ModelConfig())
    assert [tensor.name for tensor in (*config.input, *config.output)] == [*export.INPUTS, export.OUTPUT]
    assert {size for tensor in (*config.input, *config.output) for size in tensor.dims} == {-1}
