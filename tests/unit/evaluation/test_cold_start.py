"""Somebody of whom little is known is asked the same questions; a new product is one that the towers never saw."""

import numpy as np
import pytest

from tests.support.shops import small_shop
from trainers.evaluation.cold_start import curve, questions
from trainers.evaluation.cold_start.newcomers import Newcomers, without
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import history_rows, split
from trainers.two_tower import model
from trainers.two_tower.config import Config


@pytest.mark.parametrize("clicks", [0, 1, 3, 10])
def test_of_a_visitor_the_newest_events_are_known_and_nothing_else(clicks: int) -> None:
    shop = small_shop()
    made = split(shop.events, "time")
    asked = made.test.take(questions.eligible(made.events, made.test))
    events, queries = questions.shortened(made.events, asked, clicks, named=False)
    assert np.array_equal(queries.relevant, asked.relevant)
    assert all(name.startswith("visitors/") for name in events.users)
    for row in range(0, len(queries), 7):
        _, own = history_rows(events, queries.take(np.array([row])))
        _, whole = history_rows(made.events, asked.take(np.array([row])))
        assert events.item[own].tolist() == made.events.item[whole].tolist()[len(whole) - clicks :]
        assert (events.time[own] < queries.time[row]).all()


def test_a_shopper_with_a_name_keeps_what_they_said() -> None:
    shop = small_shop()
    made = split(shop.events, "time")
    stating = made.test.take(questions.stating(shop, made.test))
    assert {shop.events.users[user] for user in stating.user} <= shop.preferences.keys()
    events, _ = questions.shortened(made.events, stating, 1, named=True)
    assert set(events.users) <= shop.preferences.keys()


def test_the_towers_learn_nothing_of_a_new_product_and_place_it_by_its_content() -> None:
    shop = small_shop()
    new = questions.withheld(shop.products, shop.events, seed=3)
    assert len(new) == 24
    before = without(shop, new)
    gone = {shop.products.ids[item] for item in new}
    assert not gone & set(before.products.ids)
    assert len(before.events) == len(shop.events) - np.isin(shop.events.item, new).sum()
    kept = shop.events.where(~np.isin(shop.events.item, new))
    assert [before.products.ids[i] for i in before.events.item] == [shop.products.ids[i] for i in kept.item]

    towers = model.create(before, Config(progress=False, device="cpu", warm_start=False))
    assert not gone & set(towers.vocabularies.products.entries)
    made = split(shop.events, "time")
    asked = made.test.take(questions.about(made.test, new))
    assert set(asked.relevant.tolist()) <= set(new.tolist())
    assert len(asked)
    scores = Newcomers(towers, shop).scores(made.events, asked)
    assert scores.shape == (len(asked), len(shop.products))
    # A product that both know has the vector that it had before the others came.
    there = [i for i in range(len(shop.products)) if i not in set(new.tolist())]
    assert np.allclose(Newcomers(towers, shop)._vectors[there], towers.item_vectors(), atol=1e-5)


def test_a_curve_shows_each_model_with_its_intervals_and_the_aim() -> None:
    lines = {"a & b": [Estimate(0.2, 0.1, 0.3), Estimate(0.5, 0.4, 0.6)], "c": [Estimate(0.0, 0.0, 0.0)] * 2}
    drawn = curve.svg("Title", "share", ["0", "1"], lines, 0.6)
    assert "a &amp; b" in drawn
    assert drawn.count("<circle") == 4
    assert "the aim, 0.60" in drawn
    assert "NaN" not in drawn
