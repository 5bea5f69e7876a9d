"""Shoppers are scored ahead by the commands that the worker runs; what was best then answers for the towers."""

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import pytest
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from rich.console import Console

from services.recs.features.app import Batch
from services.recs.features.settings import BatchSettings
from services.recs.use_cases.measures import BATCH_DONE
from services.recs.worker.batch import BUILD, SCORE
from tests.integration.recs.conftest import Recs, until

HURRIED: Mapping[str, float] = {"batch_delay_s": 0.1, "scores_every_s": 3600, "offline_every_s": 3600}
PARTS = {
    "milvus": RecommendResponse.DEGRADATION_INDEX,
    "inference": RecommendResponse.DEGRADATION_INFERENCE,
}


def shown(reply: RecommendResponse) -> list[str]:
    return [result.product.removeprefix("products/") for result in reply.results]


def scores(reply: RecommendResponse) -> list[float]:
    return [result.explanation.score for result in reply.results]


def by(reply: RecommendResponse) -> set[str]:
    return {result.explanation.retriever for result in reply.results}


async def test_without_towers_or_index_the_page_is_what_was_best_when_the_worker_scored(stocked: Recs) -> None:
    _, who, _ = await stocked.visitor()
    await stocked.did(who, "LIKE", "p1", "p3", "p5")

    async def well() -> Any:
        reply = await stocked.recommend(who, page_size=10)
        return reply if reply.personalized and not reply.degraded else None

    await until(well, 10, "a personal page")
    await stocked.stop_worker()
    before = {command: BATCH_DONE.labels(command)._value.get() for command in (SCORE, BUILD)}
    stocked.worker_settings = stocked.worker_settings.model_copy(update=HURRIED)
    await stocked.start_worker()

    async def both() -> bool:
        return all(BATCH_DONE.labels(command)._value.get() > time for command, time in before.items())

    await until(both, 90, "the worker to run both commands")
    live = await until(well, 10, "a personal page")
    # What was sold out, bought or disliked since is not shown, however well it stood.
    bought, disliked, sold_out = shown(live)[:3]
    await stocked.did(who, "PURCHASE", bought)
    await stocked.did(who, "DISLIKE", disliked)
    await stocked.shop.put(sold_out, "shirts", stock=0)

    async def known() -> bool:
        return not {bought, disliked, sold_out} & set(shown(await stocked.recommend(who, page_size=10)))

    await until(known, 10, "what was done to be known")
    for part, degradation in PARTS.items():
        program = getattr(stocked, part)
        program.kill()
        try:
            reply = await stocked.recommend(who, page_size=10)
            assert list(reply.degraded) == [degradation]
            assert reply.personalized
            assert by(reply) == {"scored"}
            # Products that stand equally near are in any order: the scores say that it is the same list.
            assert scores(reply)[:7] == pytest.approx(scores(live)[3:], abs=1e-3)
            assert not {bought, disliked, sold_out} & set(shown(reply))
            shoes = shown(await stocked.recommend(who, page_size=5, filter='category = "shoes"'))
            assert [int(item[1:]) % 2 for item in shoes] == [0] * 5
            # Somebody who was never scored has the popular ones.
            _, stranger, _ = await stocked.visitor()
            await stocked.did(stranger, "VIEW", "p2")
            assert by(await stocked.recommend(stranger)) <= {"popular", "newest"}
        finally:
            await asyncio.to_thread(program.start)
        assert by(await until(well, 20, f"{part} to be back")) == {"two_tower"}

    # The other command wrote the files; whoever scores once more finds only those to whom something happened.
    async with Batch(BatchSettings.model_validate(stocked.worker_settings), Console(file=io.StringIO())) as batch:
        report = await batch.measure()
        again = await batch.score()
    assert {view.view: view.rows for view in report.freshness}["item_attributes"] == 60
    assert report.release == 1
    assert again.shoppers == 3
