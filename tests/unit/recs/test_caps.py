"""Pages of many kinds, also for whom one kind is nearest."""

import time
from collections import Counter

import numpy as np
import pytest

from services.recs.domain.scenarios import Action, Diversity, Exploration, RetrieverName, Rule
from tests.unit.recs.shop import Shop, ask, every_page, ids, product, scenario

R = RetrieverName
KINDS = ("shoes", "shirts", "hats", "bags", "belts")


def focused_shop(jackets: int, others: int) -> Shop:
    """Its shopper looks at jackets, to which all the other jackets are nearer than anything else."""
    kinds = ["jackets"] * jackets + [KINDS[i % len(KINDS)] for i in range(others)]
    shop = Shop([product(f"p{i}", kind, brand=f"b{i}") for i, kind in enumerate(kinds)])
    shop.rows[:jackets] = np.eye(8, dtype=np.float32)[0] + 0.01 * shop.rows[:jackets]
    shop.rows /= np.linalg.norm(shop.rows, axis=1, keepdims=True)
    shop.saw("p0")
    return shop


def kinds_of(shop: Shop, items: list[str]) -> Counter[str]:
    return Counter(shop.products[item].category.removeprefix("categories/") for item in items)


@pytest.mark.parametrize("jackets", [60, 100, 250])
@pytest.mark.parametrize("mmr", [0.0, 0.3])
async def test_a_page_keeps_its_caps_for_whom_one_kind_is_nearest(jackets: int, mmr: float) -> None:
    shop = focused_shop(jackets, 140)
    given = scenario(R.TWO_TOWER, diversity=Diversity(max_per_category=4, mmr=mmr))
    found = await (await shop.build())(ask(given, 20))
    kinds = kinds_of(shop, ids(found))
    assert (sum(kinds.values()), max(kinds.values()), kinds["jackets"]) == (20, 4, 4)


async def test_what_caps_leave_over_is_shown_later_and_once() -> None:
    shop = focused_shop(250, 300)
    given = scenario(R.TWO_TOWER, diversity=Diversity(max_per_category=4))
    pages = await every_page(await shop.build(), given, 20)
    shown = [item for page in pages for item in page]
    assert sorted(shown) == sorted(shop.products)
    assert {len(page) for page in pages[:-1]} == {20}


async def test_what_is_left_of_a_window_is_looked_behind_too() -> None:
    shop = focused_shop(100, 300)
    given = scenario(R.TWO_TOWER, diversity=Diversity(max_per_category=4))
    pages = await every_page(await shop.build(), given, 20)
    assert [max(kinds_of(shop, page).values()) for page in pages[:8]] == [4] * 8


async def test_caps_are_given_up_where_nothing_else_is_near_and_the_work_is_bounded() -> None:
    shop = focused_shop(400, 100)
    recommend = await shop.build()
    given = scenario(R.TWO_TOWER, diversity=Diversity(max_per_category=4))
    assert kinds_of(shop, ids(await recommend(ask(given, 20)))) == {"jackets": 20}
    assert shop.searches <= 8
    shop.searches = 0
    await recommend(ask(given, 20, text="category = shoes AND brand : b1"))
    assert shop.searches <= 2, "there are no more to look at"


async def test_what_is_pinned_or_explored_counts_against_the_caps() -> None:
    shop = focused_shop(60, 140)
    shop.products["p70"].create_time.seconds = shop.products["p75"].create_time.seconds = int(time.time())
    pinned = ("p50", "p51", "p52")
    given = scenario(
        R.TWO_TOWER,
        rules=(Rule("Sale", Action.PIN, pinned),),
        diversity=Diversity(max_per_category=4),
        exploration=Exploration(0.1, 7),
    )
    found = await (await shop.build())(ask(given, 20))
    assert set(pinned) < set(ids(found))
    assert {"p70", "p75"} < set(ids(found))
    assert max(kinds_of(shop, ids(found)).values()) == 4
    few = scenario(R.TWO_TOWER, diversity=Diversity(max_per_category=1), exploration=Exploration(0.5, 7))
    shown = ids(await (await shop.build())(ask(few, 6)))
    assert kinds_of(shop, shown) == dict.fromkeys(("jackets", *KINDS), 1)
