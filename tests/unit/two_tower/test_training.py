import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.shops import small_shop
from tests.unit.two_tower.conftest import QUICK, SHOP, console
from trainers.datasets import KINDS, DataError, Products, Shop
from trainers.datasets.tables import make_events
from trainers.two_tower import loss, model
from trainers.two_tower.build import Built, build
from trainers.two_tower.errors import Refused
from trainers.two_tower.sequences import NOTHING, Sequences
from trainers.two_tower.spec import FeatureSpec, of_config
from trainers.two_tower.train import train


@pytest.mark.slow
def test_planted_tastes_are_learned_and_reported(built: Built) -> None:
    models = json.loads((built.folder / "report.json").read_text())["models"]
    values = {name: found["metrics"]["ndcg@20"]["value"] for name, found in models.items()}
    assert values["two-tower"] > 1.5 * values["popularity"] > values["random"]
    assert built.report["gates"]["beats"]["popularity"]
    assert built.report["gates"]["no_worse_than"]["item-kNN"]["high"] > 0


@pytest.mark.slow
def test_all_files_of_a_release_are_written(built: Built) -> None:
    expected = "feature_spec.json golden.npz item_tower.onnx item_vectors.parquet report.json user_tower.onnx"
    assert sorted(path.name for path in built.folder.iterdir()) == expected.split()


def test_the_same_seed_trains_the_same_towers() -> None:
    first, second, other = (train(SHOP, replace(QUICK, seed=seed), epochs=1) for seed in (1, 1, 2))
    assert first.losses == second.losses != other.losses
    assert torch.equal(first.towers.item_vectors(), second.towers.item_vectors())


def test_towers_that_know_nothing_are_refused(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    events = SHOP.events
    # Chance with very few products that everybody wants: nothing but popularity can be learned, and no time to do so.
    noise = np.minimum(random.geometric(0.05, len(events)) - 1, len(SHOP.products) - 1)
    shop = Shop("noise", SHOP.products, replace(events, item=noise), {})
    with pytest.raises(Refused, match="do not beat popularity"):
        build(shop, replace(QUICK, max_epochs=1, learning_rate=1e-9), tmp_path, "a test", console())
    assert (tmp_path / "report.json").exists()
    assert not (tmp_path / "item_tower.onnx").exists()


def test_a_shop_without_events_is_refused_with_a_sentence(tmp_path: Path) -> None:
    shop = Shop("empty", SHOP.products, SHOP.events.before(0), {})
    with pytest.raises(DataError, match="Bring more events"):
        build(shop, QUICK, tmp_path, "a test", console())


def test_targets_are_the_next_new_choice_and_gaps_reach_the_next_event() -> None:
    data = Sequences(SHOP, of_config(QUICK), replace(QUICK, batch_size=1))
    events = SHOP.events
    batch = next(data.batches(np.random.default_rng(0)))
    items, targets = batch.items[0], batch.targets[0]
    user = next(
        user
        for user in range(len(events.users))
        if events.item[events.starts[user] : events.starts[user + 1]].tolist() == items.tolist()
    )
    own = slice(events.starts[user], events.starts[user + 1])
    wanted = (events.chosen & events.first)[own]
    for place in range(len(items) + 1):
        later = [j for j in range(place, len(items)) if wanted[j]]
        if place == 0:
            later = later if wanted[0] else []
        assert targets[place] == (items[later[0]] if later else NOTHING)
    assert batch.gaps_h[0][:-1] == pytest.approx(np.diff(events.time[own]) / 3600, rel=1e-5)
    assert batch.gaps_h[0][-1] == 0


def test_long_sequences_are_cut_into_pieces_that_cover_them() -> None:
    shop = small_shop(shoppers=10, events=130)
    data = Sequences(shop, of_config(QUICK), QUICK)
    for seed in range(5):
        pieces = data.pieces(np.random.default_rng(seed))
        assert np.concatenate([np.arange(*piece) for piece in pieces]).tolist() == list(range(len(shop.events)))
        assert (pieces[:, 1] - pieces[:, 0]).max() <= QUICK.history_length


def test_categories_that_shoppers_are_taken_to_prefer_are_of_what_they_chose() -> None:
    """Of one who chose nothing they are none."""
    products = Products(["p", "q"], ["", ""], [("good",), ("bad",)], ["", ""], np.zeros(2), [{}, {}])
    rows = [("ann", "p", "VIEW", np.nan), ("ann", "q", "DISLIKE", np.nan), ("ann", "q", "RATE", 1.0)]
    rows += [("bob", "q", "DISLIKE", np.nan), ("cem", "q", "RATE", 2.0), ("cem", "p", "RATE", 4.0)]
    users, items, kinds, ratings = zip(*rows, strict=True)
    codes = np.array([KINDS[kind] for kind in kinds])
    events = make_events(products, users, items, codes, np.arange(6.0), np.array(ratings))
    always = replace(QUICK, preference_rate=1.0)
    data = Sequences(Shop("some", products, events, {}), of_config(always), always)
    told: dict[str, set[str]] = {"ann": set(), "bob": set(), "cem": set()}
    for batch in (batch for seed in range(20) for batch in data.batches(np.random.default_rng(seed))):
        for user, preferred in zip(batch.users, batch.preferred, strict=True):
            told[events.users[user]] |= set(preferred) - {""}
    assert told == {"ann": {"good"}, "bob": set(), "cem": {"good"}}


def test_training_and_serving_compute_the_same_vector() -> None:
    """What training has at a place of a sequence is what serving gets for the history up to there."""
    towers = model.create(SHOP, QUICK)
    towers.user.eval()
    random = np.random.default_rng(0)
    places, width = QUICK.history_length, QUICK.dimension
    vectors = torch.randn(1, 7, width)
    kinds = torch.from_numpy(random.integers(1, 7, (1, 7)))
    gaps = torch.from_numpy(random.exponential(50, (1, 7)).astype(np.float32))
    preferred = torch.tensor([[2, 3, 0, 0, 0, 0, 0, 0]])
    with torch.inference_mode():
        trained = towers.user.everywhere(vectors, kinds, gaps, preferred)[0]
        for seen in range(8):
            history, codes, ages = torch.zeros(1, places, width), torch.zeros(1, places).long(), torch.zeros(1, places)
            if seen:
                history[0, -seen:], codes[0, -seen:] = vectors[0, :seen], kinds[0, :seen]
                ages[0, -seen:] = gaps[0, :seen].flip(0).cumsum(0).flip(0)
            served = towers.user(history, codes, ages, preferred)[0]
            assert torch.allclose(served, trained[seen], atol=1e-5), seen


def test_the_future_does_not_reach_the_past() -> None:
    towers = model.create(SHOP, replace(QUICK, layers=2))
    towers.user.eval()
    vectors, kinds, gaps = torch.randn(1, 9, 64), torch.ones(1, 9).long(), torch.ones(1, 9)
    nobody = torch.zeros(1, 8).long()
    before = towers.user.everywhere(vectors, kinds, gaps, nobody)
    vectors[:, 5:] += torch.randn(1, 4, 64)
    after = towers.user.everywhere(vectors, kinds, gaps, nobody)
    assert torch.allclose(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


def test_log_q_is_the_chance_to_be_a_candidate() -> None:
    random = np.random.default_rng(0)
    frequency = np.array([0.5, 0.3, 0.15, 0.05, 0.0])
    counts = np.zeros(5)
    for _ in range(4000):
        counts[loss.candidates(random.choice(5, 3, p=frequency), 5, 1, random)[0]] += 1
    expected = np.exp(loss.log_q(frequency, np.arange(5), 3, 1))
    assert counts / 4000 == pytest.approx(expected, abs=0.03)


def test_every_product_is_a_candidate_once_and_targets_find_their_column() -> None:
    chosen, columns = loss.candidates(np.array([4, 4, 1]), 10, 2, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == len(chosen)
    assert chosen[columns].tolist() == [4, 4, 1]
    assert loss.log_q(np.full(10, 0.1), np.arange(10), 3, 10) == pytest.approx(np.zeros(10)), "all: no correction"


@pytest.mark.slow
def test_a_product_that_was_never_seen_lands_with_its_kind(built: Built) -> None:
    """Content alone (the id is unknown) puts a product near those of its category."""
    towers = built.towers
    rows = towers.inputs.take(np.arange(12))
    rows.product_id[:] = "never-seen"
    with torch.inference_mode():
        tensors = model.encode(rows, towers.vocabularies)
        similar = towers.item(*tensors.tuple()) @ towers.item_vectors().T
    groups = np.arange(len(SHOP.products)) % 6
    for row in range(12):
        nearest = np.argsort(-similar[row].numpy())[:10]
        assert (groups[nearest] == groups[row]).mean() >= 0.8


def test_the_specification_reads_back_and_pads() -> None:
    spec = FeatureSpec(64, 50, title_max_tokens=3, category_depth=1, max_attributes=1)
    items = spec.items(SHOP.products)
    assert items.title_tokens[0].tolist() == ["thing", "number", "0"]
    assert items.category_path.shape == (240, 1)
    assert items.attributes[0].tolist() == ["colour=red"]
