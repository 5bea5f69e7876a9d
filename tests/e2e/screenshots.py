"""Takes pictures of every page of a running shop: `python -m tests.e2e.screenshots .aisle docs/screenshots`.

Wide in light, narrow in dark. A shopper is signed up for it, looks around, and buys something.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.e2e import steps
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.test_pages import ORDER, PAGES, PRODUCT
from tests.support.mesh import RunningMesh, running

SIZES = {"wide": (1280, 900, "light"), "narrow": (390, 844, "dark")}
QUALITY = 82
"""JPEG: a tenth of PNG's size, and nobody sees it."""


def main(data: Path, folder: Path) -> None:
    """Writes `<page>-wide.jpg` and `<page>-narrow.jpg` for every page."""
    mesh = running(data.resolve())
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(base_url=mesh.url, reduced_motion="reduce", locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(30_000)
        known = _live(page)
        merchant = browser.new_context(base_url=mesh.url, reduced_motion="reduce", locale="en-GB").new_page()
        _log_in(merchant, mesh)
        for name in PAGES:
            _take(merchant if name.startswith("merchant") else page, name, known, folder)
        browser.close()


def _live(page: Page) -> dict[str, str]:
    """A shopper who liked some things and bought one; the names that the pages' addresses need."""
    steps.sign_up(page)
    for index in (0, 3, 7):
        page.locator(".taste").nth(index).click()
    page.get_by_role("button", name="Show me the shop").click()
    product = ""
    for words in ("jacket", "backpack", "lamp"):
        steps.search(page, words)
        product = steps.open_card(page, steps.found(page).first)
    steps.add_to_cart(page)
    steps.buy(page)
    page.wait_for_url("**/orders/*")
    order = page.url.rpartition("/orders/")[2]
    steps.home(page)
    product = steps.open_card(page, steps.picked(page).nth(1))
    steps.add_to_cart(page)
    return {PRODUCT: product, ORDER: f"orders/{order}"}


def _log_in(page: Page, mesh: RunningMesh) -> None:
    page.set_default_timeout(30_000)
    steps.log_in(page, mesh.credentials.admin_email, mesh.credentials.admin_password)


def _take(page: Page, name: str, known: dict[str, str], folder: Path) -> None:
    address, awaited = PAGES[name]
    for placeholder, value in known.items():
        address = address.replace(placeholder, value)
    for size, (width, height, scheme) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(address)
        page.locator(awaited).first.wait_for()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name.replace(' ', '-')}-{size}.jpg", type="jpeg", quality=QUALITY)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
