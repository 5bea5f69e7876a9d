from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from tests.unit.simulator.conftest import watch
from trainers.datasets import Products, aisle
from trainers.simulator.ceiling import Truth, read_truth
from trainers.simulator.shoppers.items import Items, plant
from trainers.simulator.shoppers.sessions import behave
from trainers.simulator.shoppers.tastes import make_shopper

Rows = list[dict[str, Any]]
START, UNTIL = watch().start.timestamp(), watch().until.timestamp()


@pytest.fixture(scope="module")
def events(simulated: Path) -> Rows:
    return parquet.read_table(simulated / "events.parquet").to_pylist()


@pytest.fixture(scope="module")
def truth(simulated: Path) -> Truth:
    return read_truth(simulated, aisle.read_products(simulated / "products.parquet"))


def placed(events: Rows, truth: Truth, kind: str) -> list[tuple[str, int, float]]:
    """Shopper, product and time of the events of a kind."""
    index = {name: i for i, name in enumerate(truth.items.ids)}
    return [(row["user"], index[row["product"]], row["time"].timestamp()) for row in events if row["kind"] == kind]


def test_shoppers_open_what_they_like(events: Rows, truth: Truth) -> None:
    """Utility, price, brand and attribute values of what was opened, against all of the same leaf."""
    opened, leaf, levels, expected = [], [], [], []
    for user, item, time in placed(events, truth, "view"):
        taste = max((t for t in truth.tastes[user] if t.since <= time), key=lambda t: t.since)
        members = truth.items.members[truth.items.leaf[item]]
        opened.append(taste.utility(truth.items, np.array([item]), time)[0])
        leaf.append(taste.utility(truth.items, members, time).mean())
        levels.append(abs(truth.items.level[item] - taste.level))
        expected.append(np.abs(truth.items.level[members] - taste.level).mean())
    assert np.mean(opened) > np.mean(leaf) + 0.5
    assert np.mean(levels) < 0.9 * np.mean(expected)


def test_what_is_bought_is_liked_more_than_what_is_opened_and_disliked_less(events: Rows, truth: Truth) -> None:
    def mean(kind: str) -> float:
        found = []
        for user, item, time in placed(events, truth, kind):
            taste = max((t for t in truth.tastes[user] if t.since <= time), key=lambda t: t.since)
            found.append(taste.utility(truth.items, np.array([item]), time)[0])
        return float(np.mean(found))

    assert mean("purchase") > mean("view") + 0.3
    assert mean("dislike") < mean("view") - 0.3


def test_tastes_drift(events: Rows, truth: Truth) -> None:
    """Those whose first leaf changes visit the new one after the change and hardly before."""
    before, after = [], []
    for user, item, time in placed(events, truth, "view"):
        tastes = truth.tastes[user]
        if len(tastes) < 2 or tastes[1].leaves[0] in tastes[0].leaves:
            continue
        (after if time >= tastes[1].since else before).append(truth.items.leaf[item] == tastes[1].leaves[0])
    assert np.mean(after) > 0.25 > 3 * np.mean(before)


def test_things_are_bought_together(events: Rows, truth: Truth) -> None:
    """Two purchases of one session are more often of leaves that go together than two of different days are."""
    partner = truth.items.partner
    bought = placed(events, truth, "purchase")
    together, apart = [], []
    for (user, one, at), (other_user, other, later) in pairwise(bought):
        first, second = truth.items.leaf[one], truth.items.leaf[other]
        if user == other_user and first != second:
            (together if later - at < 3600 else apart).append(second in partner[first] or first in partner[second])
    assert np.mean(together) > 2 * np.mean(apart)


def test_some_products_are_much_more_popular(events: Rows, truth: Truth) -> None:
    counts = Counter(item for _, item, _ in placed(events, truth, "view"))
    most = sum(count for _, count in counts.most_common(len(truth.items) // 5))
    assert most > 0.38 * counts.total()


def test_the_top_of_the_page_is_opened_more_though_nothing_is_better() -> None:
    items = replace(same_products(), quality=np.zeros(24), peak=np.full(24, -np.inf), level=np.full(24, 0.5))
    places = Counter[int]()
    for number in range(100):
        shopper = make_shopper(number, items, 1, START, UNTIL, "s-")
        places.update(
            act.position for act in behave(shopper, number, items, 1, START, UNTIL).acts if act.kind == "view"
        )
    top, bottom = (sum(places[place] for place in range(first, first + 6)) for first in (1, 19))
    assert top > 2 * bottom > 0


def same_products() -> Items:
    blank = [""] * 24
    names = [f"p{i}" for i in range(24)]
    products = Products(names, names, [("all",)] * 24, blank, np.full(24, 5.0), [{}] * 24)
    return plant(products, 1, START, UNTIL)


def test_products_are_not_seen_before_they_come_into_the_shop(events: Rows, truth: Truth) -> None:
    seen = placed(events, truth, "view") + placed(events, truth, "impression")
    assert all(truth.items.launch[item] <= time for _, item, time in seen)
    assert any(truth.items.launch[item] > START for _, item, _ in seen)


def test_reviews_say_what_the_stars_say(simulated: Path) -> None:
    from trainers.simulator.shoppers.reviews import TITLES

    rows = parquet.read_table(simulated / "reviews.parquet").to_pylist()
    rated = {(row["user"], row["product"], row["rating"]) for row in events_rated(simulated)}
    assert rows
    for row in rows:
        assert row["title"] in TITLES[row["rating"]]
        assert (row["user"], row["product"], row["rating"]) in rated


def events_rated(folder: Path) -> Rows:
    return [row for row in parquet.read_table(folder / "events.parquet").to_pylist() if row["kind"] == "rate"]
