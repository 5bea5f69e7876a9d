"""The vector server is killed again and again while products are written: each that was acknowledged is found."""

import asyncio
import logging
import random
import time
import uuid
from typing import Any

import httpx
import pytest

from services.recs.adapters.index_schema import ALIAS
from tests.chaos.conftest import kill
from tests.chaos.shoppers import answered
from tests.support.mesh import RunningMesh, wait_until
from tests.support.milvus import index_client

pytestmark = pytest.mark.mesh
KILLS = 20
FOUND_S = 60.0
"""For the server to be up again, and what it forgot to be written again."""
EVERY_S = 0.1


class Merchant:
    """Writes products, one after the other, and keeps the ids of those that were acknowledged."""

    def __init__(self, http: httpx.AsyncClient, token: str) -> None:
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}
        self.prefix = f"chaos-{uuid.uuid4().hex[:8]}-"
        self.acknowledged: set[str] = set()
        self.removed: set[str] = set()
        self.at_work = True

    async def write(self, like: dict[str, Any]) -> None:
        """Works until it is told to stop; every tenth product is deleted again."""
        kept = ("category", "brand", "price", "attributes", "description")
        details = {name: like[name] for name in kept if like.get(name)}
        for number in range(10_000):
            if not self.at_work:
                return
            product_id = f"{self.prefix}{number}"
            product = {**details, "title": f"{like['title']} {number}", "stockQuantity": "5"}
            query = {"productId": product_id}
            await answered(await self._http.post("/v1/products", json=product, params=query, headers=self._headers))
            if number % 10 == 9:
                await self.delete(product_id)
            else:
                self.acknowledged.add(product_id)
            await asyncio.sleep(EVERY_S)

    async def delete(self, product_id: str) -> None:
        """Deletes a product."""
        reply = await self._http.delete(f"/v1/products/{product_id}", headers=self._headers)
        assert reply.status_code == 200, reply.text
        self.removed.add(product_id)


class Index:
    """What the vector server holds, asked directly."""

    def __init__(self, uri: str, prefix: str) -> None:
        self._uri = uri
        self._prefix = prefix

    def ids(self) -> set[str] | None:
        """Ids of the merchant's products; None while it cannot say."""
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it tells at length of every server that is away
        try:
            with index_client(self._uri, timeout_s=2) as client:
                where = f'product_id like "{self._prefix}%"'
                rows = client.query(ALIAS, filter=where, output_fields=["product_id"], limit=16_000, timeout=3)
        except Exception:
            return None
        return {row["product_id"] for row in rows}

    async def wait(self, there: set[str], gone: set[str]) -> float:
        """Waits until it holds the ones and not the others; returns how many seconds that took."""
        began = time.monotonic()
        while True:
            found = await asyncio.to_thread(self.ids)
            if found is not None and there <= found and not gone & found:
                return time.monotonic() - began
            missing = "all" if found is None else sorted(there - found)[:5] + sorted(gone & found)[:5]
            assert time.monotonic() - began < FOUND_S, f"not as it should be after {FOUND_S} s: {missing}"
            await asyncio.sleep(0.2)


async def test_every_acknowledged_product_is_found_however_often_the_index_is_killed(
    whole: RunningMesh, http: httpx.AsyncClient
) -> None:
    log_in = {"email": whole.credentials.admin_email, "password": whole.credentials.admin_password}
    session = await answered(await http.post("/v1/sessions:logIn", json=log_in))
    merchant = Merchant(http, session["accessToken"])
    like = (await answered(await http.get("/v1/products", params={"pageSize": 1})))["products"][0]
    index = Index(f"http://127.0.0.1:{whole.ports.milvus}", merchant.prefix)
    dice, waits = random.Random(5), []
    writing = asyncio.create_task(merchant.write(like))
    try:
        for number in range(KILLS):
            await asyncio.sleep(dice.uniform(0.1, 1.2))
            before, gone = set(merchant.acknowledged), set(merchant.removed)
            await kill(whole, "milvus")
            if number % 2:
                waits.append(await index.wait(before, gone))
                await trusted(whole)
            else:  # killed again as soon as it answers, in the middle of being mended
                await index.wait(set(), set())
        merchant.at_work = False
        await writing
        waits.append(await index.wait(merchant.acknowledged, merchant.removed))
        written, deleted = len(merchant.acknowledged), len(merchant.removed)
        await found_by_shoppers(http, sorted(merchant.acknowledged)[-5:])
    finally:  # the tests after this one look at the shop as it was
        merchant.at_work = False
        await writing
        for product_id in sorted(merchant.acknowledged):
            await merchant.delete(product_id)
    await index.wait(set(), merchant.removed)
    said = f"{written} products written and {deleted} deleted, all as acknowledged"
    print(f"\n{KILLS} kills, {said}; complete after at most {max(waits):.1f} s")


async def trusted(mesh: RunningMesh) -> None:
    """Waits until the process manager takes it for started: each start before that it puts off by a second more."""
    await asyncio.to_thread(wait_until, lambda: mesh.process("milvus").state == "RUNNING", 10, "milvus to stay up")


async def found_by_shoppers(http: httpx.AsyncClient, ids: list[str]) -> None:
    """Products have neighbours, which only those have that the index knows."""
    for product_id in ids:
        body = {"contextProduct": f"products/{product_id}", "pageSize": 5, "explain": True}
        reply = await answered(await http.post("/v1/scenarios/product:recommend", json=body))
        assert {result["explanation"]["retriever"] for result in reply["results"]} == {"similar"}
