"""The whole way of a recommendation, over parts in memory."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aisle.recs.v1.scenario_pb2 import Retriever
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import REGISTRY

from services.kit.errors import InvalidArgument, NotFound
from services.recs.domain.events import Kind
from services.recs.domain.scenarios import Action, Diversity, Exploration, RetrieverName, RetrieverUse, Rule, Scenario
from services.recs.ports import Statistic
from services.recs.servicer.scenario_messages import RETRIEVERS
from services.recs.use_cases import position, retrievers, wording
from services.recs.use_cases.guards import Degradation
from services.recs.use_cases.planning import PARTS
from services.recs.use_cases.position import REMEMBERED
from services.recs.use_cases.recommend import Recommend
from services.recs.use_cases.scenario_book import ready
from tests.unit.recs.shop import Shop, ask, counted, every_page, ids, product, scenario

R = RetrieverName
SECONDS = "aisle_recs_stage_seconds"


def some_shop(count: int = 60, **fields: Any) -> Shop:
    """Shoes and shirts of three brands, p0 the oldest."""
    return Shop(
        [
            product(
                f"p{i}",
                "shoes" if i % 2 == 0 else "shirts",
                brand=f"b{i % 3}",
                price=10 + i,
                create_time=Timestamp(seconds=1_000 + i),
                **fields,
            )
            for i in range(count)
        ]
    )


ROWS = {
    R.BOUGHT_TOGETHER: ["p5", "p7"],
    R.TRENDING: ["p30", "p31", "p32"],
    R.POPULAR: ["p40", "p41"],
    R.RECENTLY_VIEWED: ["p9", "p8", "p1"],
    R.BUY_AGAIN: ["p51", "p50"],
}


async def furnished() -> Recommend:
    shop = some_shop()
    shop.popular = ("p40", "p41")
    shop.statistics = [
        counted(Statistic.BOUGHT_WITH, "p2", "p5", "p7"),
        counted(Statistic.VIEWED_WITH, "p9", "p20"),
        counted(Statistic.RANKING, "trending", "p30", "p31", "p32"),
        counted(Statistic.RANKING, "category/shirts", "p33", "p35"),
        counted(Statistic.RANKING, "region/SE", "p44"),
        counted(Statistic.REPEATED, "", "p51"),
    ]
    shop.saw("p1")
    shop.saw("p50", "p51", kind=Kind.PURCHASE)
    shop.saw("p8", "p9")
    return await shop.build()


@pytest.mark.parametrize("retriever", ROWS, ids=str)
async def test_a_retriever_alone_shows_what_it_finds_and_nothing_else(retriever: RetrieverName) -> None:
    recommend = await furnished()
    found = await recommend(ask(scenario(R.TWO_TOWER), retriever=retriever, context_product="p2"))
    assert ids(found) == ROWS[retriever]
    assert found.reasons[R.BOUGHT_TOGETHER] == "Often bought together with The p2"
    assert {candidate.retriever for candidate in found.picked} == {retriever}


async def test_because_you_viewed_names_the_product() -> None:
    found = await (await furnished())(ask(scenario(R.TWO_TOWER), retriever=R.BECAUSE_VIEWED))
    assert (found.title, found.anchor) == ("Because you viewed The p9", "p9")
    assert found.reasons[R.BECAUSE_VIEWED] == found.title
    # Behaviour counts beside content: who viewed p9 viewed p20.
    assert "p20" in ids(found)[:2]
    assert not {"p9", "p50", "p51"} & set(ids(found))


async def test_popular_is_counted_where_the_page_is() -> None:
    recommend = await furnished()
    shirts = await recommend(ask(scenario(R.POPULAR), text="category = shirts AND price > 11", shopper=""))
    assert ids(shirts)[:3] == ["p33", "p35", "p41"]
    assert ids(await recommend(ask(scenario(R.POPULAR), region="SE", shopper="")))[:3] == ["p44", "p40", "p41"]


async def test_somebody_unknown_gets_the_fallbacks_and_a_row_stays_empty() -> None:
    recommend = await some_shop().build()
    assert len(ids(await recommend(ask(scenario(R.BECAUSE_VIEWED), shopper="")))) == 10
    assert ids(await recommend(ask(scenario(R.TRENDING), retriever=R.RECENTLY_VIEWED, shopper=""))) == []


MIXES = [
    scenario(R.TWO_TOWER),
    scenario(R.TRENDING, R.TWO_TOWER),
    scenario(R.BOUGHT_TOGETHER, R.SIMILAR, R.NEW_ARRIVALS, R.BUY_AGAIN),
    scenario(R.POPULAR, diversity=Diversity(max_per_category=2, max_per_brand=3, mmr=0.3)),
    scenario(
        R.TWO_TOWER,
        rules=(
            Rule("a", Action.BOOST, filter="brand = b1"),
            Rule("b", Action.BURY, filter="price < 30", strength=5),
            Rule("c", Action.PIN, ("p3", "p4"), position=2),
        ),
        exploration=Exploration(0.2, 10_000),
    ),
]


@pytest.mark.parametrize("given", MIXES)
@pytest.mark.parametrize("size", [7, 20])
async def test_pages_show_every_product_once_and_to_the_last(given: Any, size: int) -> None:
    shop = some_shop()
    shop.statistics = [
        counted(Statistic.BOUGHT_WITH, "p2", "p5", "p7"),
        counted(Statistic.RANKING, "trending", *(f"p{i}" for i in range(30, 50))),
    ]
    shop.popular = tuple(f"p{i}" for i in range(20))
    shop.saw("p1", "p3")
    shop.saw("p10", kind=Kind.DISLIKE)
    pages = await every_page(await shop.build(), given, size, context_product="p2")
    shown = [item for page in pages for item in page]
    assert len(shown) == len(set(shown))
    assert set(shown) == set(shop.products) - {"p2", "p10"}
    assert {len(page) for page in pages[: 58 // size]} == {size}


@pytest.mark.parametrize("shopper", ["users/u", ""])
@pytest.mark.parametrize("given", [scenario(R.TWO_TOWER), scenario(R.SIMILAR), scenario(R.TRENDING, R.TWO_TOWER)])
async def test_a_page_is_full_of_what_lies_behind_the_last_rank_of_the_index(
    given: Any, shopper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = some_shop()
    shop.popular = ("p40", "p41")
    shop.saw("p1")
    recommend = await shop.build()
    nearest = ids(await recommend(ask(scenario(R.TWO_TOWER), 60)))
    teal = {*nearest[:2], *nearest[20:25], "p40"}
    for item in teal:
        shop.products[item].attributes["colour"] = "Teal"
    monkeypatch.setattr(retrievers, "MOST", 16)
    fields = {"shopper": shopper, "context_product": "p9"}
    pages = await every_page(recommend, given, 3, text='attributes.colour = "Teal"', **fields)
    assert [len(page) for page in pages[:2]] == [3, 3]
    assert sorted(item for page in pages for item in page) == sorted(teal - {"p9"})
    everything = [item for page in await every_page(recommend, given, 7, **fields) for item in page]
    assert sorted(everything) == sorted(set(shop.products) - {"p9"})


async def test_no_product_comes_twice_where_pages_have_forgotten_what_the_index_gave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = some_shop(200)
    shop.saw("p1")
    recommend = await shop.build()
    monkeypatch.setattr(retrievers, "MOST", 100)
    monkeypatch.setattr(position, "REMEMBERED", 10)
    shown = [item for page in await every_page(recommend, scenario(R.TWO_TOWER), 7) for item in page]
    assert sorted(shown) == sorted(shop.products)
    shop.searches = 0
    assert len(ids(await recommend(ask(scenario(R.TWO_TOWER), 7)))) == 7
    assert shop.searches == 1


async def test_without_a_part_the_page_is_full_and_says_so() -> None:
    shop = some_shop()
    shop.popular = ("p40", "p41")
    shop.saw("p1")
    recommend = await shop.build()
    for broken, what in (("inference", Degradation.INFERENCE), ("index", Degradation.INDEX)):
        shop.broken = {broken}
        for given in (scenario(R.TWO_TOWER), scenario(R.TWO_TOWER, R.TRENDING)):
            found = await recommend(ask(given))
            assert (ids(found)[:2], len(ids(found)), found.degraded) == (["p40", "p41"], 10, {what})
    shop.broken = {"release"}
    assert (await recommend(ask(scenario(R.SIMILAR, R.TWO_TOWER)))).degraded == {Degradation.NO_RELEASE}


async def test_a_place_for_a_product_needs_one_that_exists() -> None:
    recommend = await some_shop().build()
    beside = scenario(R.SIMILAR, needs_product=True)
    with pytest.raises(InvalidArgument):
        await recommend(ask(beside))
    with pytest.raises(NotFound):
        await recommend(ask(beside, context_product="none"))
    assert len(ids(await recommend(ask(beside, context_product="p1")))) == 10


async def test_rules_hold_for_their_time_and_for_every_retriever() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    rules = (
        Rule("recall", Action.EXCLUDE, ("p30",), start_time=now, end_time=now + timedelta(days=1)),
        Rule("no shirts", Action.EXCLUDE, filter="category = shirts", start_time=now),
        Rule("off", Action.EXCLUDE, filter="category = shoes", disabled=True),
    )
    recommend = await furnished()
    for used in ((R.TRENDING,), (R.TWO_TOWER,), (R.POPULAR, R.NEW_ARRIVALS), (R.BUY_AGAIN,)):
        given = scenario(*used, rules=rules)
        before, during, after = [
            set(ids(await recommend(ask(given, 60, rule_time=now + timedelta(days=days))))) for days in (-1, 0, 2)
        ]
        assert "p30" in before
        assert len(before) >= 57
        assert all(int(item[1:]) % 2 == 0 for item in during)
        assert "p30" not in during
        assert "p30" in after


async def test_pins_stand_where_they_were_put_if_they_may_be_shown() -> None:
    shop = some_shop()
    shop.products["p6"].in_stock = False
    shop.saw("p1")
    given = scenario(R.TWO_TOWER, rules=(Rule("Sale", Action.PIN, ("p5", "p6", "p7"), position=3),))
    recommend = await shop.build()
    found = await recommend(ask(given))
    assert ids(found)[2] == "p5"
    assert ids(found)[4] == "p7"
    assert "p6" not in ids(found)
    assert found.ordered["p5"].rules == ("pin: Sale",)
    second = await recommend(ask(given, after=found.following))
    assert not {"p5", "p6", "p7"} & set(ids(second))
    assert "p7" not in ids(await recommend(ask(given, text="category = shoes")))


async def test_pins_beyond_the_page_stand_where_they_would_without_a_pin() -> None:
    shop = some_shop()
    shop.saw("p1")
    recommend = await shop.build()
    given = scenario(R.TWO_TOWER, rules=(Rule("Sale", Action.PIN, ("p4", "p5", "p6", "p7"), position=4),))
    pages = await every_page(recommend, given, 4)
    assert pages[0][3] == "p4"
    found = [item for page in pages for item in page]
    plain = [item for page in await every_page(recommend, scenario(R.TWO_TOWER), 4) for item in page]
    assert [item for item in found if item != "p4"] == [item for item in plain if item != "p4"]


async def test_a_pin_is_shown_once_however_many_pages_follow() -> None:
    shop = some_shop(REMEMBERED + 50)
    shop.saw("p1")
    recommend = await shop.build()
    last = ids(await recommend(ask(scenario(R.TWO_TOWER), 600)))[-1]
    given = scenario(R.TWO_TOWER, rules=(Rule("Sale", Action.PIN, (last,)),))
    shown = [item for page in await every_page(recommend, given, 30) for item in page]
    assert (shown[0], shown.count(last)) == (last, 1)


async def test_what_the_shop_excludes_is_not_pinned_either() -> None:
    rules = (Rule("Sale", Action.PIN, ("p5",)), Rule("Recall", Action.EXCLUDE, ("p5",)))
    pages = await every_page(await some_shop().build(), scenario(R.TWO_TOWER, rules=rules), 20)
    assert "p5" not in {item for page in pages for item in page}


async def test_boosts_and_buries_move_products_and_are_named() -> None:
    shop = some_shop()
    shop.saw("p1")
    recommend = await shop.build()
    plain = ids(await recommend(ask(scenario(R.TWO_TOWER), 30)))
    last, first = plain[25], plain[0]
    rules = (Rule("Up", Action.BOOST, (last,), strength=9), Rule("Down", Action.BURY, (first,), strength=9))
    moved = await recommend(ask(scenario(R.TWO_TOWER, rules=rules), 10))
    assert ids(moved)[0] == last
    assert first not in ids(moved)
    assert moved.ordered[last].rules == ("boost: Up",)


async def test_new_products_get_their_share_of_places_and_all_their_turn() -> None:
    shop = some_shop()
    now = int(time.time())
    new = {f"p{i}" for i in range(30, 36)}
    for item in new:
        shop.products[item].create_time.seconds = now - 60
    shop.saw("p1")
    recommend = await shop.build()
    given = scenario(R.TWO_TOWER, exploration=Exploration(0.15, 7))
    shown: list[str] = []
    for i in range(40):
        found = await recommend(ask(given, 10, shopper=f"users/u{i}"))
        explored = [item for item in ids(found) if found.ordered[item].rules]
        assert set(explored) <= new
        assert 1 <= len(explored) <= 2
        shown += explored
    assert set(shown) == new
    assert 1.2 <= len(shown) / 40 <= 1.8


async def test_a_page_is_of_many_kinds_where_it_can_be() -> None:
    shop = some_shop()
    shop.saw("p1")
    recommend = await shop.build()
    found = await recommend(ask(scenario(R.TWO_TOWER, diversity=Diversity(max_per_brand=4)), 12))
    brands = [shop.products[item].brand for item in ids(found)]
    assert {brand: brands.count(brand) for brand in brands} == {"b0": 4, "b1": 4, "b2": 4}
    only = await recommend(ask(scenario(R.TWO_TOWER, diversity=Diversity(max_per_brand=4)), 12, text="brand = b1"))
    assert len(ids(only)) == 12


async def test_every_stage_of_a_request_is_timed() -> None:
    def timed() -> dict[str, float]:
        named = {name: {"stage": name} for name in ("plan", "mix", "filter", "order")}
        return {name: REGISTRY.get_sample_value(f"{SECONDS}_count", labels) or 0 for name, labels in named.items()}

    recommend, before = await furnished(), timed()
    await recommend(ask(scenario(R.TRENDING, R.TWO_TOWER, diversity=Diversity(max_per_category=4))))
    assert [name for name, count in timed().items() if count == before[name]] == []


async def test_an_explanation_tells_of_every_stage() -> None:
    recommend = await furnished()
    given = ready(
        Scenario("mixed", "Mixed", (RetrieverUse(R.TRENDING, 3.0), RetrieverUse(R.TWO_TOWER)), filter="price < 1000")
    )
    found = await recommend(ask(given, 5))
    best = found.picked[0]
    assert (best.retriever, best.place) == (R.TRENDING, 1)
    assert best.mixed == pytest.approx(
        sum((3.0 if s.retriever == R.TRENDING else 1.0) / (60 + s.rank) for s in best.sources)
    )
    assert found.ordered[best.product_id].rank == 1
    assert found.title == "Mixed"


def test_every_retriever_of_the_contract_is_made_and_worded() -> None:
    assert set(PARTS) == set(RetrieverName) == set(wording.TITLES)
    assert set(RetrieverName) <= set(wording.REASONS)
    assert {0, *RETRIEVERS.values()} == set(Retriever.values())


async def test_popular_products_alone_go_on_beyond_what_they_would_give_to_a_mix() -> None:
    """The last resort, any product newest first, comes after all of them."""
    shop = some_shop(120)
    shop.popular = tuple(f"p{i}" for i in range(70))
    used = ready(Scenario("some", "Some", (RetrieverUse(R.POPULAR, limit=5),)))
    pages = await every_page(await shop.build(), used, 20, shopper="")
    assert [item for page in pages for item in page][:70] == list(shop.popular)
