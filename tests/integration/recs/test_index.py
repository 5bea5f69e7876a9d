"""The index follows the catalogue, and forgets nothing that was acknowledged."""

import asyncio

from pymilvus.exceptions import MilvusException

from tests.integration.recs.conftest import Metadata, Recs, until
from tests.support.milvus import index_client


async def found(recs: Recs, who: Metadata) -> set[str]:
    """Products that the two towers find for a shopper."""
    reply = await recs.recommend(who, page_size=100)
    return {
        result.product.removeprefix("products/")
        for result in reply.results
        if result.explanation.retriever == "two_tower"
    }


async def somebody(recs: Recs) -> Metadata:
    _, who, _ = await recs.visitor()
    await recs.did(who, "VIEW", "p0", "p1")
    return who


async def test_a_new_product_is_found_and_a_deleted_one_is_not(stocked: Recs) -> None:
    who = await somebody(stocked)
    await stocked.shop.put("p61", "shirts")
    await stocked.shop.delete("p2")
    await stocked.shop.put("p4", "shoes", stock=0)

    async def follows() -> bool:
        items = await found(stocked, who)
        return "p61" in items and not {"p2", "p4"} & items

    await until(follows, 5, "the index to follow")


async def test_a_killed_index_loses_nothing(stocked: Recs) -> None:
    """Products are written all the while; after each kill every one is found again."""
    who, number, writing = await somebody(stocked), 100, True

    async def write() -> None:
        nonlocal number
        while writing:
            await stocked.shop.put(f"p{number}", "shoes")
            number += 1
            if number % 10 == 0:
                await stocked.shop.delete(f"p{number - 1}")
            await asyncio.sleep(0.05)

    writer = asyncio.create_task(write())
    for _ in range(3):
        await asyncio.sleep(0.7)
        stocked.milvus.kill()
        await asyncio.to_thread(stocked.milvus.start)
    writing = False
    await writer
    collection = (await stocked.current()).collection
    with index_client(stocked.settings.milvus_uri) as client:

        async def complete() -> bool:
            try:
                rows = await asyncio.to_thread(
                    client.query, collection, filter='product_id != ""', output_fields=["product_id"], limit=10_000
                )
            except MilvusException:  # the worker has not loaded the collection yet
                return False
            return {row["product_id"] for row in rows} == stocked.shop.ids

        await until(complete, 15, "every product in the index")
    assert await found(stocked, who)


async def test_a_lost_collection_is_made_again(stocked: Recs) -> None:
    who = await somebody(stocked)
    with index_client(stocked.settings.milvus_uri) as client:
        client.drop_collection((await stocked.current()).collection)
    await stocked.shop.put("p70", "shoes")

    async def whole() -> bool:
        return len(await found(stocked, who)) == 61

    await until(whole, 15, "the collection to be whole")


async def test_a_collection_that_is_no_longer_loaded_is_loaded_again(stocked: Recs) -> None:
    """As when Milvus Lite, just started, opens it twice and keeps the one that nobody loaded."""
    who = await somebody(stocked)
    with index_client(stocked.settings.milvus_uri) as client:
        client.release_collection((await stocked.current()).collection)

    async def answers() -> bool:
        return len(await found(stocked, who)) == 60

    await until(answers, 10, "the collection to be loaded")


async def test_what_was_lost_unseen_is_mended_by_the_next_comparison(stocked: Recs) -> None:
    who = await somebody(stocked)
    await stocked.stop_worker()
    collection = (await stocked.current()).collection
    with index_client(stocked.settings.milvus_uri) as client:
        client.delete(collection, filter='product_id in ["p5", "p7"]')
        stray = client.get(collection, ["p9"], output_fields=["*"])[0]
        client.upsert(collection, [{**stray, "product_id": "stray"}])
        client.flush(collection)
    await stocked.start_worker()

    async def mended() -> bool:
        return await found(stocked, who) == stocked.shop.ids

    await until(mended, 10, "the index to be mended")
