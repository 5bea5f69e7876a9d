"""A release answers whole or not at all."""

import asyncio
from typing import Any

import grpc
import pytest
from aisle.recs.v1 import release_service_pb2 as pb
from pymilvus import DataType, MilvusClient

from services.recs.adapters.index_schema import ALIAS
from services.recs.domain.releases import Release
from services.recs.use_cases import fitness
from tests.integration.recs import towers
from tests.integration.recs.conftest import Recs, until
from tests.support.milvus import index_client


async def promote(recs: Recs, number: int) -> pb.Release:
    request = pb.PromoteReleaseRequest(name=f"releases/{number}")
    return await recs.releases.PromoteRelease(request, metadata=recs.admin, timeout=20)


async def delete(recs: Recs, number: int) -> None:
    request = pb.DeleteReleaseRequest(name=f"releases/{number}")
    await recs.releases.DeleteRelease(request, metadata=recs.admin, timeout=20)


async def test_what_does_not_fit_is_refused_and_the_one_before_stays(stocked: Recs) -> None:
    schema = MilvusClient.create_schema()
    schema.add_field("product_id", DataType.VARCHAR, max_length=128, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=8)
    with index_client(stocked.settings.milvus_uri) as client:
        client.create_collection("short_vectors", schema=schema)
    wrong = {
        10: {"collection": "nowhere"},
        11: {"collection": "short_vectors"},
        12: {"user_tower_version": "99"},
        13: {"item_tower_version": "99"},
        14: {"dimension": 32},
        15: {"feature_spec": towers.SPEC.replace('"history_length": 50', '"history_length": 60')},
    }
    for number, fields in wrong.items():
        release = pb.Release(
            **{
                "collection": "short_vectors", "dimension": towers.DIMENSION, "feature_spec": towers.SPEC,
                "user_tower_version": "1", "item_tower_version": "1", **fields,
            }
        )  # fmt: skip
        request = pb.CreateReleaseRequest(release=release, release_id=str(number))
        await stocked.releases.CreateRelease(request, metadata=stocked.admin)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await promote(stocked, number)
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION, error.value.details()
    with index_client(stocked.settings.milvus_uri) as client:
        client.drop_collection("short_vectors")
    assert (await stocked.current()).name == "releases/1"
    _, who, _ = await stocked.visitor()
    await stocked.did(who, "VIEW", "p1")

    async def answers() -> bool:
        return (await stocked.recommend(who)).release == "releases/1"

    await until(answers, 2, "release 1 to answer")


async def test_a_number_is_taken_once_and_a_specification_is_read(recs: Recs) -> None:
    await recs.release(promote=False)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await recs.release(promote=False)
    assert error.value.code() is grpc.StatusCode.ALREADY_EXISTS
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await recs.release(number=2, feature_spec='{"title": {}}')
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await promote(recs, 7)
    assert error.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_release_is_deleted_unless_somebody_is_or_will_be_answered_with_it(recs: Recs) -> None:
    for number in (1, 2, 3, 4, 5):
        await recs.release(number, number <= 3, user_tower_version="1", item_tower_version="1")
    share = pb.CanaryReleaseRequest(name="releases/4", traffic_percent=10)
    await recs.releases.CanaryRelease(share, metadata=recs.admin, timeout=20)
    needed = {
        2: "releases/2 stays: it answers again when the promoted release is taken back.",
        3: "releases/3 stays: it answers.",
        4: "releases/4 stays: it answers a share of the shoppers.",
    }
    for number, why in needed.items():
        with pytest.raises(grpc.aio.AioRpcError, match=why) as error:
            await delete(recs, number)
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    for number in (1, 5):
        await delete(recs, number)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await delete(recs, number)
        assert error.value.code() is grpc.StatusCode.NOT_FOUND
    assert [release.name for release in await recs.all_releases()] == ["releases/4", "releases/3", "releases/2"]
    back = pb.RollBackReleaseRequest(name="releases/3")
    assert (await recs.releases.RollBackRelease(back, metadata=recs.admin, timeout=20)).name == "releases/2"
    await delete(recs, 3)


async def test_a_release_that_is_deleted_while_it_is_looked_at_is_not_found_and_nothing_changes(
    recs: Recs, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = fitness.problem

    async def gone(release: Release, *parts: Any) -> str:
        found = await look(release, *parts)
        await delete(recs, release.number)
        return found

    for number in (1, 2, 3):
        await recs.release(number, number == 1, user_tower_version="1", item_tower_version="1")
    monkeypatch.setattr(fitness, "problem", gone)
    share = pb.CanaryReleaseRequest(name="releases/3", traffic_percent=10)
    for change in (promote(recs, 2), recs.releases.CanaryRelease(share, metadata=recs.admin, timeout=20)):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await change
        assert error.value.code() is grpc.StatusCode.NOT_FOUND, error.value.details()
    assert [release.name for release in await recs.all_releases()] == ["releases/1"]
    assert (await recs.current()).name == "releases/1"


async def test_a_switch_under_load_fails_no_request_and_is_filled_by_the_worker(stocked: Recs) -> None:
    _, who, _ = await stocked.visitor()
    await stocked.did(who, "VIEW", "p1")
    answered: set[str] = set()
    switching = True

    async def ask() -> None:
        while switching:
            reply = await stocked.recommend(who)
            assert len(reply.results) == 20
            assert not reply.degraded
            answered.add(reply.release)

    load = [asyncio.create_task(ask()) for _ in range(4)]
    await stocked.release(number=2, promote=False)
    for number in (2, 1, 2):
        await promote(stocked, number)
        await asyncio.sleep(0.5)
    switching = False
    await asyncio.gather(*load)
    assert {"releases/1", "releases/2"} <= answered
    states = {release.name: release.state for release in await stocked.all_releases()}
    assert states == {"releases/1": pb.Release.STATE_RETIRED, "releases/2": pb.Release.STATE_PROMOTED}
    with index_client(stocked.settings.milvus_uri) as client:
        assert client.describe_alias(ALIAS)["collection_name"] == (await stocked.current()).collection

    async def filled() -> bool:
        reply = await stocked.recommend(who, page_size=60)
        return {"two_tower"} == {result.explanation.retriever for result in reply.results}

    await until(filled, 10, "the worker to fill the new collection")
