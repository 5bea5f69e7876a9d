"""Retrievers, rules and explanations, with every part real."""

import grpc
import pytest
from aisle.recs.v1 import scenario_service_pb2 as pb
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from aisle.recs.v1.scenario_pb2 import Scenario
from aisle.recs.v1.scenario_service_pb2_grpc import ScenarioServiceStub
from google.protobuf.field_mask_pb2 import FieldMask

from tests.integration.recs.conftest import Metadata, Recs, until


def ids(reply: RecommendResponse) -> list[str]:
    return [result.product.removeprefix("products/") for result in reply.results]


async def row(recs: Recs, retriever: str, who: Metadata = (), **fields: object) -> RecommendResponse:
    return await recs.recommend(who, retriever=f"RETRIEVER_{retriever}", **fields)


async def test_rows_follow_what_shoppers_do(stocked: Recs) -> None:
    """Events alone, by way of log, worker and statistics, make every row."""
    for _ in range(3):
        _, other, _ = await stocked.visitor()
        await stocked.did(other, "VIEW", "p20", "p23")
        await stocked.did(other, "PURCHASE", "p40", "p43", region="SE")
        _, another, _ = await stocked.visitor()
        await stocked.did(another, "PURCHASE", "p2")  # so that the two are together more often than by chance
    name, who, _ = await stocked.visitor()
    await stocked.did(who, "VIEW", "p1", "p20")

    async def counted() -> bool:
        together = await row(stocked, "BOUGHT_TOGETHER", who, context_products=["products/p40"])
        return ids(together) == ["p43"]

    await until(counted, 20, "purchases to be counted")
    assert ids(await row(stocked, "RECENTLY_VIEWED", who)) == ["p20", "p1"]
    because = await row(stocked, "BECAUSE_VIEWED", who, page_size=5)
    assert (because.title, because.anchor) == ("Because you viewed The shoes p20", "products/p20")
    assert "p23" in ids(because)
    assert {result.explanation.reason for result in because.results} == {because.title}
    trending = ids(await row(stocked, "TRENDING"))
    assert {"p2", "p40", "p43"} == set(trending[:3])
    assert ids(await row(stocked, "POPULAR", filter="category = shirts"))[0] == "p43"
    assert ids(await row(stocked, "NEW_ARRIVALS", page_size=3)) == ["p59", "p58", "p57"]
    assert len(ids(await row(stocked, "SIMILAR", who, context_product="products/p3"))) == 20
    await stocked.did(who, "PURCHASE", "p6")

    async def bought() -> bool:
        return ids(await row(stocked, "BUY_AGAIN", who)) == ["p6"]

    await until(bought, 2, "what was bought")
    assert "p6" not in ids(await stocked.recommend(who, page_size=60))
    # Machines recommend to anybody by name; shoppers to themselves alone.
    letter = await stocked.recommend(stocked.admin, "email", shopper=name)
    assert letter.personalized
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stocked.recommend((await stocked.visitor())[1], "email", shopper=name)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_change_of_a_scenario_holds_at_once_and_can_be_tried_before(stocked: Recs) -> None:
    scenarios, me = ScenarioServiceStub(stocked.channel), {"metadata": stocked.admin}
    name, who, _ = await stocked.visitor()
    await stocked.did(who, "VIEW", "p0")

    async def known() -> bool:
        return (await stocked.recommend(who)).personalized

    await until(known, 2, "a personal page")
    home = await scenarios.GetScenario(pb.GetScenarioRequest(name="scenarios/home"), **me)
    rules = [
        {"display_name": "Shirts first", "action": "ACTION_BOOST", "filter": "category = shirts", "strength": 50},
        {"display_name": "Star", "action": "ACTION_PIN", "products": ["products/p8"], "position": 2},
        {"display_name": "Recall", "action": "ACTION_EXCLUDE", "products": ["products/p5"]},
    ]
    changed = Scenario(name=home.name, display_name="Shirts", retrievers=home.retrievers, rules=rules)
    tried = await scenarios.PreviewScenario(
        pb.PreviewScenarioRequest(scenario=changed, shopper=name, page_size=8), **me
    )
    shirts = [item for item in ids(tried) if int(item[1:]) % 2]
    assert (ids(tried)[1], len(shirts), tried.title) == ("p8", 7, "Shirts")
    first = tried.results[0].explanation
    assert list(first.rules) == ["boost: Shirts first"]
    assert [step.stage for step in first.steps] == ["retrieve:two_tower", "order"]
    assert first.steps[0].rank > first.steps[1].rank == 1
    assert ids(tried) != ids(await stocked.recommend(who, page_size=8))  # nothing was stored

    mask = FieldMask(paths=["rules"])
    await scenarios.UpdateScenario(pb.UpdateScenarioRequest(scenario=changed, update_mask=mask), **me)
    assert ids(await stocked.recommend(who, page_size=8)) == ids(tried)
    everything, token = list[str](), ""
    while True:
        reply = await stocked.recommend(who, page_size=8, page_token=token)
        everything += ids(reply)
        if not (token := reply.next_page_token):
            break
    assert sorted(everything) == sorted(stocked.shop.ids - {"p5"})


async def test_a_new_product_is_recommended_within_five_seconds(stocked: Recs) -> None:
    """The item tower gives it a vector on the server; nobody has seen it yet."""
    _, who, _ = await stocked.visitor()
    await stocked.did(who, "VIEW", "p0")
    for retriever, fields in (("NEW_ARRIVALS", {}), ("SIMILAR", {"context_product": "products/p0"}), ("TWO_TOWER", {})):
        new = f"p{len(stocked.shop.ids) + 100}"
        await stocked.shop.put(new, "shoes")

        async def found(new: str = new, retriever: str = retriever, fields: dict[str, str] = fields) -> bool:
            return new in ids(await row(stocked, retriever, who, page_size=100, **fields))

        await until(found, 5, f"{new} among {retriever}")
