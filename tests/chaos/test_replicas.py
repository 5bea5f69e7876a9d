"""One of two replicas goes: nobody notices. Whoever goes, nothing that was acknowledged is lost."""

import asyncio
import uuid

import httpx
import pytest

from tests.chaos.conftest import kill
from tests.chaos.shoppers import OFTEN, SELDOM, Crowd, Shopper, some_products
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
START_S = 180
"""For a service to start: a few seconds, and more where a machine is busy with other things."""
NOTICED_S = 1.5
"""The gateway asks every second: from then on a replica that came back takes its part."""


@pytest.mark.parametrize("service", ["catalog", "users", "recs", "search"])
async def test_a_restart_under_load_fails_no_request(whole: RunningMesh, service: str) -> None:
    async with Crowd(whole) as crowd:
        for replica in (service, f"{service}-2"):
            await asyncio.to_thread(whole.stop, replica)
            await crowd.served(20)
            await asyncio.to_thread(whole.start, replica)
            await asyncio.to_thread(whole.wait_healthy, replica, seconds=START_S)
            await asyncio.sleep(NOTICED_S)
    assert crowd.failures == []
    assert {*OFTEN, *SELDOM.values()} <= set(crowd.calls)
    print(f"\n{service}: {crowd.calls.total()} calls over two restarts, 0 failed")


@pytest.mark.parametrize(
    "victims", [[["recs"], ["recs-2"], ["recs", "recs-2"]], [["postgres"], ["postgres"]]], ids=["recs", "postgres"]
)
async def test_an_acknowledged_event_is_there_once_whoever_is_killed(
    whole: RunningMesh, http: httpx.AsyncClient, victims: list[list[str]]
) -> None:
    """Shoppers send an event again until it is acknowledged, as the contract allows, all through the kills."""
    products = await some_products(http)
    shoppers = [await Shopper.enter(http) for _ in range(4)]
    over = asyncio.Event()
    again = 0

    async def tell(shopper: Shopper) -> list[str]:
        nonlocal again
        ids: list[str] = []
        while not over.is_set():
            ids.append(str(uuid.uuid4()))
            while not await acknowledged(shopper, products[len(ids) % len(products)], ids[-1]):
                again += 1
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.03)
        return ids

    telling = [asyncio.create_task(tell(shopper)) for shopper in shoppers]
    for names in victims:
        await asyncio.sleep(0.7)
        for name in names:
            await kill(whole, name)
        await asyncio.to_thread(whole.wait_healthy, *names, "recs", "recs-2", seconds=START_S)
    await asyncio.sleep(NOTICED_S)
    over.set()
    told = await asyncio.gather(*telling)
    for shopper, ids in zip(shoppers, told, strict=True):
        assert sorted(await shopper.event_ids()) == sorted(ids)
    assert again > 0, "nobody was disturbed: the kills did not fall into the telling"
    print(f"\n{sum(map(len, told))} events, {again} sent again, each stored once")


async def acknowledged(shopper: Shopper, product: str, event_id: str) -> bool:
    try:
        return (await shopper.tell("VIEW", product, event_id)).status_code == 200
    except httpx.HTTPError:
        return False
