"""Every page, for everybody: axe finds nothing, nothing overflows, keyboards reach everything."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.e2e.conftest import fresh
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh

PRODUCT = "PRODUCT"
ORDER = "ORDER"
# Address, and what is waited for there. All of them as the merchant, who may see every page.
PAGES = {
    "home": ("/", "[data-shelf=picked] .card[data-product]"),
    "search": ("/search?q=jacket", ".search-page .card[data-product]"),
    "category": ("/search?category=bags", ".search-page .card[data-product]"),
    "nothing found": ("/search?q=jacket&min=999999", ".search-page .notice"),
    "product": (f"/{PRODUCT}", "article.product"),
    "cart": ("/cart", ".line"),
    "checkout": ("/checkout", "form .check"),
    "orders": ("/orders", "a.order"),
    "order": (f"/{ORDER}", ".lines .line"),
    "log-in": ("/log-in", "main form"),
    "sign-up": ("/sign-up", "main form"),
    "welcome": ("/welcome", ".taste img"),
    "account": ("/account", ".history li"),
    "merchant": ("/merchant", ".stock-row"),
    "merchant orders": ("/merchant/orders", ".order-row"),
    "merchant scenarios": ("/merchant/scenarios", ".scenario-row"),
    "merchant scenario": ("/merchant/scenarios/home", ".preview-list li"),
}

# The same for somebody who was never here, whom the shop may answer that there is no such thing.
EMPTY_PAGES = {
    "not found": ("/no/such/page", ".notice"),
    "gone product": ("/products/no-such-thing", ".notice"),
    "empty cart": ("/cart", ".notice"),
}


@pytest.fixture(scope="module")
def merchant(browser: Browser, mesh: RunningMesh) -> Iterator[tuple[Page, dict[str, str]]]:
    """A merchant who has an order and something in the cart, and where these are found."""
    with fresh(browser, mesh) as page:
        steps.log_in(page, mesh.credentials.admin_email, mesh.credentials.admin_password)
        steps.home(page)
        product = steps.open_card(page, steps.picked(page).first)
        steps.add_to_cart(page)
        steps.buy(page)
        page.wait_for_url("**/orders/*")
        order = page.url.rpartition("/orders/")[2]
        page.goto(f"/{product}")
        steps.add_to_cart(page)
        yield page, {PRODUCT: product, ORDER: f"orders/{order}"}


def visit(merchant: tuple[Page, dict[str, str]], name: str) -> Page:
    """Opens a page and waits for what it shows."""
    page, known = merchant
    address, awaited = PAGES[name]
    for placeholder, value in known.items():
        address = address.replace(placeholder, value)
    page.goto(address)
    page.locator(awaited).first.wait_for()
    return page


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_overflows(merchant: tuple[Page, dict[str, str]], name: str) -> None:
    _fits_and_is_accessible(visit(merchant, name))


@pytest.mark.parametrize("name", EMPTY_PAGES)
def test_axe_finds_nothing_and_nothing_overflows_where_nothing_is(page_of_failures: Page, name: str) -> None:
    address, awaited = EMPTY_PAGES[name]
    page_of_failures.goto(address)
    page_of_failures.locator(awaited).first.wait_for()
    _fits_and_is_accessible(page_of_failures)


def _fits_and_is_accessible(page: Page) -> None:
    for width, scheme in ((1280, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate("() => new Promise(done => setTimeout(done, 60))")  # the new colours are drawn
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert steps.violations(page) == []


def test_axe_finds_nothing_in_what_opens(page: Page) -> None:
    """The cart's drawer, completions, the picture's dialog, the filter of narrow screens."""
    steps.home(page)
    steps.open_card(page, steps.picked(page).first)
    steps.add_to_cart(page)
    page.get_by_role("dialog", name="Your cart").get_by_text("Total").wait_for()
    assert steps.violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Search the shop").fill("jack")
    page.locator(".suggestion").first.wait_for()
    assert steps.violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Search by picture").click()
    page.get_by_role("dialog", name="Search by picture").wait_for()
    assert steps.violations(page) == []
    page.goto("/search?q=jacket")
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("dialog", name="Filter").wait_for()
    assert steps.violations(page) == []


def test_the_keyboard_is_enough(page: Page) -> None:
    """From the top of the page to a product in the cart without a pointer."""
    steps.home(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('card-link')"):
            break
    page.keyboard.press("Enter")
    page.locator("article.product").wait_for()
    expect(page.locator("main")).to_be_focused()
    button = page.get_by_role("button", name="Add to cart")
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Your cart")
    expect(drawer).to_contain_text("Total")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


@pytest.mark.parametrize("width", [768, 1920])
def test_home_fits_other_widths(browser: Browser, mesh: RunningMesh, width: int) -> None:
    viewport: dict[str, Any] = {"width": width, "height": 900}
    with fresh(browser, mesh, viewport=viewport) as page:
        steps.home(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_documentation_lists_the_api(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_role("heading", name="Aisle")).to_be_visible()
    operation = page.locator("#operations-RecommendationService-RecommendationService_Recommend")
    page.locator("#operations-tag-RecommendationService").click()
    expect(operation).to_contain_text(":recommend")
