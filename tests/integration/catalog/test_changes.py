"""The feed of changes, as the recommender follows it."""

import asyncio
import time
from typing import Any

from aisle.catalog.v1 import product_service_pb2 as pb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.catalog.settings import CatalogSettings
from services.kit.server import RunningServer
from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import create, violations

LONG_S = 10


def wait(client: Client, cursor: str, seconds: int = LONG_S) -> Any:
    """A call under way, which waits for the next change after the cursor."""
    return client.call("ListProductChanges", pb.ListProductChangesRequest(cursor=cursor, wait_seconds=seconds))


async def follow(client: Client, cursor: str, state: dict[str, Any], page_size: int = 7) -> str:
    """Applies a page of changes to what a follower knows; returns where to go on."""
    reply = await client.call("ListProductChanges", pb.ListProductChangesRequest(cursor=cursor, page_size=page_size))
    names = [change.name for change in reply.changes]
    assert len(names) == len(set(names))
    for change in reply.changes:
        assert change.HasField("change_time")
        state[change.name] = change.product if change.HasField("product") else None
    assert reply.more == (len(names) == page_size)
    return str(reply.next_cursor)


async def test_every_kind_of_write_is_a_change(client: Client) -> None:
    state: dict[str, Any] = {}
    made = await create(client)
    cursor = await follow(client, "", state)
    assert state == {made.name: made}
    for method, request in {
        "UpdateProduct": pb.UpdateProductRequest(product={"name": made.name, "title": "New"}),
        "AdjustStock": pb.AdjustStockRequest(name=made.name, delta=-1),
    }.items():
        written = await client.call(method, request)
        cursor = await follow(client, cursor, state)
        assert state == {made.name: written}
    assert await follow(client, cursor, state) == cursor
    await client.call("DeleteProduct", pb.DeleteProductRequest(name=made.name))
    cursor = await follow(client, cursor, state)
    assert state == {made.name: None}
    again = await create(client)
    await follow(client, cursor, state)
    assert state == {made.name: again}


async def test_a_follower_misses_nothing_among_many_writers(client: Client, second: Client) -> None:
    async def write(writer: int) -> None:
        replica = (client, second)[writer % 2]
        for i in range(12):
            product_id = f"w{writer % 3}-{i}"  # two writers a product
            row = {"product": {"name": f"products/{product_id}", "title": f"by {writer}", "stock_quantity": 9}}
            await replica.call("ImportProducts", pb.ImportProductsRequest(rows=[row]))
            await replica.call("AdjustStock", pb.AdjustStockRequest(name=f"products/{product_id}", delta=1 + writer))
            if i % 4 == 0 and writer < 3:
                await replica.call("DeleteProduct", pb.DeleteProductRequest(name=f"products/{product_id}"))
                await replica.call("ImportProducts", pb.ImportProductsRequest(rows=[row]))

    writing = asyncio.gather(*(write(writer) for writer in range(6)), return_exceptions=True)
    state: dict[str, Any] = {}
    cursor = ""
    while not writing.done():
        cursor = await follow(second, cursor, state)
        await asyncio.sleep(0.002)
    # A writer may find that the other one has just deleted its product: that is no fault of the feed.
    await writing
    while (following := await follow(client, cursor, state)) != cursor:
        cursor = following
    everything = await client.call("ListProducts", pb.ListProductsRequest(page_size=1000))
    assert len(everything.products) >= 30
    assert {name: product for name, product in state.items() if product} == {p.name: p for p in everything.products}


async def test_a_cursor_of_somebody_else_is_refused(client: Client) -> None:
    for cursor in ("x", "1", "1-", "-1", "9" * 30 + "-1"):
        error = await client.refused("ListProductChanges", pb.ListProductChangesRequest(cursor=cursor))
        assert violations(error) == ["cursor"]


async def test_who_waits_is_told_of_a_change_at_whichever_replica_it_comes(client: Client, second: Client) -> None:
    cursor = await follow(client, "", {})
    waiting = [wait(replica, cursor) for replica in (client, second)]
    await asyncio.sleep(0.5)
    assert not any(call.done() for call in waiting)
    began = time.monotonic()
    made = await create(second)
    for reply in await asyncio.gather(*waiting):
        assert [change.name for change in reply.changes] == [made.name]
    assert time.monotonic() - began < LONG_S / 2


async def test_a_change_that_waits_for_an_earlier_transaction_is_told_of_after_it(
    client: Client, settings: CatalogSettings
) -> None:
    cursor = await follow(client, "", {})
    waiting = wait(client, cursor)
    engine = create_async_engine(settings.database_url)
    async with engine.begin() as earlier:
        await earlier.execute(text("SELECT pg_current_xact_id()"))
        made = await create(client)
        await asyncio.sleep(1)
        assert not waiting.done(), "a follower would go on without what the earlier one writes"
    assert [change.name for change in (await waiting).changes] == [made.name]
    await engine.dispose()


async def test_a_wait_without_a_change_is_an_empty_page(client: Client) -> None:
    cursor = await follow(client, "", {})
    began = time.monotonic()
    reply = await wait(client, cursor, 1)
    assert time.monotonic() - began >= 1
    assert (list(reply.changes), reply.next_cursor, reply.more) == ([], cursor, False)
    for seconds in (-1, LONG_S + 1):
        request = pb.ListProductChangesRequest(wait_seconds=seconds)
        assert violations(await client.refused("ListProductChanges", request)) == ["wait_seconds"]


async def test_a_service_that_stops_does_not_wait_for_those_who_wait(client: Client, catalog: RunningServer) -> None:
    waiting = wait(client, await follow(client, "", {}))
    await asyncio.sleep(0.5)
    began = time.monotonic()
    await catalog.stop()
    assert not (await waiting).changes
    assert time.monotonic() - began < LONG_S / 2
