"""Whatever is slow or gone, shoppers get a page, soon; and it is personal again when the part is back."""

import asyncio
import signal
import time

import grpc
import pytest
from aisle.recs.v1.recommendation_service_pb2 import RecommendRequest, RecommendResponse
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit.server import start
from services.recs.worker.app import build as build_worker
from tests.integration.recs.conftest import Metadata, Recs, until

FEATURES = RecommendResponse.DEGRADATION_FEATURES
INFERENCE = RecommendResponse.DEGRADATION_INFERENCE
INDEX = RecommendResponse.DEGRADATION_INDEX
CATALOG = RecommendResponse.DEGRADATION_CATALOG


async def shopper(recs: Recs) -> Metadata:
    _, who, _ = await recs.visitor()
    await recs.did(who, "VIEW", "p1", "p3")
    await well(recs, who, 2)
    return who


async def well(recs: Recs, who: Metadata, seconds: float) -> None:
    async def ask() -> bool:
        reply = await recs.recommend(who)
        return reply.personalized and not reply.degraded

    await until(ask, seconds, "a personalised page")


async def pages(recs: Recs, who: Metadata, degradation: int, personalized: bool) -> None:
    """Ten pages, each full and within a second, the last of them with the degradation."""
    for _ in range(10):
        began = time.monotonic()
        reply = await recs.recommend(who)
        assert time.monotonic() - began < 1
        assert len(reply.results) == 20
    assert list(reply.degraded) == [degradation]
    assert reply.personalized == personalized


@pytest.mark.parametrize("part", ["milvus", "inference"])
async def test_a_model_or_index_that_dies_costs_the_personal_page_until_it_is_back(stocked: Recs, part: str) -> None:
    who, program = await shopper(stocked), getattr(stocked, part)
    program.kill()
    await pages(stocked, who, INDEX if part == "milvus" else INFERENCE, personalized=False)
    await asyncio.to_thread(program.start)
    await well(stocked, who, 10)


@pytest.mark.parametrize("part", ["milvus", "inference"])
async def test_a_part_that_hangs_is_given_up_in_time(stocked: Recs, part: str) -> None:
    who, program = await shopper(stocked), getattr(stocked, part)
    program.send(signal.SIGSTOP)
    try:
        await pages(stocked, who, INDEX if part == "milvus" else INFERENCE, personalized=False)
    finally:
        program.send(signal.SIGCONT)
    await well(stocked, who, 10)


async def test_without_the_worker_histories_come_from_the_log(stocked: Recs) -> None:
    who = await shopper(stocked)
    await stocked.stop_worker()

    async def noticed() -> bool:
        return list((await stocked.recommend(who)).degraded) == [FEATURES]

    await until(noticed, 2, "the worker to be missed")
    await stocked.did(who, "LIKE", "p2", "p4", "p6", "p8")
    reply = await stocked.recommend(who, page_size=10)
    assert reply.personalized
    assert sum(int(result.product[10:]) % 2 == 0 for result in reply.results) >= 8
    await stocked.start_worker()
    await well(stocked, who, 10)


async def test_features_whose_file_is_lost_are_made_anew_by_the_next_worker(stocked: Recs) -> None:
    who = await shopper(stocked)
    for file in stocked.settings.feast_repo.glob("online.db*"):
        file.unlink()
    assert list((await stocked.recommend(who)).degraded) == [FEATURES]

    async def ended() -> bool:
        assert stocked.worker is not None
        return any(task.done() for task in stocked.worker.tasks)

    await until(ended, 5, "the worker to notice")
    await stocked.stop_worker()
    await stocked.did(who, "LIKE", "p2", "p4", "p6", "p8")
    assert (await stocked.recommend(who)).personalized
    await stocked.start_worker()
    await well(stocked, who, 10)
    reply = await stocked.recommend(who, page_size=10)
    assert sum(int(result.product[10:]) % 2 == 0 for result in reply.results) >= 8


async def test_a_file_of_features_that_is_broken_gives_way_to_a_new_one(stocked: Recs) -> None:
    who = await shopper(stocked)
    await stocked.stop_worker()
    for file in stocked.settings.feast_repo.glob("online.db*"):
        file.write_bytes(b"not a database" * 1000)
    await stocked.start_worker()
    await well(stocked, who, 10)


async def test_a_second_worker_waits_for_the_first_to_end(stocked: Recs) -> None:
    second = await start(await build_worker(stocked.worker_settings.model_copy(update={"listen": "127.0.0.1:0"})))
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{second.port}") as channel:

            async def serving() -> bool:
                answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
                return answer.status == health_pb2.HealthCheckResponse.SERVING

            await asyncio.sleep(1.5)
            assert not await serving()
            await stocked.stop_worker()
            await until(serving, 5, "the second worker to take over")
    finally:
        await second.stop()


async def test_without_the_catalogue_products_are_as_last_seen(stocked: Recs) -> None:
    who = await shopper(stocked)
    await stocked.recommend(who, page_size=60)
    await stocked.shop.close()
    await pages(stocked, who, CATALOG, personalized=True)
    assert (await stocked.recommend(who)).results[0].details.title
    await stocked.shop.open()
    await well(stocked, who, 10)


async def test_a_caller_in_a_hurry_is_answered_in_time(stocked: Recs) -> None:
    who = await shopper(stocked)
    stocked.inference.send(signal.SIGSTOP)
    try:
        request = RecommendRequest(scenario="scenarios/home")
        reply = await stocked.recommendations.Recommend(request, metadata=who, timeout=0.3)
    finally:
        stocked.inference.send(signal.SIGCONT)
    assert len(reply.results) == 20
    assert list(reply.degraded) == [INFERENCE]


async def test_before_the_first_release_the_shop_shows_what_it_has(recs: Recs) -> None:
    await recs.shop.stock((f"p{i}", "shoes") for i in range(30))
    reply = await recs.recommend()
    assert list(reply.degraded) == [RecommendResponse.DEGRADATION_NO_RELEASE]
    assert [result.product for result in reply.results] == [f"products/p{i}" for i in reversed(range(10, 30))]
