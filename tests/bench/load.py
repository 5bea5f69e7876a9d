"""Load by k6: a program of its own, so that what asks does not slow down what is asked."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

K6 = Path(sys.executable).parent / "k6"
SCRIPT = Path(__file__).with_name("recommend.js")


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
    not_asked: int
    """Requests of a steady rate that had no caller free."""
    processor_s: float
    """That k6 itself took."""


def recommend(url: str, tokens: list[str], callers: int, seconds: int, folder: Path, rate: int | None = None) -> Load:
    """Lets callers ask for recommendations for a while; with a rate, so many requests a second, whoever asks."""
    (folder / "tokens.json").write_text(json.dumps(tokens))
    out = folder / f"k6-{callers}.json"
    settings = {
        "URL": url,
        "TOKENS": str(folder / "tokens.json"),
        "CALLERS": str(callers),
        "SECONDS": str(seconds),
        "OUT": str(out),
    } | ({} if rate is None else {"RATE": str(rate)})
    before = psutil.Process().cpu_times()
    done = subprocess.run(
        [str(K6), "run", "--quiet", "--no-usage-report", "--address", "127.0.0.1:0", str(SCRIPT)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    after = psutil.Process().cpu_times()
    metrics = json.loads(out.read_text())
    times, requests = metrics["http_req_duration"]["values"], metrics["http_reqs"]["values"]
    return Load(
        requests=int(requests["count"]),
        per_second=requests["rate"],
        mean=times["avg"],
        median=times["med"],
        p99=times["p(99)"],
        longest=times["max"],
        wrong=_count(metrics, "wrong_answers"),
        not_asked=_count(metrics, "dropped_iterations"),
        processor_s=after.children_user + after.children_system - before.children_user - before.children_system,
    )


def _count(metrics: dict[str, Any], name: str) -> int:
    return int(metrics[name]["values"]["count"]) if name in metrics else 0
