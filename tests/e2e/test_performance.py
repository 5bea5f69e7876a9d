"""How fast pages are for somebody who was never here: `pytest -s tests/e2e/test_performance.py` prints a line for each.

Times depend on the machine, so that they are printed and not bounded; what a page weighs and how much it jumps do not.
"""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e import steps
from tests.e2e.conftest import fresh
from tests.e2e.test_pages import PAGES, PRODUCT
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh

# Above it, a layout is said to jump (web.dev/articles/cls).
MOST_SHIFT = 0.1
# Everything that is late has come by then; the longest wait of a page itself is an image's.
QUIET_MS = 500
OBSERVE = """
window.measured = { lcp: 0, cls: 0, tbt: 0 };
const observe = (type, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
observe("largest-contentful-paint", (entry) => { measured.lcp = entry.startTime; });
observe("layout-shift", (entry) => { if (!entry.hadRecentInput) measured.cls += entry.value; });
observe("longtask", (entry) => { measured.tbt += Math.max(0, entry.duration - 50); });
"""
WEIGH = """() => {
  const bytes = { js: 0, css: 0, woff2: 0 };
  for (const { name, transferSize } of performance.getEntriesByType("resource")) {
    const kind = new URL(name).pathname.split(".").pop();
    if (kind in bytes) bytes[kind] += transferSize;
  }
  return bytes;
}"""


@dataclass(frozen=True)
class Measured:
    """One load of a page with nothing in the browser's cache."""

    lcp: float
    """Until the largest element was painted, in ms."""
    cls: float
    """The sum of all shifts of the layout that followed no input; an upper bound of the worst window of them."""
    tbt: float
    """By how much tasks were longer than 50 ms, in ms, together."""
    js: int
    """Bytes over the wire, with headers, as the next two."""
    css: int
    woff2: int


@pytest.mark.parametrize("name", ["home", "search", "product"])
def test_a_page_does_not_jump(browser: Browser, mesh: RunningMesh, name: str) -> None:
    address, awaited = PAGES[name]
    if PRODUCT in address:
        address = address.replace(PRODUCT, _some_product(browser, mesh))
    with fresh(browser, mesh) as page:
        found = _measured(page, address, awaited)
    print(
        f"\n{name}: LCP {found.lcp:.0f} ms, CLS {found.cls:.3f}, TBT {found.tbt:.0f} ms; "
        f"script {found.js / 1024:.1f} KiB, styles {found.css / 1024:.1f} KiB, font {found.woff2 / 1024:.1f} KiB"
    )
    assert found.lcp > 0, "nothing was painted"
    assert min(found.js, found.css, found.woff2) > 0, "it was not loaded as by somebody who was never here"
    assert found.cls < MOST_SHIFT


def _measured(page: Page, address: str, awaited: str) -> Measured:
    page.add_init_script(OBSERVE)
    page.goto(address)
    page.locator(awaited).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(QUIET_MS)
    return Measured(**page.evaluate("() => measured"), **page.evaluate(WEIGH))


def _some_product(browser: Browser, mesh: RunningMesh) -> str:
    with fresh(browser, mesh) as page:
        steps.home(page)
        return steps.order(page)[0]
