"""Without a model, the index or the features there is a page all the same, and soon the right one again."""

import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.chaos.conftest import kill
from tests.chaos.shoppers import Crowd, Shopper, some_products, well
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
BACK_S = 10.0
"""From the harm to personal recommendations."""
MENDED_S = 60.0
"""Until every part is at work again: the worker takes some seconds to start, in which histories come from the log."""


def features(mesh: RunningMesh) -> Path:
    """SQLite's file behind Feast's online store."""
    return mesh.settings.data / "feast" / "online.db"


async def remove_features(mesh: RunningMesh) -> None:
    for file in features(mesh).parent.glob("online.db*"):
        file.unlink()


def killing(name: str) -> Callable[[RunningMesh], Awaitable[None]]:
    return lambda mesh: kill(mesh, name)


@pytest.mark.parametrize(
    ("harm", "degradation"),
    [
        pytest.param(killing("inference"), "DEGRADATION_INFERENCE", id="inference"),
        pytest.param(killing("milvus"), "DEGRADATION_INDEX", id="milvus"),
        pytest.param(killing("recs-worker"), "DEGRADATION_FEATURES", id="worker"),
        pytest.param(remove_features, "DEGRADATION_FEATURES", id="features"),
    ],
)
async def test_a_part_that_dies_costs_a_worse_page_for_seconds(
    whole: RunningMesh,
    http: httpx.AsyncClient,
    harm: Callable[[RunningMesh], Awaitable[None]],
    degradation: str,
) -> None:
    shopper = await Shopper.enter(http)
    await shopper.known((await some_products(http))[:5])
    async with Crowd(whole) as crowd:
        await harm(whole)
        began = time.monotonic()
        await shopper.until(lambda reply: reply["degraded"] == [degradation], 5, f"a reply with {degradation}")
        # Both replicas must have got over it: they answer in turn.
        for _ in range(6):
            left = BACK_S - (time.monotonic() - began)
            await shopper.until(lambda reply: reply["personalized"], left, "personal recommendations")
        back = time.monotonic() - began
        await shopper.until(well, MENDED_S, "every part to be at work")
        mended = time.monotonic() - began
        await crowd.served(20)
    assert crowd.failures == []
    said = f"personalised again after {back:.1f} s, all at work after {mended:.1f} s"
    print(f"\n{degradation}: {crowd.calls.total()} calls, 0 failed, {said}")


async def test_features_that_cannot_be_written_are_read_from_the_log(
    whole: RunningMesh, http: httpx.AsyncClient
) -> None:
    """Somebody holds the file's lock: what a shopper does counts none the less, and is said to be degraded."""
    products = await some_products(http)
    shopper = await Shopper.enter(http)
    await shopper.known(products[:5])
    async with Crowd(whole) as crowd:
        with closing(sqlite3.connect(features(whole), isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            await shopper.did("DISLIKE", *products[5:10])
            # Both replicas must have been told that the features are late: they answer in turn.
            for _ in range(6):
                await shopper.until(
                    lambda reply: reply["degraded"] == ["DEGRADATION_FEATURES"] and reply["personalized"], 8, "the log"
                )
            shown = {result["product"] for result in (await shopper.recommendations())["results"]}
            assert not shown & set(products[5:10])
            holder.execute("ROLLBACK")
        await shopper.until(well, MENDED_S, "every part to be at work")
    assert crowd.failures == []


async def test_a_frozen_index_does_not_hold_up_the_page(whole: RunningMesh, http: httpx.AsyncClient) -> None:
    """Worse than a dead server is one that takes calls and never answers."""
    shopper = await Shopper.enter(http)
    await shopper.known((await some_products(http))[:5])
    async with Crowd(whole) as crowd:
        whole.kill("milvus", signal.SIGSTOP)
        try:
            await shopper.until(lambda reply: reply["degraded"] == ["DEGRADATION_INDEX"], 5, "the index to be missed")
            await crowd.served(60)
        finally:
            whole.kill("milvus", signal.SIGCONT)
        await shopper.until(well, BACK_S, "personal recommendations")
    assert crowd.failures == []
