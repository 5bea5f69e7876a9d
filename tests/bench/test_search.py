"""How fast search is through the gateway: by words, by picture, and completions."""

import asyncio
import base64
import json
import os
import random
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from tests.bench.conftest import describe, show
from tests.bench.load import K6
from tests.bench.measuring import Spent, by_service, snapshot
from tests.bench.test_recommend import shoppers
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
SCRIPT = Path(__file__).with_name("search.js")
SECONDS, WARM_UP_S = 15, 5
WANTED = 500
"""Different queries that many shoppers ask."""
NEW = 20_000
"""Tries to make queries that nobody asked before: several times as many as are asked in all."""
OWN = "page of a shopper with a history"
TARGETS = (
    ("text", 8, 60.0), ("new text", 8, 60.0), ("page", 8, 60.0), (OWN, 8, 60.0), ("suggest", 8, 20.0),
    ("picture", 4, 250.0),
)  # fmt: skip
"""(how, callers, milliseconds at the 99th percentile) on two cores that have nothing else to do. A page asks for the
same texts with all facets and a filter, as the shop's own page does; its shopper has looked at products before."""
BY_WORDS = ("lexical", "encode_text", "nearest", "meaning", "page", "render")
STAGES = {
    "text": BY_WORDS,
    "new text": BY_WORDS,
    "page": BY_WORDS,
    OWN: (*BY_WORDS, "user_vector", "item_vectors"),
    "suggest": ("suggest",),
    "picture": ("prepare_picture", "encode_picture", "nearest", "meaning", "page", "render"),
}
"""Parts of a request that search times. Some go on at the same moment: words while meaning, one space and another."""
STAGE = "aisle_search_stage_seconds"
CALL = "aisle_grpc_call_seconds"
SERVICE = "aisle.search.v1.SearchService"


@dataclass(frozen=True)
class Load:
    """What callers saw. Times in milliseconds."""

    requests: int
    per_second: float
    mean: float
    median: float
    p99: float
    longest: float
    wrong: int
    degraded: int
    personal: int
    """Answers whose order is the shopper's own."""
    processor_s: float
    """That k6 itself took."""


def ask(
    url: str, how: str, queries: Sequence[str], callers: int, seconds: int, folder: Path, tokens: Sequence[str] = ()
) -> Load:
    """Lets callers search for a while, as those shoppers whose tokens are given."""
    (folder / "queries.json").write_text(json.dumps(queries))
    (folder / "tokens.json").write_text(json.dumps(tokens))
    out = folder / f"k6-{how.replace(' ', '-')}-{callers}.json"
    settings = {
        "URL": url, "HOW": "page" if how == OWN else how, "QUERIES": str(folder / "queries.json"),
        "TOKENS": str(folder / "tokens.json"), "CALLERS": str(callers), "SECONDS": str(seconds), "OUT": str(out),
    }  # fmt: skip
    command = [str(K6), "run", "--quiet", "--no-usage-report", "--address", "127.0.0.1:0", str(SCRIPT)]
    before = psutil.Process().cpu_times()
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, timeout=seconds + 60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    after = psutil.Process().cpu_times()
    metrics = json.loads(out.read_text())
    times, nothing = metrics["http_req_duration"]["values"], {"values": {"count": 0}}
    return Load(
        requests=int(metrics["http_reqs"]["values"]["count"]),
        per_second=metrics["http_reqs"]["values"]["rate"],
        mean=times["avg"],
        median=times["med"],
        p99=times["p(99)"],
        longest=times["max"],
        wrong=int(metrics.get("wrong_answers", nothing)["values"]["count"]),
        degraded=int(metrics.get("degraded_answers", nothing)["values"]["count"]),
        personal=int(metrics.get("personal_answers", nothing)["values"]["count"]),
        processor_s=after.children_user + after.children_system - before.children_user - before.children_system,
    )


def queries(shop: RunningMesh) -> dict[str, list[str]]:
    """What shoppers would type and show: from the shop's own products."""
    dice = random.Random(5)
    with httpx.Client(base_url=shop.url, timeout=30, trust_env=False) as http:
        reply = http.get("/v1/products", params={"pageSize": 1000}).raise_for_status().json()["products"]
        products = dice.sample(reply, min(WANTED, len(reply)))
        texts = [some_words(dice, product["title"]) for product in products]
        # A word of another product makes them new: shoppers ask for what the shop does not have, too.
        other = random.Random()  # others in each run, as the shop remembers those of the one before
        new = {some_words(other, other.choice(reply)["title"]) for _ in range(NEW)} - set(texts)
        beginnings = [text[: dice.randint(2, max(2, len(text) - 1))] for text in texts]
        pictured = [product for product in products if product["pictures"]][:40]
        pictures = [http.get(product["pictures"][0]["uri"], params={"width": 640}).content for product in pictured]
    return {
        "text": texts,
        "new text": dice.sample(sorted(new), len(new)),
        "page": texts,
        OWN: texts,
        "suggest": beginnings,
        "picture": [base64.b64encode(picture).decode() for picture in pictures],
    }


def some_words(dice: random.Random, title: str) -> str:
    """One to three words of a product's title, in any order."""
    words = [word for word in title.split() if len(word) > 2]
    return " ".join(dice.sample(words, min(len(words), dice.randint(1, 3))))


def test_search_through_the_gateway(shop: RunningMesh, tmp_path: Path) -> None:
    print(f"\n{describe(shop)}")
    asked, speeds, processors = queries(shop), list[list[str]](), list[dict[str, str]]()
    known = asyncio.run(shoppers(shop))
    for how, callers, target in TARGETS:
        if not asked[how]:
            print(f"no {how} was asked: the shop has none to ask with")
            continue
        tokens = known if how == OWN else ()
        warm = ask(shop.url, how, asked[how], callers, WARM_UP_S, tmp_path, tokens)
        times, fresh = [], asked[how][warm.requests :]
        for number in sorted({1, callers}):
            before = snapshot(shop)
            given = fresh if how == "new text" else asked[how]
            seen = ask(shop.url, how, given, number, SECONDS, tmp_path, tokens)
            fresh = fresh[seen.requests :]
            spent = Spent(before, snapshot(shop))
            assert seen.wrong == 0
            assert seen.degraded == 0, "an answer that lacks a part is faster than a whole one"
            assert bool(seen.personal) == (how == OWN), "who has a history gets an order of one's own, and nobody else"
            speeds.append(speed(how, number, seen, target if number == callers else None))
            times.append(where_the_time_goes(how, number, seen, spent))
            processors.append(where_the_processors_go(how, number, seen, spent))
        columns = ["callers", *STAGES[how], "call", "gateway, queues", "all"]
        show(f"Where the time of a search goes, by {how} (mean ms of a request)", columns, times)
    columns = ["by", "callers", "p50 ms", "p99 ms", "longest ms", "requests/s", "personalised", "target for p99", ""]
    show("Search through the gateway (20 products, JSON, gzip)", columns, speeds)
    names = list(processors[0])
    rows = [[row[name] for name in names] for row in processors]
    show("Where the processors go (ms of processor time of a request)", names, rows)


def speed(how: str, callers: int, seen: Load, target: float | None) -> list[str]:
    """A row of what callers saw."""
    held = ["", ""] if target is None else [f"{target:.0f} ms", "met" if seen.p99 < target else "missed"]
    figures = (seen.median, seen.p99, seen.longest, seen.per_second)
    return [how, str(callers), *(f"{figure:.1f}" for figure in figures), f"{seen.personal / seen.requests:.0%}", *held]


def where_the_time_goes(how: str, callers: int, seen: Load, spent: Spent) -> list[str]:
    """A row of the stages: each is timed by search, what is left is the gateway's and that of waiting for search."""
    calls = seen.requests
    stages = [spent.seconds(STAGE, name) / calls * 1000 for name in STAGES[how]]
    call = spent.seconds(CALL, f"{SERVICE} {'Suggest' if how == 'suggest' else 'Search'}") / calls * 1000
    return [str(callers), *(f"{figure:.2f}" for figure in (*stages, call, seen.mean - call, seen.mean))]


def where_the_processors_go(how: str, callers: int, seen: Load, spent: Spent) -> dict[str, str]:
    """A row by process; replicas are counted together."""
    used = by_service(spent.processor_s()) | {"k6": seen.processor_s}
    used["all"] = sum(used.values())
    row = {name: f"{seconds / seen.requests * 1000:.2f}" for name, seconds in used.items()}
    return {"by": how, "callers": str(callers), **row}
