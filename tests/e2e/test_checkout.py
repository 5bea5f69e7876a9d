"""What the page of the checkout offers beside paying, in a real browser."""

import json
import re
import uuid

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.support.mesh import RunningMesh, wait_until

pytestmark = pytest.mark.mesh
BASKETS = 3
"""As many as say that two products belong together."""
PURCHASE = {
    "paymentToken": "test-approved",
    "shippingAddress": {"recipient": "Ann", "addressLines": ["Long Lane 1"], "city": "Riga", "regionCode": "LV"},
}


@pytest.fixture(scope="module")
def together(mesh: RunningMesh) -> tuple[str, str]:
    """Two products that others bought together, which the shop has counted."""
    with httpx.Client(base_url=mesh.url, timeout=30, trust_env=False) as client:
        listed = client.get("/v1/products", params={"filter": "in_stock = true", "pageSize": 2}).json()["products"]
        one, other = (str(product["name"]) for product in listed)
        for _ in range(BASKETS):
            session = client.post("/v1/sessions:createVisitor", json={}).json()
            bearer = {"authorization": f"Bearer {session['accessToken']}"}
            for name in (one, other):
                client.post("/v1/visitors/me/cart:addItem", json={"product": name}, headers=bearer).raise_for_status()
            bought = PURCHASE | {"requestId": str(uuid.uuid4())}
            client.post("/v1/visitors/me/orders:checkout", json=bought, headers=bearer).raise_for_status()

        def counted() -> bool:
            asked = {"contextProducts": [one]}
            row = client.post("/v1/scenarios/checkout:recommend", json=asked).json()["results"]
            return other in {result["product"] for result in row}

        wait_until(counted, 120, "what was bought together to be counted")
    return one, other


@pytest.mark.parametrize("width", [1280, 390])
def test_what_goes_with_an_order_is_added_at_the_checkout(page: Page, together: tuple[str, str], width: int) -> None:
    """Little, below the summary; the order grows by its price, and its event names the reply that showed it."""
    page.set_viewport_size({"width": width, "height": 844})
    one, product = together
    page.goto(f"/{one}")
    steps.add_to_cart(page)
    buy = page.get_by_role("button", name="Buy for")
    with page.expect_response("**/scenarios/checkout:recommend") as answered:
        page.goto("/checkout")
        expect(buy).to_be_enabled()
        page.locator("footer").scroll_into_view_if_needed()
    before = buy.inner_text()
    row = page.locator("[data-shelf=checkout]")
    places = [result["product"] for result in answered.value.json()["results"]]
    expect(row.locator(".card")).to_have_count(len(places))
    if width > 1000:
        expect(row.get_by_role("button", name="More")).to_have_count(0)  # all of it is in sight
    assert page.locator(".summary").bounding_box()["y"] < row.bounding_box()["y"]  # type: ignore[index]
    card = row.locator(f"[data-product='{product}']")
    card.get_by_role("button", name="Add to cart").focus()
    with page.expect_request(lambda request: "KIND_ADD_TO_CART" in (request.post_data or "")) as told:
        page.keyboard.press("Enter")
    there = card.get_by_role("button", name="In your cart")
    expect(there).to_be_focused()
    expect(page.locator(f".summary .line[data-product='{product}']")).to_be_visible()
    expect(buy).not_to_have_text(before)
    expect(buy).to_be_enabled()
    expect(buy).to_have_text(f"Buy for {page.locator('.summary .total strong').inner_text()}")
    expect(page).to_have_url(re.compile("/checkout$"))
    events = json.loads(told.value.post_data or "")["userEvents"]
    event = next(event for event in events if event["kind"] == "KIND_ADD_TO_CART")
    assert event["product"] == product
    assert event["attributionToken"]
    assert event["position"] == places.index(product) + 1
    assert steps.violations(page) == []


def test_an_order_is_cancelled_by_keyboard_once_it_was_asked_about(page: Page) -> None:
    """A key that is held answers nothing; Escape keeps the order, and the page goes on where the keyboard is."""
    steps.home(page)
    steps.open_card(page, steps.picked(page).first)
    steps.add_to_cart(page)
    steps.buy(page)
    ask = page.get_by_role("button", name="Cancel the order")
    ask.focus()
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # as the keyboard repeats it
    page.keyboard.up("Enter")
    expect(page.get_by_role("group", name=re.compile("Your money goes back"))).to_be_focused()
    assert steps.violations(page) == []
    page.keyboard.press("Escape")
    expect(ask).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".state").first).to_have_text("Cancelled")
    expect(page.locator("main")).to_be_focused()


def test_an_address_that_was_typed_is_there_when_one_comes_back(page: Page) -> None:
    """By the back button, after a reload, and not once it was bought or in another tab; how it is paid is not kept."""
    steps.home(page)
    product = steps.open_card(page, steps.picked(page).first)
    steps.add_to_cart(page)
    page.goto("/checkout")
    steps.address(page)
    page.get_by_label("Test payment: is declined").check()
    street = page.get_by_label("Street and number")
    page.locator(".summary .line-text a").first.click()
    page.locator(f"article.product[data-product='{product}']").wait_for()
    page.go_back()
    expect(street).to_have_value(steps.STREET)
    page.reload()
    expect(street).to_have_value(steps.STREET)
    expect(page.get_by_label("Test payment: goes through", exact=True)).to_be_checked()
    assert "test-" not in page.evaluate("() => JSON.stringify({ ...localStorage, ...sessionStorage })")
    other = page.context.new_page()
    other.goto("/checkout")
    expect(other.get_by_label("Street and number")).to_have_value("")
    page.get_by_role("button", name="Buy for").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert steps.STREET not in page.evaluate("() => JSON.stringify({ ...sessionStorage })")
