"""The ranking stage: what the towers found, in another order, each product once, and without the ranker as before."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aisle.catalog.v1.product_pb2 import Product
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse

from services.recs.domain.events import Kind
from services.recs.domain.scenarios import Action, Diversity, RetrieverName, RetrieverUse, Rule, Scenario
from services.recs.ports import Statistic, Vector
from services.recs.servicer import messages
from services.recs.use_cases.asking import Recommendations
from services.recs.use_cases.guards import Degradation
from services.recs.use_cases.scenario_book import ready
from tests.unit.recs.shop import Shop, ask, counted, ids, scenario
from tests.unit.recs.test_ranking_features import TRAINED, release, specification
from tests.unit.recs.test_recommending import every_page, some_shop

R = RetrieverName
LOOKED_AT = 12
HOME = scenario(R.TWO_TOWER)


def ranked_shop(count: int = 60) -> Shop:
    """Its ranker puts cheap products first, among the towers' best twelve."""
    shop = some_shop(count)
    made = release(specification(candidates=LOOKED_AT).replace('"dimension": 64', '"dimension": 8'))
    shop.release = replace(made, number=7, dimension=8)
    shop.saw("p1", "p2")
    return shop


def prices(shop: Shop, found: Recommendations) -> list[int]:
    return [shop.products[item].price.units for item in ids(found)]


async def test_the_towers_best_stand_in_the_rankers_order_and_the_others_behind_them() -> None:
    shop = ranked_shop()
    recommend = await shop.build()
    shop.broken = {"ranking"}
    plain = await recommend(ask(HOME, 30))
    shop.broken = set()
    found = await recommend(ask(HOME, 30))
    best, rest = ids(found)[:LOOKED_AT], ids(found)[LOOKED_AT:]
    assert set(best) == set(ids(plain)[:LOOKED_AT])
    assert rest == ids(plain)[LOOKED_AT:]
    assert prices(shop, found)[:LOOKED_AT] == sorted(prices(shop, found)[:LOOKED_AT]) != prices(shop, plain)[:LOOKED_AT]
    assert [len(asked) for asked in shop.rankings] == [LOOKED_AT], "one call"
    assert (plain.degraded, found.degraded) == ({Degradation.RANKING}, set())


async def test_products_are_read_while_the_ranker_computes_and_once() -> None:
    shop, ranking, reading = ranked_shop(), asyncio.Event(), asyncio.Event()
    recommend, scores, get = await shop.build(), shop.scores, shop.get

    async def scores_while_read(*given: Any) -> Vector:
        ranking.set()
        await reading.wait()
        return await scores(*given)

    async def read_while_ranked(asked: Sequence[str]) -> dict[str, Product]:
        reading.set()
        await ranking.wait()
        return await get(asked)

    # The first page learns what the ranker knows of products, which takes a read before it.
    await recommend(ask(HOME, 10))
    shop.hydrated = 0
    shop.scores, shop.get = scores_while_read, read_while_ranked  # type: ignore[method-assign]
    found = await recommend(ask(HOME, 10))
    assert (len(ids(found)), found.degraded, shop.hydrated) == (10, set(), 1)


async def test_what_cannot_be_shown_takes_no_place_of_the_ranked() -> None:
    shop = ranked_shop()
    shop.saw("p3", "p5", "p7", kind=Kind.PURCHASE)
    shop.saw("p9", kind=Kind.DISLIKE)
    await (await shop.build())(ask(HOME, 10, context_products=("p11",)))
    assert not {"p3", "p5", "p7", "p9", "p11"} & set(shop.rankings[0])
    assert len(shop.rankings[0]) == LOOKED_AT


@pytest.mark.parametrize("size", [5, 7, 12, 20])
@pytest.mark.parametrize(
    "given",
    [
        HOME,
        scenario(R.TWO_TOWER, R.TRENDING),
        scenario(R.TWO_TOWER, diversity=Diversity(max_per_brand=2, mmr=0.3)),
        scenario(R.TWO_TOWER, rules=(Rule("dear", Action.BOOST, filter="price > 40", strength=5.0),)),
        scenario(R.TWO_TOWER, rules=(Rule("first", Action.PIN, products=("p30",)),)),
    ],
)
async def test_pages_show_every_product_once_and_to_the_last(given: object, size: int) -> None:
    shop = ranked_shop()
    shop.statistics = [counted(Statistic.RANKING, "trending", "p30", "p31", "p32")]
    pages = await every_page(await shop.build(), given, size)
    shown = [item for page in pages for item in page]
    assert sorted(shown) == sorted(shop.products)
    assert all(len(page) == size for page in pages[:-1])


async def test_pages_go_on_where_they_were_when_the_ranker_comes_or_goes() -> None:
    for gone in ({0, 1}, {1, 2, 3}):
        shop = ranked_shop()
        recommend, after, shown = await shop.build(), None, list[str]()
        for number in range(20):
            shop.broken = {"ranking"} if number in gone else set()
            found = await recommend(ask(HOME, 5, after=after))
            shown += ids(found)
            after = found.following
            if after is None:
                break
        assert sorted(shown) == sorted(shop.products)


async def test_a_mix_takes_the_ranked_order_and_asks_the_ranker_once() -> None:
    shop = ranked_shop()
    shop.statistics = [counted(Statistic.RANKING, "trending", "p30", "p31")]
    uses = (RetrieverUse(R.TWO_TOWER, 1.0, 10), RetrieverUse(R.TRENDING, 0.001))
    found = await (await shop.build())(ask(ready(Scenario("mixed", "Mixed", uses)), 40))
    assert prices(shop, found)[:10] == sorted(prices(shop, found)[:10])
    assert len(shop.rankings) == 1 < len(ids(found)), "what fills the page after the mix is ranked already"


async def test_an_explanation_tells_rank_and_score_of_the_ranking() -> None:
    shop = ranked_shop()
    found = await (await shop.build())(ask(HOME, 20))
    reply = messages.recommendations(found, "", explain=True)
    stages = [[step.stage for step in result.explanation.steps] for result in reply.results]
    assert stages[:LOOKED_AT] == [["retrieve:two_tower", "rank", "order"]] * LOOKED_AT
    assert stages[LOOKED_AT:] == [["retrieve:two_tower", "order"]] * (20 - LOOKED_AT)
    ranked = [result.explanation.steps[1] for result in reply.results[:LOOKED_AT]]
    assert [step.rank for step in ranked] == list(range(1, LOOKED_AT + 1))
    assert [step.score for step in ranked] == [-float(price) for price in prices(shop, found)[:LOOKED_AT]]
    assert {step.rank for result in reply.results for step in result.explanation.steps[:1]} == set(range(1, 21))


async def test_a_release_without_a_ranker_answers_in_the_towers_order() -> None:
    shop = ranked_shop()
    for plain in (
        replace(shop.release, ranker_version=""),
        replace(release(TRAINED.to_json().replace('"dimension": 64', '"dimension": 8'), ""), number=7, dimension=8),
    ):
        shop.release = plain
        found = await (await shop.build())(ask(HOME, 10))
        assert (shop.rankings, found.degraded) == ([], set())
        assert [candidate.rank for candidate in found.picked] == list(range(1, 11))


async def test_products_that_were_seen_before_cost_no_call_of_the_catalogue() -> None:
    shop = ranked_shop()
    recommend = await shop.build()
    await recommend(ask(HOME, 5))
    calls = shop.hydrated
    await recommend(ask(HOME, 5))
    assert shop.hydrated == calls + 1, "the page itself"


def test_the_contract_has_a_name_for_every_part() -> None:
    values = RecommendResponse.Degradation.values()
    assert {messages.DEGRADATIONS[part] for part in Degradation} == set(values) - {0}
