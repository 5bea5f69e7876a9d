import numpy as np
import pytest

from tests.support.shops import small_shop
from trainers.datasets import Events
from trainers.evaluation import harness, metrics
from trainers.evaluation.baselines import ItemKnn, Popularity, Random, RecentPopularity
from trainers.evaluation.protocols import Queries, split
from trainers.evaluation.recommender import Scores

SHOP = small_shop()
MADE = split(SHOP.events, "time")


def test_metrics_of_known_ranks() -> None:
    # One question with its product at rank 3; one with two products at ranks 1 and 25.
    each = metrics.of_ranks(np.array([3.0, 25.0, 1.0]), np.array([0, 1, 3]))
    assert each["ndcg@10"] == pytest.approx([1 / 2, 1 / (1 + 1 / np.log2(3))])
    assert each["recall@10"] == pytest.approx([1, 1 / 2])
    assert each["mrr"] == pytest.approx([1 / 3, 1])
    assert each["map@10"] == pytest.approx([1 / 3, 1 / 2])


def test_the_interval_is_over_shoppers_not_questions() -> None:
    values = np.repeat([0.0, 1.0], 500)
    few = metrics.estimate(values, np.repeat([0, 1], 500))
    many = metrics.estimate(values, np.arange(1000))
    assert (few.low, few.high) == (0, 1)
    assert many.high - many.low < 0.1


def oracle(events: Events, queries: Queries) -> Scores:
    scores = np.zeros((len(queries), len(SHOP.products)), np.float32)
    scores[np.arange(len(queries)), queries.relevant] = 1
    return scores


def test_an_oracle_is_perfect_and_a_constant_is_chance() -> None:
    constant = harness.ndcg(lambda _, queries: np.zeros((len(queries), len(SHOP.products))), MADE.events, MADE.test)
    random = Random()
    random.refit(SHOP)
    assert harness.ndcg(oracle, MADE.events, MADE.test) == 1
    assert constant < 0.1
    assert harness.ndcg(random.scores, MADE.events, MADE.test) == pytest.approx(0.04, abs=0.03)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_find_nothing(value: float) -> None:
    def broken(events: Events, queries: Queries) -> Scores:
        return np.full((len(queries), len(SHOP.products)), value, np.float32)

    ranks, _ = harness.ranks(broken, MADE.events, MADE.test)
    assert (ranks == len(SHOP.products)).all(), "the last of all"


def test_a_product_without_a_number_stands_behind_those_that_have_one() -> None:
    def without_the_right_one(events: Events, queries: Queries) -> Scores:
        return np.where(oracle(events, queries) == 1, np.nan, 0).astype(np.float32)

    assert harness.ndcg(without_the_right_one, MADE.events, MADE.test) == 0


def test_products_that_were_seen_do_not_compete() -> None:
    # Everything that the shopper knows scores best, and still the right product is first.
    def known_first(events: Events, queries: Queries) -> Scores:
        scores = oracle(events, queries)
        for i, (user, end) in enumerate(zip(queries.user, queries.end, strict=True)):
            scores[i, events.item[events.starts[user] : end]] = 2
        return scores

    assert harness.ndcg(known_first, MADE.events, MADE.test) == 1


def test_baselines_find_what_they_look_for() -> None:
    found = {}
    for model in (Random(), Popularity(), RecentPopularity(), ItemKnn()):
        model.fit(SHOP.__class__(SHOP.name, SHOP.products, MADE.train, {}), MADE.events, MADE.validation)
        result = harness.evaluate(model.scores, MADE.events, MADE.known, MADE.test, len(SHOP.products))
        found[model.name] = result.metrics["ndcg@20"].value
        assert 0 < result.coverage <= 1
        assert sum(n for name, (n, _) in result.slices.items() if "product" in name) == len(MADE.test)
    assert found["item-kNN"] > 1.5 * found["popularity"], "tastes are planted, popularity is not"
