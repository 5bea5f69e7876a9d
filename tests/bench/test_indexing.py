"""How long a full rebuild of search's index takes: every product embedded again and written, until the new one answers.

It asks the shop that runs (`make up DATASET=...`) and whose encoders are made for what promoting a release does to a
whole catalogue, while the build before goes on answering. The shop is left as it was, with another build of the same
release.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.bench.conftest import describe, show
from tests.bench.measuring import Spent, by_service, snapshot
from tests.bench.test_search_pictures import pictured
from tests.support.mesh import RunningMesh
from tests.support.milvus import index_client

pytestmark = pytest.mark.bench
TARGET_PRODUCTS, TARGET_S = 41_660, 900.0
"""The public set has 41,667 rows, of which seven have no title."""
STALLED_S = 300.0
"""The rebuild is given up when nothing was embedded for as long."""
LOOKED_EVERY_S = 1.0
WORKER = "search-worker"
ANSWERS = "SELECT number FROM builds WHERE state = 'SERVING'"


def embedded(shop: RunningMesh) -> dict[str, float]:
    """Texts and pictures that the worker embedded since it was started, by encoder."""
    address = f"http://127.0.0.1:{shop.ports.metrics[WORKER]}/metrics"
    families = text_string_to_metric_families(httpx.get(address, timeout=10, trust_env=False).text)
    samples = [sample for family in families for sample in family.samples]
    return {s.labels["encoder"]: s.value for s in samples if s.name == "aisle_search_embedded_total"}


def answering(http: httpx.Client, headers: Mapping[str, str]) -> dict[str, Any]:
    """The search release that answers, with its specification."""
    release = http.post("/v1/products:search", json={"query": "a"}).raise_for_status().json()["release"]
    if not release:
        pytest.skip("search has no encoders yet (make logs ARGS=encoders)")
    found: dict[str, Any] = http.get(f"/v1/{release}", headers=headers).raise_for_status().json()
    return found


def serving(shop: RunningMesh) -> int:
    """Number of the build that answers: one row of the database, after which the aliases in Milvus move."""

    async def ask() -> int:
        url = shop.mesh.postgres.url("search", shop.credentials).replace("+asyncpg", "")
        connection = await asyncpg.connect(url)
        try:
            return int(await connection.fetchval(ANSWERS) or 0)
        finally:
            await connection.close()

    return asyncio.run(ask())


def until_switched(shop: RunningMesh, old: int, wanted: float, began: float) -> float:
    """Waits until another build answers; returns how many seconds that took since it began."""
    start, before, moved = sum(embedded(shop).values()), -1.0, began
    while serving(shop) == old:
        now, done = time.monotonic(), sum(embedded(shop).values()) - start
        print(f"\r{done:,.0f} of {wanted:,.0f} texts and pictures after {now - began:.0f} s", end="", flush=True)
        if done != before:
            before, moved = done, now
        assert now - moved < STALLED_S, f"nothing was embedded for {STALLED_S:.0f} s (make logs ARGS={WORKER})"
        time.sleep(LOOKED_EVERY_S)
    print()
    return time.monotonic() - began


def rows(shop: RunningMesh, collections: list[str]) -> list[int]:
    """How many products each collection holds."""
    with index_client(f"http://127.0.0.1:{shop.ports.milvus}", timeout_s=60) as client:
        asked = {"filter": "", "output_fields": ["count(*)"], "consistency_level": "Strong"}
        return [int(client.query(name, **asked)[0]["count(*)"]) for name in collections]


def report(products: int, with_pictures: int, seconds: float, spent: Spent, made: Mapping[str, float]) -> None:
    """Prints what it took."""
    columns = ["products", "with a picture", "s", "products/s", *made]
    figures = [f"{products:,}", f"{with_pictures:,}", f"{seconds:.1f}", f"{products / seconds:.1f}"]
    title = f"A full rebuild (target: {TARGET_S / 60:.0f} min for {TARGET_PRODUCTS:,} products)"
    show(title, columns, [[*figures, *(f"{count:,.0f}" for count in made.values())]])
    used = sorted(by_service(spent.processor_s()).items(), key=lambda entry: -entry[1])
    cells = {name: f"{taken / products * 1000:.2f}" for name, taken in used if taken / products * 1000 >= 0.05}
    whole = sum(taken for _, taken in used) / products * 1000
    show("Processor time (ms of a product)", [*cells, "all"], [[*cells.values(), f"{whole:.2f}"]])


def test_a_full_rebuild_of_the_index(shop: RunningMesh) -> None:
    print(f"\n{describe(shop)}")
    log_in = {"email": shop.credentials.admin_email, "password": shop.credentials.admin_password}
    with httpx.Client(base_url=shop.url, timeout=60, trust_env=False) as http:
        session = http.post("/v1/sessions:logIn", json=log_in).raise_for_status().json()
        headers = {"authorization": f"Bearer {session['accessToken']}"}
        release = answering(http, headers)
        encoders = json.loads(release["encoderSpec"])["encoders"].values()
        products = int(http.get("/v1/products", params={"pageSize": 1}).raise_for_status().json()["totalSize"])
        with_pictures = len(pictured(http))
        wanted = sum(products if encoder["kind"] == "text" else with_pictures for encoder in encoders)
        old, before_made, before = serving(shop), embedded(shop), snapshot(shop, ())
        began = time.monotonic()
        http.post(f"/v1/{release['name']}:promote", json={}, headers=headers).raise_for_status()
        seconds = until_switched(shop, old, wanted, began)
        spent = Spent(before, snapshot(shop, ()))
        made = {name: count - before_made.get(name, 0) for name, count in embedded(shop).items()}
    report(products, with_pictures, seconds, spent, made)
    build = serving(shop)
    assert max(rows(shop, [f"search_{encoder['space']}_b{build}" for encoder in encoders])) == products
    assert products < TARGET_PRODUCTS or seconds < TARGET_S
