"""Recommendations that follow what shoppers do, with every part real."""

import asyncio

import grpc
import pytest
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from aisle.users.v1.account_service_pb2 import Preferences, SignUpRequest, UpdatePreferencesRequest

from tests.integration.recs.conftest import Metadata, Recs, bearer, until


def ids(reply: RecommendResponse) -> list[str]:
    return [result.product.removeprefix("products/") for result in reply.results]


def of(category: int, reply: RecommendResponse) -> int:
    """How many are shoes (0) or shirts (1)."""
    return sum(int(item[1:]) % 2 == category for item in ids(reply))


async def personalised(recs: Recs, who: Metadata) -> RecommendResponse:
    async def ask() -> RecommendResponse | None:
        reply = await recs.recommend(who, page_size=10)
        return reply if reply.personalized and not reply.degraded else None

    reply: RecommendResponse = await until(ask, 1, "a personalised page")
    return reply


async def test_an_event_changes_the_next_recommendation(stocked: Recs) -> None:
    _, who, _ = await stocked.visitor()
    assert not (await stocked.recommend(who)).personalized
    await stocked.did(who, "VIEW", "p1", "p3")
    assert of(1, await personalised(stocked, who)) == 10
    await stocked.did(who, "LIKE", "p2", "p4", "p6", "p8")

    async def shoes() -> bool:
        return of(0, await stocked.recommend(who, page_size=10)) >= 8

    await until(shoes, 1, "shoes on the page")


async def test_preferences_alone_personalise(stocked: Recs) -> None:
    request = SignUpRequest(email="new@shop.test", password="correct horse", display_name="New")
    session = await stocked.accounts.SignUp(request)
    who = bearer(session.access_token)
    preferences = Preferences(name="users/me/preferences", categories=["categories/shirts"])
    await stocked.accounts.UpdatePreferences(UpdatePreferencesRequest(preferences=preferences), metadata=who)
    assert of(1, await personalised(stocked, who)) == 10


async def test_what_a_visitor_did_counts_after_the_log_in(stocked: Recs) -> None:
    name, who, refresh = await stocked.visitor()
    await stocked.did(who, "VIEW", "p1", "p3", "p5")
    request = SignUpRequest(
        email="robin@shop.test", password="correct horse", display_name="Robin", visitor_refresh_token=refresh
    )
    session = await stocked.accounts.SignUp(request)
    account = bearer(session.access_token)

    async def moved() -> bool:
        return (await stocked.recommend(account)).personalized

    await until(moved, 3, "the history to move")
    assert of(1, await personalised(stocked, account)) == 10
    await stocked.did(who, "VIEW", "p7")  # the visitor's token lives a little longer

    async def late() -> bool:
        return "p7" in await stocked.history(account)

    await until(late, 3, "the late event to move")
    assert name != session.subject


async def test_the_page_is_full_while_products_exist_that_may_be_shown(stocked: Recs) -> None:
    """Bought, disliked, out of stock, too young, sold elsewhere: gone from every page, and others come instead."""
    shop, (_, who, _) = stocked.shop, await stocked.visitor()
    await stocked.did(who, "VIEW", "p0")
    await stocked.did(who, "PURCHASE", "p2", "p4")
    await stocked.did(who, "DISLIKE", "p6")
    await shop.put("p8", "shoes", stock=0)
    await shop.put("p10", "shoes", age_limit=18)
    await shop.put("p12", "shoes", regions=["SE"])
    gone = {"p2", "p4", "p6", "p8", "p10", "p12"}

    async def excluded() -> bool:
        reply = await stocked.recommend(who, page_size=60, region="DE")
        return reply.personalized and len(reply.results) == 54 and not gone & set(ids(reply))

    await until(excluded, 2, "54 products that may be shown")
    older = ids(await stocked.recommend(who, page_size=60, region="SE", age=40))
    assert {"p10", "p12"} <= set(older)
    await stocked.did(who, "LIKE", "p6")

    async def forgiven() -> bool:
        return "p6" in ids(await stocked.recommend(who, page_size=60))

    await until(forgiven, 1, "the product that is liked again")


async def test_filters_are_pushed_down_and_checked_again(stocked: Recs) -> None:
    _, who, _ = await stocked.visitor()
    await stocked.did(who, "VIEW", "p0")
    await personalised(stocked, who)
    reply = await stocked.recommend(who, page_size=20, filter='category = "shirts"')
    assert (len(reply.results), of(1, reply)) == (20, 20)
    cheap = await stocked.recommend(who, page_size=100, filter="price < 15 AND NOT category = shoes")
    assert sorted(ids(cheap)) == ["p1", "p3"]
    assert not (await stocked.recommend(who, filter='brand:"nor" AND price > 1000')).results
    everything = await stocked.recommend(who, page_size=100, filter='brand:"nor"')
    assert len(everything.results) == 60
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stocked.recommend(who, filter="size = 3")
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("known", [True, False])
async def test_pages_show_every_product_once(stocked: Recs, known: bool) -> None:
    _, who, _ = await stocked.visitor()
    if known:
        await stocked.did(who, "VIEW", "p0", "p1")
        await personalised(stocked, who)
    seen: list[str] = []
    token = ""
    while True:
        reply = await stocked.recommend(who, page_size=7, page_token=token)
        seen += ids(reply)
        if known and len(seen) == 21:
            await stocked.did(who, "LIKE", "p3", "p5", "p7")  # the pages to come stay in the order that was begun
            await asyncio.sleep(0.2)
        token = reply.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 60
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stocked.recommend(who, page_size=7, page_token=reply.attribution_token)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_product_page_shows_similar_products(stocked: Recs) -> None:
    reply = await stocked.recommend(scenario="product", context_product="products/p3", page_size=10)
    assert of(1, reply) == 10
    assert "p3" not in ids(reply)
    assert {result.explanation.retriever for result in reply.results} == {"similar"}
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stocked.recommend(scenario="product", context_product="products/none")
    assert error.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stocked.recommend(scenario="product")
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_somebody_unknown_gets_what_is_popular(stocked: Recs) -> None:
    for _ in range(3):
        _, who, _ = await stocked.visitor()
        await stocked.did(who, "PURCHASE", "p42")

    async def popular() -> bool:
        reply = await stocked.recommend()
        first = reply.results[0]
        return len(reply.results) == 20 and (first.product, first.explanation.retriever) == ("products/p42", "popular")

    await until(popular, 10, "the popular product")
    reply = await stocked.recommend()
    assert not reply.degraded
    assert reply.release == ""


async def test_a_page_costs_one_call_of_the_catalogue(stocked: Recs) -> None:
    _, who, _ = await stocked.visitor()
    await stocked.did(who, "PURCHASE", "p0", "p2")
    await personalised(stocked, who)
    before = stocked.shop.calls()
    await stocked.recommend(who, scenario="product", context_product="products/p1")
    await stocked.recommend(who)
    assert stocked.shop.calls() == {**before, "BatchGetProducts": before["BatchGetProducts"] + 2}
