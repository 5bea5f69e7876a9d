from pathlib import Path

import numpy as np
import pytest

from trainers.datasets import KINDS, aisle
from trainers.simulator.ceiling import Truth, read_truth
from trainers.simulator.posterior.following import chances, going_on
from trainers.simulator.posterior.prior import LEVELS, Prior
from trainers.simulator.posterior.sampler import Sampler
from trainers.simulator.posterior.visits import Visit, cut
from trainers.simulator.shoppers.items import DAY_S
from trainers.simulator.shoppers.sessions import behave
from trainers.simulator.shoppers.tastes import make_shopper

YEAR_S, SEED = 365 * DAY_S, 3


@pytest.fixture(scope="module")
def truth(simulated: Path) -> Truth:
    return read_truth(simulated, aisle.read_products(simulated / "products.parquet"))


def test_a_visit_ends_with_a_pause_and_with_another_leaf(truth: Truth) -> None:
    items = truth.items
    first, second = items.members[0][:2].tolist(), items.members[1][:1].tolist()
    item = np.array([first[0], first[0], first[1], second[0], first[0]])
    kinds = np.array([KINDS[name] for name in ("VIEW", "LIKE", "VIEW", "VIEW", "VIEW")])
    found = cut(items, item, kinds, np.array([0.0, 30.0, 60.0, 90.0, 90.0 + DAY_S]))
    assert [[view.item for view in visit.views] for visit in found] == [first, second, first[:1]]
    assert [view.liked for view in found[0].views] == [True, False]
    assert [visit.place for visit in found] == [0, 1, 0]


def test_chances_are_a_distribution_and_stay_in_the_leaf_of_the_last_view(truth: Truth) -> None:
    items = truth.items
    item = items.members[0][:1]
    visits = cut(items, item, np.array([KINDS["VIEW"]]), np.array([float(items.launch.max()) + DAY_S]))
    leaves = np.full(len(items.leaves), 1 / len(items.leaves))
    now = visits[0].start + 30
    found = chances(items, visits, False, now, leaves, np.zeros(len(items)))
    assert found[items.leaf == 0].sum() / found.sum() > 0.8
    assert found[item[0]] < 0.01 * found.sum()
    later = chances(items, visits, True, now + DAY_S, leaves, np.zeros(len(items)))
    assert later.sum() == pytest.approx(1, abs=0.01)
    assert later[items.leaf == 0].sum() < 0.1


def test_visits_go_on_less_and_less() -> None:
    chance = [going_on(views) for views in range(1, 8)]
    assert chance == sorted(chance, reverse=True)
    assert chance[0] == pytest.approx(1 - np.exp(-2.6))


def test_tastes_that_are_drawn_come_near_the_planted_ones(truth: Truth) -> None:
    """Of shoppers whose taste never changed: more of the planted price level, leaves and likes than chance has."""
    items = truth.items
    start = float(items.launch.max())
    prior = Prior(items, start, start + YEAR_S)
    off, likes, chance, leaves = [], [], [], []
    for number in range(1, 200):
        shopper = make_shopper(number, items, SEED, start, start + YEAR_S, "t-")
        visits = _visits(truth, number, start)
        if len(shopper.tastes) > 1 or sum(len(visit.views) for visit in visits) < 25:
            continue
        taste = shopper.tastes[0]
        sampler = Sampler(prior, 2, np.random.default_rng(number))
        states = sampler.draw(visits, start + YEAR_S, 40, 15)
        level = np.mean([LEVELS[state.level[:, 0]].mean() for state in states])
        off.append(abs(level - taste.level) - abs(0.5 - taste.level))
        likes.append(np.mean([(state.likes[:, 0] == taste.likes).mean() for state in states]))
        chance.append(np.mean([share[like] for share, like in zip(prior.likes, taste.likes, strict=True)]))
        leaves.append(np.mean([np.isin(state.leaves()[:, 0], taste.leaves).mean() for state in states]))
        if len(off) == 5:
            break
    assert len(off) == 5
    assert np.mean(off) < 0
    assert np.mean(likes) > 1.5 * np.mean(chance)
    assert np.mean(leaves) > 0.5


def _visits(truth: Truth, number: int, start: float) -> list[Visit]:
    shopper = make_shopper(number, truth.items, SEED, start, start + YEAR_S, "t-")
    acts = behave(shopper, number, truth.items, SEED, start, start + YEAR_S).acts
    seen = [(act.item, KINDS[act.kind.upper()], act.time) for act in acts if act.kind.upper() in KINDS]
    item, kind, time = (np.array(column) for column in zip(*seen, strict=True))
    return cut(truth.items, item, kind, time)
