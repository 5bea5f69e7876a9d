"""Baselines that learn: on tiny data the order is as expected, and the future reaches none of them.

iALS, BPR and SASRec run where their packages are, which is in the environment of `make bench-quality`; elsewhere
they say what they need.
"""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

from trainers.datasets import KINDS, Products, Shop
from trainers.datasets.tables import make_events
from trainers.evaluation import models
from trainers.evaluation.ease import Ease, weights
from trainers.evaluation.factors import Als, Bpr, Setting
from trainers.evaluation.optional import MissingPackage
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Recommender
from trainers.evaluation.sasrec import SasRec
from trainers.evaluation.sasrec import Setting as SasRecSetting

GROUP = 6


def shop() -> Shop:
    """Two groups of shoppers who choose only from a group of products each."""
    ids = [f"{group}{i}" for group in "ab" for i in range(GROUP)]
    nothing = [""] * len(ids)
    products = Products(ids, nothing, [()] * len(ids), nothing, np.zeros(len(ids)), [{}] * len(ids))
    users, items = [], []
    for shopper in range(60):
        group = "ab"[shopper % 2]
        start = shopper // 2 % GROUP
        for place in range(GROUP - 1):
            users.append(f"users/{shopper:02}")
            items.append(f"{group}{(start + place) % GROUP}")
    kinds = np.full(len(users), KINDS["VIEW"])
    return Shop("two groups", products, make_events(products, users, items, kinds, np.arange(len(users)) * 60.0), {})


SHOP = shop()
MODELS: dict[str, Recommender] = {
    "ease": Ease(setting=1.0),
    "ials": Als(setting=Setting(0.1)),
    "bpr": Bpr(setting=Setting(0.01, 0.05, 100)),
    "sasrec": SasRec(setting=SasRecSetting(length=8, batch_size=16, learning_rate=1e-2), epochs=15),
}
HERE = [name for name in MODELS if not models.missing((name,))]
ELSEWHERE = [name for name in MODELS if name not in HERE]


def asked() -> Queries:
    """What comes next for the first two shoppers, after all their events but the last two."""
    ends = SHOP.events.starts[1:3] - 2
    return Queries(np.array([0, 1]), ends, SHOP.events.time[ends], SHOP.events.item[ends], np.arange(3))


def test_the_cheap_ones_are_always_here() -> None:
    assert "ease" in HERE
    assert set(HERE) | set(ELSEWHERE) == set(models.NEEDS) | {"ease"}


@pytest.mark.parametrize("name", HERE)
def test_products_of_the_own_group_stand_first_and_the_future_is_not_seen(name: str) -> None:
    model, queries = MODELS[name], asked()
    model.refit(SHOP)
    scores = model.scores(SHOP.events, queries)
    assert scores[0, :GROUP].mean() > scores[0, GROUP:].mean()
    assert scores[1, :GROUP].mean() < scores[1, GROUP:].mean()

    later = np.zeros(len(SHOP.events), bool)
    for user, end in zip(queries.user, queries.end, strict=True):
        later[end : SHOP.events.starts[user + 1]] = True
    turned = replace(SHOP.events, item=np.where(later, 2 * GROUP - 1 - SHOP.events.item, SHOP.events.item))
    np.testing.assert_array_equal(model.scores(turned, queries), scores)


@pytest.mark.parametrize("name", HERE)
def test_the_same_seed_gives_the_same_scores(name: str) -> None:
    model = MODELS[name]
    model.refit(SHOP)
    first = model.scores(SHOP.events, asked())
    model.refit(SHOP)
    np.testing.assert_allclose(model.scores(SHOP.events, asked()), first, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(models.NEEDS))
def test_what_is_missing_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr("importlib.import_module", absent)
    with pytest.raises(MissingPackage, match=r"needs the Python package .*`make bench-quality`"):
        MODELS[name].refit(SHOP)
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    assert models.missing((name,)) == {name: models.NEEDS[name]}


def test_weights_of_ease_by_hand() -> None:
    # Two products that one shopper chose both: P = inverse of [[2, 1], [1, 2]] = [[2, -1], [-1, 2]] / 3.
    found = weights(np.array([[1, 1], [1, 1]], np.float32, order="F"), 1.0)
    np.testing.assert_allclose(found, [[0, 0.5], [0.5, 0]], rtol=1e-6)
    random = np.random.default_rng(0).random((20, 6)).astype(np.float32)
    gram = random.T @ random
    inverse = np.linalg.inv(gram.astype(np.float64) + 3 * np.eye(6))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights(np.asfortranarray(gram), 3.0), expected, rtol=1e-3, atol=1e-5)
