"""A release beside another, back and forth under load: each shopper on one side, each vector with its own index."""

import asyncio

import grpc
import numpy as np
import pytest
from aisle.recs.v1 import release_service_pb2 as pb
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse

from tests.integration.recs.conftest import PATIENT, Metadata, Recs, until
from tests.support.milvus import index_client

SHOPPERS, SEEN = 12, "p1"


@pytest.fixture
def budgets() -> dict[str, float]:
    """A page without one of the parts would be another test's."""
    return PATIENT


async def canary(recs: Recs, percent: int) -> pb.Release:
    request = pb.CanaryReleaseRequest(name="releases/2", traffic_percent=percent)
    return await recs.releases.CanaryRelease(request, metadata=recs.admin, timeout=20)


async def roll_back(recs: Recs, number: int) -> pb.Release:
    request = pb.RollBackReleaseRequest(name=f"releases/{number}")
    return await recs.releases.RollBackRelease(request, metadata=recs.admin, timeout=20)


def scores(uri: str, collection: str) -> dict[str, float]:
    """What a shopper who saw one product scores every product with, by the vectors of one release."""
    with index_client(uri) as client:
        rows = client.query(collection, filter='product_id != ""', output_fields=["product_id", "vector"], limit=1000)
    vectors = {row["product_id"]: np.array(row["vector"], np.float32) for row in rows}
    return {item: float(vector @ vectors[SEEN]) for item, vector in vectors.items()} if SEEN in vectors else {}


async def test_a_canary_answers_its_share_and_no_vector_meets_the_others_index(stocked: Recs) -> None:
    await stocked.release(number=2, promote=False)
    people: list[Metadata] = []
    for _ in range(SHOPPERS):
        _, who, _ = await stocked.visitor()
        await stocked.did(who, "VIEW", SEEN)
        people.append(who)
    assert (await canary(stocked, 50)).traffic_percent == 50
    releases = {release.name: release for release in await stocked.all_releases()}
    uri, known = stocked.settings.milvus_uri, dict[str, dict[str, float]]()

    async def filled() -> bool:
        for name, release in releases.items():
            known[name] = await asyncio.to_thread(scores, uri, release.collection)
        return all(len(found) == 60 for found in known.values())

    await until(filled, 10, "the worker to fill the canary's collection")
    apart = [abs(score - known["releases/2"][item]) for item, score in known["releases/1"].items() if item != SEEN]
    assert np.mean(apart) > 0.005  # else the check below could not fail

    def check(reply: RecommendResponse) -> str:
        """The scores are those of the release that the reply names."""
        own = known[reply.release]
        for result in reply.results:
            expected = own[result.product.removeprefix("products/")]
            assert result.explanation.score == pytest.approx(expected, abs=2e-3)
        return reply.release

    async def side(who: Metadata) -> str:
        return check(await stocked.recommend(who, page_size=10))

    first = [await side(who) for who in people]
    assert set(first) == {"releases/1", "releases/2"}
    assert [await side(who) for who in people] == first

    switching, answered = True, 0

    async def shopper(who: Metadata) -> None:
        nonlocal answered
        while switching:
            reply = await stocked.recommend(who, page_size=10)
            assert len(reply.results) == 10
            check(reply)
            answered += 1

    load = [asyncio.create_task(shopper(who)) for who in people[:4]]
    for percent in (0, 99, 50):
        await canary(stocked, percent)
        await asyncio.sleep(0.3)
    await stocked.releases.PromoteRelease(pb.PromoteReleaseRequest(name="releases/2"), metadata=stocked.admin)
    await asyncio.sleep(0.3)
    assert {await side(who) for who in people} == {"releases/2"}
    assert (await roll_back(stocked, 2)).name == "releases/1"
    await asyncio.sleep(0.3)
    switching = False
    await asyncio.gather(*load)
    assert answered > 10
    assert {await side(who) for who in people} == {"releases/1"}
    states = {release.name: release.state for release in await stocked.all_releases()}
    assert states == {"releases/1": pb.Release.STATE_PROMOTED, "releases/2": pb.Release.STATE_CANDIDATE}
    for call in (roll_back(stocked, 1), roll_back(stocked, 2)):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
