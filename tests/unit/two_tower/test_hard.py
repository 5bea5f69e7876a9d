"""Hard negatives: what is drawn, from which epoch on, and with which chance."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.support.shops import small_shop
from trainers.datasets import DataError
from trainers.two_tower import hard, history, loss, model
from trainers.two_tower.config import Config
from trainers.two_tower.hard import Mining
from trainers.two_tower.sequences import NOTHING, Batch, Sequences
from trainers.two_tower.train import train

SHOP = small_shop(products=80, shoppers=80)
OFF = Config(progress=False, device="cpu", max_epochs=4, batch_size=32, warmup_steps=5, negatives=10)
ON = replace(OFF, hard_negatives=20, hard_from_epoch=2, hard_first_rank=5, hard_last_rank=14)


def mining(config: Config = ON) -> Mining:
    return Mining(SHOP, model.create(SHOP, config))


def vectors_of(made: Mining) -> torch.Tensor:
    assert made._vectors is not None
    return made._vectors


def batch(size: int = 32) -> Batch:
    towers = model.create(SHOP, OFF)
    return next(Sequences(SHOP, towers.spec, replace(OFF, batch_size=size)).batches(np.random.default_rng(3)))


def test_what_is_drawn_stands_between_the_ranks_of_what_the_shopper_has_not_met() -> None:
    """Against the order that serving would give: one shopper, asked at the newest place."""
    one = batch(1)
    one = replace(one, targets=np.where(np.arange(one.targets.shape[1]) == one.items.shape[1], 0, NOTHING)[None])
    towers = model.create(SHOP, ON)
    made = Mining(SHOP, towers)
    made.begin(2)
    draws = [made.draw(one, np.random.default_rng(seed)).products for seed in range(300)]

    vectors = towers.item_vectors()
    own = slice(*SHOP.events.starts[one.users[0] : one.users[0] + 2])
    places = ON.history_length - one.items.shape[1]
    gaps = one.gaps_h[0]
    padded = history.Histories(
        items=np.pad(one.items, ((0, 0), (places, 0))),
        kinds=np.pad(one.kinds, ((0, 0), (places, 0))),
        ages_h=np.pad(gaps[::-1].cumsum()[::-1], (places, 0))[None].astype(np.float32),
        preferred=one.preferred,
    )
    scores = (towers.user_vectors(padded, vectors) @ vectors.T)[0].numpy().copy()
    scores[SHOP.events.item[own]] = -np.inf
    expected = np.argsort(-scores)[4:14]
    assert set(np.concatenate(draws).tolist()) == set(expected.tolist())


def test_the_chance_is_how_often_a_product_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    made, asked = mining(), batch()
    made.begin(2)
    # The same shoppers in each draw, whose answers need to be computed only once.
    answers = made._windows(asked.take(np.arange(8)), (asked.targets[:8] != NOTHING).argmax(1), vectors_of(made))
    monkeypatch.setattr(made, "_windows", lambda batch, places, vectors: answers)
    random = np.random.default_rng(0)
    draws = [made.draw(asked, random) for _ in range(3000)]
    often = np.bincount(np.concatenate([drawn.products for drawn in draws]), minlength=80) / 3000
    assert often == pytest.approx(draws[0].chance, abs=0.04)
    assert 0 < draws[0].chance.max() < 1
    assert (draws[0].chance == 0).any()


def test_log_q_counts_what_was_drawn_as_hard() -> None:
    random = np.random.default_rng(0)
    frequency, by_hard = np.array([0.5, 0.3, 0.15, 0.05, 0.0]), np.array([0.0, 0.0, 0.5, 0.9, 0.2])
    counts = np.zeros(5)
    for _ in range(4000):
        drawn = np.flatnonzero(random.random(5) < by_hard)
        counts[loss.candidates(random.choice(5, 3, p=frequency), 5, 1, random, drawn)[0]] += 1
    expected = np.exp(loss.log_q(frequency, np.arange(5), 3, 1, by_hard))
    assert counts / 4000 == pytest.approx(expected, abs=0.03)


def test_asked_are_places_at_which_there_is_something_to_predict() -> None:
    asked = batch()
    rows, places = hard._asked(asked, np.random.default_rng(0))
    assert len(set(rows.tolist())) == len(rows) == (asked.targets != NOTHING).any(1).sum()
    assert (asked.targets[rows, places] != NOTHING).all()


@pytest.mark.parametrize(
    ("epoch", "changed", "drawn"),
    [
        (1, {}, False),
        (2, {}, True),
        (5, {}, True),
        (5, {"hard_negatives": 0}, False),
        (5, {"negatives": 80}, False),
        (5, {"hard_first_rank": 81, "hard_last_rank": 90}, False),
        (5, {"hard_last_rank": 500}, True),
    ],
)
def test_hard_negatives_are_drawn_late_and_only_where_something_is_left_out(
    epoch: int, changed: dict[str, Any], drawn: bool
) -> None:
    made = mining(replace(ON, **changed))
    made.begin(epoch)
    found = made.draw(batch(), np.random.default_rng(0))
    assert (len(found.products) > 0) == drawn
    assert (found.chance > 0).any() == drawn
    assert (found.chance[found.products] > 0).all()


def test_until_their_epoch_nothing_changes_and_then_something_does() -> None:
    without, late = train(SHOP, OFF, epochs=3), train(SHOP, ON, epochs=3)
    assert late.losses[0] == without.losses[0]
    assert late.losses[1] != without.losses[1]
    assert np.isfinite(late.losses).all()


def test_the_same_seed_trains_the_same_towers_also_after_a_kill(tmp_path: Path) -> None:
    class Killed(Exception):
        """What ends the training."""

    def die(epoch: int, measured: Mapping[str, float]) -> None:
        if epoch == 2:
            raise Killed

    whole = train(SHOP, ON)
    with pytest.raises(Killed):
        train(SHOP, ON, saved=tmp_path / "fit.pt", watch=die)
    resumed = train(SHOP, ON, saved=tmp_path / "fit.pt")
    assert resumed.losses == whole.losses
    assert torch.equal(resumed.towers.item_vectors(), whole.towers.item_vectors())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hard_negatives": -1}, "hard_negatives is -1; name 0"),
        ({"hard_from_epoch": 0}, "the first epoch is 1"),
        ({"hard_first_rank": 0}, "from rank 0 to 14"),
        ({"hard_last_rank": 4}, "from rank 5 to 4"),
    ],
)
def test_settings_that_say_nothing_are_refused(changed: dict[str, int], said: str) -> None:
    with pytest.raises(DataError, match=said):
        mining(replace(ON, **changed))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU that torch can use")
def test_a_gpu_draws_them_too_and_repeats_itself() -> None:
    first, second = (train(SHOP, replace(ON, device="cuda"), epochs=3) for _ in range(2))
    assert first.losses == second.losses
