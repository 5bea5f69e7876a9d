"""Recommend with a million products in a real Milvus, asked at a steady rate: how long it takes, and what takes it.

It fills the shop with generated products and leaves them there, so that it wants to be asked for by name:
`AISLE_BENCH_MILLION=1`, and a shop of its own that was started with `MILVUS=server`.
"""

import asyncio
import os
import time
from pathlib import Path

import asyncpg
import pytest

from services.recs.adapters.index_schema import ALIAS
from tests.bench import load
from tests.bench.conftest import describe, show
from tests.bench.measuring import Spent, snapshot
from tests.bench.test_recommend import STAGES, shoppers, where_the_processors_go, where_the_time_goes
from tests.support.mesh import RunningMesh
from tests.support.milvus import index_client

pytestmark = pytest.mark.bench
ASKED = "AISLE_BENCH_MILLION"
PRODUCTS = 1_000_000
PART = 10_000
"""Written in one transaction."""
SERVICES = ("catalog", "recs")
RATE, SECONDS, WARM_UP_S = 20, 60, 15
"""Requests a second, whether the ones before are answered or not."""
TARGET_MS = 100.0
STALLED_S = 300.0
"""The index is given up when it took in nothing for as long."""
ORIGINALS = """
    CREATE TEMP TABLE originals AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS place, * FROM products WHERE id NOT LIKE 'generated-%'
"""
GENERATED = """
    INSERT INTO products
        (id, title, description, category_id, category_ids, brand, currency, price, stock_quantity, attributes)
    SELECT 'generated-' || number, title || ' ' || number, description, category_id, category_ids, brand, currency,
           round(price * (0.5 + random())::numeric, 2), 100, attributes
    FROM generate_series($1::bigint, $2::bigint) AS number JOIN originals ON place = number % $3::bigint
    ON CONFLICT (id) DO NOTHING
"""


async def grow(shop: RunningMesh) -> int:
    """Varies the shop's products in title and price until there are enough; returns how many there are."""
    url = shop.mesh.postgres.url("catalog", shop.credentials).replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(ORIGINALS)
        originals = await connection.fetchval("SELECT count(*) FROM originals")
        for first in range(0, PRODUCTS - originals, PART):
            last = min(first + PART, PRODUCTS - originals) - 1
            await connection.execute(GENERATED, first, last, originals)
            print(f"\r{originals + last + 1:,} products", end="", flush=True)
        return int(await connection.fetchval("SELECT count(*) FROM products"))
    finally:
        await connection.close()


def stop_search(shop: RunningMesh) -> None:
    """Search holds every product in memory (docs/adr/0011), some 7 KiB each; this bench is not about it."""
    for info in shop.supervisor.processes():
        if info.name.startswith("search") and info.pid:
            shop.supervisor.stop_process(info.name)
            print(f"{info.name} is stopped, and stays so until the shop is started again")


def wait_indexed(shop: RunningMesh, wanted: int) -> float:
    """Waits until the index holds as many; returns how many seconds that took."""
    began = moved = time.monotonic()
    before = -1
    with index_client(f"http://127.0.0.1:{shop.ports.milvus}", timeout_s=60) as client:
        try:
            while True:
                found = client.query(ALIAS, filter="", output_fields=["count(*)"])[0]["count(*)"]
                now = time.monotonic()
                print(f"\r{found:,} of {wanted:,} in the index after {now - began:.0f} s", end="", flush=True)
                if found >= wanted:
                    return now - began
                if found != before:
                    before, moved = found, now
                assert now - moved < STALLED_S, f"the index took in nothing for {STALLED_S:.0f} s"
                time.sleep(2)
        finally:
            print()


def test_recommend_among_a_million(shop: RunningMesh, tmp_path: Path) -> None:
    if not os.environ.get(ASKED):
        pytest.skip(f"It fills the shop with {PRODUCTS:,} products: {ASKED}=1, with a shop of its own, runs it")
    if shop.settings.milvus != "server":
        pytest.skip("Milvus Lite is made for tens of thousands: start the shop with MILVUS=server make up")
    stop_search(shop)
    began = time.monotonic()
    products = asyncio.run(grow(shop))
    print(f", written in {time.monotonic() - began:.0f} s")
    wait_indexed(shop, products)
    print(describe(shop))
    tokens = asyncio.run(shoppers(shop))
    load.recommend(shop.url, tokens, 1, WARM_UP_S, tmp_path, RATE)
    before = snapshot(shop, SERVICES)
    seen = load.recommend(shop.url, tokens, 1, SECONDS, tmp_path, RATE)
    spent = Spent(before, snapshot(shop, SERVICES))
    met = "met" if seen.p99 < TARGET_MS else "missed"
    figures = [f"{figure:.1f}" for figure in (seen.per_second, seen.median, seen.p99, seen.longest)]
    columns = ["products", "requests/s", "p50 ms", "p99 ms", "longest ms", f"p99 target {TARGET_MS:.0f} ms"]
    show("Recommend through the gateway", columns, [[f"{products:,}", *figures, met]])
    columns = ["requests/s", *STAGES, "rest of recs", "call chain", "gateway, queues", "all"]
    show("Where the time goes (mean ms of a request)", columns, [where_the_time_goes(RATE, seen, spent)])
    row = where_the_processors_go(RATE, seen, spent)
    row["requests/s"] = row.pop("callers")
    show("Where the processors go (ms of processor time of a request)", list(row), [list(row.values())])
    assert (seen.wrong, seen.not_asked) == (0, 0)
