"""How fast pages are for somebody who was never here, as Lighthouse rates them: a slow phone, and a desk."""

import json
import os
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from local.web import BIN, NPM
from tests.bench.conftest import describe, show
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.bench
LIGHTHOUSE = "lighthouse@13.5.0"
RUNS = 3
"""One run differs from the next by several points: the median counts."""
NO_TRACE, TRIES = "NO_NAVSTART", 3
"""Lighthouse now and then misses the beginning of its own trace, and says to run it again."""
WANTED = 95
DEVICES: dict[str, tuple[str, ...]] = {"phone": (), "desk": ("--preset=desktop",)}
"""Lighthouse's own: a phone on slow 4G with a quarter of this machine's speed, and a desk."""
TIMES = {
    "first-contentful-paint": "FCP ms",
    "largest-contentful-paint": "LCP ms",
    "total-blocking-time": "TBT ms",
    "cumulative-layout-shift": "CLS",
}


@dataclass(frozen=True)
class Rating:
    """One run of Lighthouse."""

    performance: float
    accessibility: float
    """Of 100, as the one before."""
    times: tuple[float, ...]
    """Milliseconds in the order of TIMES; the last one has no unit."""


def rate(url: str, device: str, out: Path) -> Rating:
    """Opens the page once, with nothing in the browser's cache."""
    command = [
        str(NPM), "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", url, *DEVICES[device], "--quiet",
        "--output=json", f"--output-path={out}", "--only-categories=performance,accessibility",
        f"--chrome-flags={' '.join(['--headless=new', *FLAGS])}",
    ]  # fmt: skip
    variables = os.environ | {"CHROME_PATH": str(CHROMIUM), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for _ in range(TRIES):
        done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=240, check=False)
        if NO_TRACE not in done.stderr:
            break
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert "runtimeError" not in report, report["runtimeError"]
    scores = {name: category["score"] * 100 for name, category in report["categories"].items()}
    times = tuple(report["audits"][name]["numericValue"] for name in TIMES)
    return Rating(scores["performance"], scores["accessibility"], times)


def test_pages_for_somebody_new(shop: RunningMesh, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("No browser: Lighthouse needs Chromium (Debian: apt-get install chromium)")
    print(f"\n{describe(shop)}")
    with httpx.Client(base_url=shop.url, timeout=30, trust_env=False) as http:
        product = http.get("/v1/products", params={"pageSize": 1}).raise_for_status().json()["products"][0]
    word = product["title"].split()[-1].lower()
    pages = {"home": "/", "search": f"/search?q={word}", "product": f"/{product['name']}"}
    rows = []
    for name, path in pages.items():
        for device in DEVICES:
            runs = [rate(shop.url + path, device, tmp_path / f"{name}-{device}-{run}.json") for run in range(RUNS)]
            performance = statistics.median(run.performance for run in runs)
            accessibility = min(run.accessibility for run in runs)
            medians = [statistics.median(times) for times in zip(*(run.times for run in runs), strict=True)]
            met = "met" if min(performance, accessibility) >= WANTED else "missed"
            figures = [*(f"{time:.0f}" for time in medians[:-1]), f"{medians[-1]:.3f}"]
            rows.append([name, device, f"{performance:.0f}", f"{accessibility:.0f}", *figures, f"{WANTED} {met}"])
    columns = ["page", "on a", "performance", "accessibility", *TIMES.values(), "target"]
    show(f"Lighthouse, median of {RUNS} (accessibility: the lowest)", columns, rows)
