"""The ranking stage among real parts: it orders, it goes and comes back, and it is of the release that answers."""

import asyncio
from collections import Counter

import grpc
import pytest
from aisle.recs.v1 import release_service_pb2 as pb
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from tritonclient.grpc import InferenceServerClient

from tests.integration.recs import rankers
from tests.integration.recs.conftest import PATIENT, Metadata, Recs, until

RANKING = RecommendResponse.DEGRADATION_RANKING
VERSIONS = {"releases/2": 2, "releases/3": 1}
"""Of the ranker, by release."""


@pytest.fixture
def budgets() -> dict[str, float]:
    """A page without one of the parts would be another test's."""
    return PATIENT | {"ranking_timeout_s": 10.0}


async def release(recs: Recs, number: int, promote: bool = True, **fields: str) -> None:
    """A release with a ranker."""
    towers = str(number % 2 + 1)
    values = {
        "user_tower_version": towers, "item_tower_version": towers, "feature_spec": rankers.specification(),
        "ranker_version": str(VERSIONS[f"releases/{number}"]), **fields,
    }  # fmt: skip
    await recs.release(number, promote=promote, **values)


def scores(reply: RecommendResponse) -> list[float]:
    """What the ranker said of the products of a page, in their order."""
    return [step.score for result in reply.results for step in result.explanation.steps if step.stage == "rank"]


def check(reply: RecommendResponse) -> str:
    """All of the page was ranked, best first, by the ranker of the release that the reply names."""
    assert not reply.degraded
    found, version = scores(reply), VERSIONS[reply.release]
    assert len(found) == len(reply.results)
    assert found == sorted(found, reverse=True)
    assert {score // rankers.APART for score in found} == {version}
    return reply.release


async def visitor(recs: Recs) -> Metadata:
    _, who, _ = await recs.visitor()
    await recs.did(who, "VIEW", "p1", "p3")
    return who


async def ranked(recs: Recs, who: Metadata, seconds: float = 10) -> RecommendResponse:
    """A page that was ranked whole and knows what the shopper did, as soon as there is one."""

    async def answer() -> RecommendResponse | None:
        reply = await recs.recommend(who, page_size=10)
        return reply if reply.personalized and not reply.degraded and len(scores(reply)) == 10 else None

    found: RecommendResponse = await until(answer, seconds, "a ranked page")
    return found


async def test_a_page_is_in_the_rankers_order_until_the_ranker_is_gone_and_again_when_it_is_back(
    stocked: Recs,
) -> None:
    await release(stocked, 2)
    who = await visitor(stocked)
    first = await ranked(stocked, who)
    check(first)
    places = [step.rank for result in first.results for step in result.explanation.steps if step.stage == "rank"]
    assert places == list(range(1, 11))
    assert [result.explanation.retriever_rank for result in first.results] != places, "it says something of its own"

    server = InferenceServerClient(stocked.inference.address)
    server.unload_model("ranker")
    try:
        reply = await stocked.recommend(who, page_size=10)
        assert (list(reply.degraded), reply.personalized, len(reply.results)) == ([RANKING], True, 10)
        assert not scores(reply)
        assert [result.explanation.retriever_rank for result in reply.results] == sorted(
            result.explanation.retriever_rank for result in reply.results
        ), "the towers' order"
    finally:
        server.load_model("ranker")
        server.close()
    again = await ranked(stocked, who)
    check(again)
    assert [result.product for result in again.results] == [result.product for result in first.results]
    # The age of an event is one of the features, and it is some seconds older by now.
    assert scores(again) == pytest.approx(scores(first), abs=0.01)


async def test_a_ranker_that_is_not_there_or_takes_other_features_is_not_promoted(stocked: Recs) -> None:
    changed = rankers.specification().replace('"prior": 3.0', '"prior": 5.0')
    for number, fields in ((2, {"ranker_version": "9"}), (3, {"feature_spec": changed})):
        await release(stocked, number, promote=False, **fields)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stocked.releases.PromoteRelease(
                pb.PromoteReleaseRequest(name=f"releases/{number}"), metadata=stocked.admin
            )
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        said = error.value.details() or ""
        assert "version 9 of ranker is not ready" in said or "features of its ranker are computed differently" in said


async def test_the_ranker_switches_with_its_release_under_load(stocked: Recs) -> None:
    """Promoted, as a canary, promoted over it, rolled back: every page is ranked by the ranker of its own release."""
    await release(stocked, 2)
    # Of so many hardly ever all fall on one side of a canary of half; of six they did once in 32 times.
    people = [await visitor(stocked) for _ in range(14)]
    for who in people:
        await ranked(stocked, who)
    await release(stocked, 3, promote=False)
    await canary(stocked, 50)

    async def both() -> bool:
        # The worker fills the canary's collection; until then its pages are not the towers'.
        replies = [await stocked.recommend(who, page_size=10) for who in people]
        return all(len(scores(reply)) == 10 for reply in replies) and len({r.release for r in replies}) == 2

    await until(both, 10, "both releases to answer")
    switching, answered = True, Counter[str]()

    async def shopper(who: Metadata) -> None:
        while switching:
            answered[check(await stocked.recommend(who, page_size=10))] += 1

    load = [asyncio.create_task(shopper(who)) for who in people[:4]]
    for percent in (0, 99, 50):
        await canary(stocked, percent)
        await asyncio.sleep(0.3)
    await stocked.releases.PromoteRelease(pb.PromoteReleaseRequest(name="releases/3"), metadata=stocked.admin)
    await asyncio.sleep(0.3)
    request = pb.RollBackReleaseRequest(name="releases/3")
    await stocked.releases.RollBackRelease(request, metadata=stocked.admin)
    await asyncio.sleep(0.3)
    switching = False
    await asyncio.gather(*load)
    assert set(answered) == set(VERSIONS)
    assert {check(await stocked.recommend(who, page_size=10)) for who in people} == {"releases/2"}


async def canary(recs: Recs, percent: int) -> None:
    request = pb.CanaryReleaseRequest(name="releases/3", traffic_percent=percent)
    await recs.releases.CanaryRelease(request, metadata=recs.admin, timeout=20)
