"""search's worker is killed again and again while products are written and a new index is filled: nothing is lost."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pymilvus import MilvusClient

from services.kit import telemetry
from tests.chaos.search_worker import Worker
from tests.integration.recs import programs
from tests.integration.search import encoders
from tests.integration.search.conftest import Shop, opened, until
from tests.integration.search.merchant import PRODUCTS, Merchant
from tests.support.milvus import index_client
from tests.support.postgres import NewDatabase

OTHERS = 1_000
"""Products that nobody changes: three pages of the change feed, so that a kill falls between the first and the last."""
KILLS, KILLS_WHILE_FILLED = 3, 2
BRAND = "Stormproof"
EVERY_S = 0.1
ANSWERS = "search_sentence_current"
"""Alias of the collection of sentences that answers."""
SPACES = ("clip", "sentence")
"""Those that know a product without a picture."""


class Writer:
    """Creates, changes and deletes products, one after the other, and keeps what was acknowledged."""

    def __init__(self, merchant: Merchant) -> None:
        self._merchant = merchant
        self.prices: dict[str, int] = {}
        """Of what is there, by id."""
        self.changed: set[str] = set()
        self.deleted: set[str] = set()
        self.at_work = True

    async def write(self, most: int = 55) -> None:
        """Works until it is told to stop; of five products two are changed at once and one is deleted.

        Args:
            most: products that are there at the end: a search by meaning gives no more of them.
        """
        number = 0
        while self.at_work:
            item = f"written-{number}"
            await self._put(item, "Waterproof Thing", 100 + number)
            if number % 5 in (1, 2):
                await self._put(item, "Fleece Thing", 1000 + number)
                self.changed.add(item)
            if number % 5 == 3 or len(self.prices) > most:
                await self._delete(item)
            number += 1
            await asyncio.sleep(EVERY_S)

    async def _put(self, item: str, title: str, price: int) -> None:
        await self._merchant.put(item, f"{title} {item}", price=price, brand=BRAND)
        self.prices[item] = price

    async def _delete(self, item: str) -> None:
        await self._merchant.delete(item)
        del self.prices[item]
        self.changed.discard(item)
        self.deleted.add(item)


class Index:
    """What the vector server holds, asked directly."""

    def __init__(self, client: MilvusClient) -> None:
        self._client = client
        self.before: set[str] = set()
        """Collections of the builds that were there before the one that is filled."""

    async def collections(self) -> set[str]:
        """Names of search's collections."""
        found = await asyncio.to_thread(self._client.list_collections)
        return {name for name in found if name.startswith("search_")}

    async def aliased(self) -> bool:
        """Whether the aliases name what answers."""
        for name in await self.collections():
            if ANSWERS in (await asyncio.to_thread(self._client.list_aliases, name))["aliases"]:
                return True
        return False

    async def count(self, collection: str, where: str = 'product_id != ""') -> int:
        """Rows, each as often as it stands there."""
        found = await self._query(collection, where, ["count(*)"])
        return int(found[0]["count(*)"])

    async def prices(self, collection: str) -> dict[str, float]:
        """Prices of what was written, by id."""
        found = await self._query(collection, 'product_id like "written-%"', ["product_id", "price"])
        return {row["product_id"]: row["price"] for row in found}

    async def written(self) -> int:
        """Rows of what was written, in the collection of sentences that answers."""
        return await self.count(ANSWERS, 'product_id like "written-%"')

    async def filled(self) -> int:
        """Rows of the new collection of sentences; 0 while there is none."""
        new = [name for name in await self.collections() - self.before if "sentence" in name]
        return await self.count(new[0]) if new else 0

    async def _query(self, collection: str, where: str, fields: list[str]) -> Any:
        asked = {"filter": where, "output_fields": fields, "consistency_level": "Strong"}
        return await asyncio.to_thread(lambda: self._client.query(collection, **asked))


@asynccontextmanager
async def shop_of(new_database: NewDatabase, folder: Path) -> AsyncIterator[Shop]:
    """A shop with small encoders; its worker is stopped."""
    repository = folder / "models"
    for version in (1, 2):
        encoders.write(repository, version)
    milvus, inference = programs.milvus(folder), programs.inference(folder, repository)
    try:
        await asyncio.gather(asyncio.to_thread(milvus.start), asyncio.to_thread(inference.start))
        async with opened("killed", new_database, folder, milvus, inference, pictures=False) as shop:
            await shop.stop_worker()
            yield shop
    finally:
        inference.stop()
        milvus.stop()


@pytest.mark.skipif("AISLE_TEST_MILVUS_PORT" in os.environ, reason="collections of other tests would be in the way")
async def test_what_is_written_is_found_once_however_often_the_worker_is_killed(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    telemetry.configure_logs("warning")
    async with shop_of(new_database, tmp_path) as shop:
        worker = Worker(shop.worker_settings, tmp_path / "worker.log")
        with index_client(shop.settings.milvus_uri) as client:
            try:
                await killed_again_and_again(shop, worker, Index(client))
            finally:
                worker.kill()


async def killed_again_and_again(shop: Shop, worker: Worker, index: Index) -> None:
    """Lets the worker write, kills it, and looks at what is found in the end."""
    await asyncio.to_thread(worker.start)
    first = await shop.release()
    await shop.answering(first.name)
    writer = Writer(shop.merchant)
    writing = asyncio.create_task(writer.write())
    try:
        await until(index.aliased, 10, "the aliases")
        for _ in range(KILLS):
            await killed_when_writing(worker, index)
        await shop.merchant.fill("other-", OTHERS)
        index.before = await index.collections()
        second = await shop.release(version=2)
        at = list[int]()
        for _ in range(KILLS_WHILE_FILLED):
            at.append(await until(lambda: more_than(index.filled(), 0), 30, "the new collection to be begun"))
            await killed(worker)
        await shop.answering(second.name, 120)
    finally:
        writer.at_work = False
        await writing
    whole = OTHERS + len(PRODUCTS)
    assert all(0 < rows < whole for rows in at), f"the kills did not fall into the filling: {at} of {whole} rows"
    assert writer.changed
    assert writer.deleted
    await until(lambda: as_written(index, writer), 20, "the new collections to hold what was written, once")
    for alias in (f"search_{space}_current" for space in SPACES):
        assert await index.count(alias, 'product_id like "written-%"') == len(writer.prices)
        assert await index.count(alias, 'product_id like "other-%"') == OTHERS
    await found_by_shoppers(shop, writer)
    print(f"\n{KILLS} kills, {KILLS_WHILE_FILLED} at {at} of {whole} rows; {len(writer.prices)} products as written")


async def killed_when_writing(worker: Worker, index: Index) -> None:
    """Kills the worker a moment after it wrote something."""
    before = await index.written()
    await until(lambda: more_than(index.written(), before), 20, "the worker to write")
    await killed(worker)


async def killed(worker: Worker) -> None:
    """kill -9, and a new one at once."""
    await asyncio.to_thread(worker.kill)
    await asyncio.to_thread(worker.start)


async def more_than(counted: Any, before: int) -> int:
    """The count where it is above another, else 0."""
    found = int(await counted)
    return found if found > before else 0


async def as_written(index: Index, writer: Writer) -> bool:
    """Whether what answers holds every product with its newest price, and none that was deleted."""
    return [await index.prices(f"search_{space}_current") for space in SPACES] == [writer.prices] * len(SPACES)


async def found_by_shoppers(shop: Shop, writer: Writer) -> None:
    """Meaning finds each once, by what it is called now, and nothing that was deleted."""
    for word, right in (("cosy", writer.changed), ("storm", writer.prices.keys() - writer.changed)):
        found = await shop.ids(word, filter=f'brand = "{BRAND}"', page_size=100)
        assert set(found[: len(right)]) == right
        assert len(found) == len(set(found))
        assert set(found) <= writer.prices.keys()
    for item in sorted(writer.changed)[:3]:
        assert await shop.ids("cosy", filter=f'price = {writer.prices[item]} AND brand = "{BRAND}"') == [item]
