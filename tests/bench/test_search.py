"""How fast search is through the gateway: by words, by picture, and completions."""

import base64
import json
import os
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.bench.conftest import describe, show
from tests.bench.load import K6
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
SCRIPT = Path(__file__).with_name("search.js")
SECONDS, WARM_UP_S = 15, 5
WANTED = 500
"""Different queries: most of them are new to the caches while they are asked first."""
TARGETS = (("text", 8, 60.0), ("suggest", 8, 20.0), ("picture", 4, 250.0))
"""(how, callers, milliseconds at the 99th percentile) on two cores that have nothing else to do."""


@dataclass(frozen=True)
class Load:
    """What callers saw. Times in milliseconds."""

    per_second: float
    median: float
    p99: float
    longest: float
    wrong: int
    degraded: int


def ask(url: str, how: str, queries: Sequence[str], callers: int, seconds: int, folder: Path) -> Load:
    """Lets callers search for a while."""
    (folder / "queries.json").write_text(json.dumps(queries))
    out = folder / f"k6-{how}-{callers}.json"
    settings = {
        "URL": url, "HOW": how, "QUERIES": str(folder / "queries.json"), "CALLERS": str(callers),
        "SECONDS": str(seconds), "OUT": str(out),
    }  # fmt: skip
    command = [str(K6), "run", "--quiet", "--no-usage-report", "--address", "127.0.0.1:0", str(SCRIPT)]
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, timeout=seconds + 60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    metrics = json.loads(out.read_text())
    times, nothing = metrics["http_req_duration"]["values"], {"values": {"count": 0}}
    return Load(
        per_second=metrics["http_reqs"]["values"]["rate"],
        median=times["med"],
        p99=times["p(99)"],
        longest=times["max"],
        wrong=int(metrics.get("wrong_answers", nothing)["values"]["count"]),
        degraded=int(metrics.get("degraded_answers", nothing)["values"]["count"]),
    )


def queries(shop: RunningMesh) -> dict[str, list[str]]:
    """What shoppers would type and show: from the shop's own products."""
    dice = random.Random(5)
    with httpx.Client(base_url=shop.url, timeout=30, trust_env=False) as http:
        reply = http.get("/v1/products", params={"pageSize": 1000}).raise_for_status().json()["products"]
        products = dice.sample(reply, min(WANTED, len(reply)))
        texts = []
        for product in products:
            words = [word for word in product["title"].split() if len(word) > 2]
            texts.append(" ".join(dice.sample(words, min(len(words), dice.randint(1, 3)))))
        beginnings = [text[: dice.randint(2, max(2, len(text) - 1))] for text in texts]
        pictured = [product for product in products if product["pictures"]][:40]
        pictures = [http.get(product["pictures"][0]["uri"], params={"width": 640}).content for product in pictured]
    return {
        "text": texts,
        "suggest": beginnings,
        "picture": [base64.b64encode(picture).decode() for picture in pictures],
    }


def test_search_through_the_gateway(shop: RunningMesh, tmp_path: Path) -> None:
    print(f"\n{describe(shop)}")
    asked, rows = queries(shop), list[list[str]]()
    for how, callers, target in TARGETS:
        if not asked[how]:
            continue
        ask(shop.url, how, asked[how], callers, WARM_UP_S, tmp_path)
        for number in sorted({1, callers}):
            seen = ask(shop.url, how, asked[how], number, SECONDS, tmp_path)
            assert seen.wrong == 0
            met = "" if number != callers else f"{target:.0f} " + ("met" if seen.p99 < target else "missed")
            figures = (seen.median, seen.p99, seen.longest, seen.per_second)
            rows.append([how, str(number), *(f"{figure:.1f}" for figure in figures), str(seen.degraded), met])
    columns = ["by", "callers", "p50 ms", "p99 ms", "longest ms", "requests/s", "degraded", "target for p99"]
    show("Search through the gateway (20 products, JSON, gzip)", columns, rows)
