"""How fast recommendations are through the gateway, and where the time goes."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.bench import load
from tests.bench.conftest import describe, show
from tests.bench.measuring import Spent, by_service, snapshot
from tests.chaos.shoppers import Shopper, client, some_products, well
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
CALLERS = (1, 8, 32)
SECONDS = 15
WARM_UP_S = 5
SHOPPERS = 100
EVENTS = 12
"""Of each shopper: a visit of some minutes."""
TARGET_MS = 50.0
"""At 8 callers, on two cores that have nothing else to do, with some 9,000 products."""
STAGES = (
    "features", "plan", "vectors", "user_tower", "search", "newest", "scored", "mix", "rank", "hydrate", "filter",
    "order", "render",
)  # fmt: skip
STAGE = "aisle_recs_stage_seconds"
CALL = "aisle_grpc_call_seconds"
RECOMMEND = "aisle.recs.v1.RecommendationService Recommend"


async def shoppers(shop: RunningMesh) -> list[str]:
    """Access tokens of visitors with a history."""
    dice = random.Random(3)
    async with client(shop.url) as http:
        products = await some_products(http, 500)

        async def visit() -> Shopper:
            shopper = await Shopper.enter(http)
            await shopper.did("VIEW", *dice.sample(products, EVENTS))
            return shopper

        visitors = []
        for _ in range(SHOPPERS // 10):
            visitors += await asyncio.gather(*(visit() for _ in range(10)))
        for visitor in visitors[-10:]:
            await visitor.until(well, 10, "personal recommendations")
    return [visitor.token for visitor in visitors]


def test_recommend_through_the_gateway(shop: RunningMesh, tmp_path: Path) -> None:
    print(f"\n{describe(shop)}")
    tokens = asyncio.run(shoppers(shop))
    load.recommend(shop.url, tokens, 8, WARM_UP_S, tmp_path)
    speeds, times, processors = [], [], []
    for callers in CALLERS:
        before = snapshot(shop)
        seen = load.recommend(shop.url, tokens, callers, SECONDS, tmp_path)
        spent = Spent(before, snapshot(shop))
        assert seen.wrong == 0
        speeds.append(speed(callers, seen))
        times.append(where_the_time_goes(callers, seen, spent))
        processors.append(where_the_processors_go(callers, seen, spent))
    columns = ["callers", "p50 ms", "p99 ms", "longest ms", "requests/s", f"p99 target {TARGET_MS:.0f} ms"]
    show("Recommend through the gateway (20 products, JSON, gzip)", columns, speeds)
    show(
        "Where the time goes (mean ms of a request)",
        ["callers", *STAGES, "rest of recs", "call chain", "gateway, queues", "all"],
        times,
    )
    names = list(processors[0])
    rows = [[row[name] for name in names] for row in processors]
    show("Where the processors go (ms of processor time of a request)", names, rows)


def speed(callers: int, seen: load.Load) -> list[str]:
    """A row of what callers saw."""
    met = "" if callers != 8 else "met" if seen.p99 < TARGET_MS else "missed"
    figures = (seen.median, seen.p99, seen.longest, seen.per_second)
    return [str(callers), *(f"{figure:.1f}" for figure in figures), met]


def where_the_time_goes(callers: int, seen: load.Load, spent: Spent) -> list[str]:
    """A row of the stages: each is timed by recs, what is left is the gateway's and that of waiting for recs."""
    calls = spent.calls(CALL, RECOMMEND)
    stages = [spent.seconds(STAGE, name) / calls * 1000 for name in STAGES]
    total = spent.seconds(STAGE, "total") / calls * 1000
    call = spent.seconds(CALL, RECOMMEND) / calls * 1000
    figures = (*stages, total - sum(stages), call - total, seen.mean - call, seen.mean)
    return [str(callers), *(f"{figure:.2f}" for figure in figures)]


def where_the_processors_go(callers: int, seen: load.Load, spent: Spent) -> dict[str, str]:
    """A row by process; replicas are counted together."""
    used = by_service(spent.processor_s()) | {"k6": seen.processor_s}
    used["all"] = sum(used.values())
    row = {name: f"{seconds / seen.requests * 1000:.2f}" for name, seconds in used.items()}
    return {"callers": str(callers), **row}
