import numpy as np
import pytest

from trainers.datasets import KINDS, Products
from trainers.datasets.tables import make_events
from trainers.evaluation import beyond, metrics
from trainers.evaluation.protocols import Queries

PRODUCTS = Products(
    ids=["a", "b", "c", "d"],
    titles=[""] * 4,
    categories=[("x",), ("x",), ("y",), ()],
    brands=["B", "", "", ""],
    prices=np.zeros(4),
    attributes=[{}, {"colour": "red"}, {"colour": "red"}, {}],
)


def test_diversity_is_one_less_the_mean_similarity_of_pairs() -> None:
    described = beyond.features(PRODUCTS)
    # a and b share x of {x, B, red}; b and c share red of {x, y, red}; a and c share nothing; d is not described.
    found = beyond.diversity(np.array([[0, 1, 2], [0, 1, 3], [3, 3, 0]]), described)
    assert found[:2] == pytest.approx([1 - (1 / 3 + 1 / 3 + 0) / 3, 1 - 1 / 3])
    assert np.isnan(found[2])


def test_coverage_has_its_value_inside_its_interval() -> None:
    top = np.random.default_rng(0).integers(50, size=(200, 3))
    found = beyond.coverage(top, np.arange(200), 100)
    assert found.value == len(np.unique(top)) / 100
    assert found.low <= found.value <= found.high
    assert found.high - found.low < 0.2
    same = beyond.coverage(np.zeros((200, 3), np.int64), np.arange(200), 100)
    assert [same.low, same.value, same.high] == pytest.approx([0.01] * 3)


def test_novelty_and_popularity_bias_by_hand() -> None:
    # Of three shoppers all chose a, one chose b, nobody chose the others.
    kinds = np.full(4, KINDS["VIEW"])
    known = make_events(PRODUCTS, ["u", "v", "w", "u"], ["a", "a", "a", "b"], kinds, np.arange(4.0))
    asked = Queries(np.array([0, 1]), np.zeros(2, np.int64), np.zeros(2), np.array([0, 1, 1]), np.array([0, 2, 3]))
    top = np.tile([0, 2, 1, 3, 0, 2, 1, 3, 0, 2], (2, 1))
    found = beyond.measure(top, asked, known, PRODUCTS)
    assert set(found) == {"coverage@10", "novelty@10", "popularity bias@10", "diversity@10"}, "lists are ten long"
    bits = [0.0, 2.0, 1.0, 2.0, 0.0, 2.0, 1.0, 2.0, 0.0, 2.0]
    assert found["novelty@10"].value == pytest.approx(np.mean(bits))
    assert found["coverage@10"].value == 1
    # Shown: (3 x 3 + 2 x 1) / 10 choices a place. Chosen: (3 + 1) / 2 and 1.
    assert found["popularity bias@10"].value == pytest.approx(1.1 / 1.5)


def test_the_interval_of_a_ratio_is_over_shoppers() -> None:
    found = metrics.ratio(np.array([1.0, 3.0]), np.array([1.0, 1.0]), np.array([0, 1]))
    assert (found.low, found.value, found.high) == (1, 2, 3)
