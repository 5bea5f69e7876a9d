"""What a shopper does, in a real browser: look, click, see the recommendations follow, have an account."""

import uuid
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.mesh import RunningMesh, wait_until

pytestmark = pytest.mark.mesh


def order(page: Page) -> list[str]:
    """The products of the home row, in order."""
    cards = page.locator("#picks .card[data-product]")
    return list(cards.evaluate_all("cards => cards.map(card => card.dataset.product)"))


def pictures_load(cards: Locator) -> None:
    """Waits until the pictures of the first cards are there; those out of sight load when they come into it."""
    for index in range(4):
        image = cards.nth(index).locator("img")
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        assert image.evaluate("image => image.naturalWidth") > 0


def stored(mesh: RunningMesh, page: Page) -> list[dict[str, Any]]:
    """The events that the shop has of whoever uses the page, newest first."""
    session = page.evaluate("() => JSON.parse(localStorage.getItem('aisle.session'))")
    kind = session["subject"].split("/")[0]
    headers = {"authorization": f"Bearer {session['accessToken']}"}
    answer = httpx.get(
        f"{mesh.url}/v1/{kind}/me/userEvents", headers=headers, params={"pageSize": 200}, trust_env=False
    )
    return list(answer.raise_for_status().json()["userEvents"])


def open_card(page: Page, card: Locator) -> str:
    """Opens a card's product and returns its name once its page is there."""
    name = card.get_attribute("data-product")
    card.locator("a").click()
    page.locator(f"#product[data-product='{name}'] #product-title").wait_for()
    return str(name)


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("#product")).not_to_be_visible()


def test_products_and_recommendations_are_seen_with_their_pictures(page: Page) -> None:
    pictures_load(page.locator("#picks .card[data-product]"))
    pictures_load(page.locator("#catalogue .card[data-product]"))
    assert page.locator("#catalogue .price").first.inner_text().strip()
    assert len(order(page)) >= 10
    assert page.locator("#picks .degraded").is_hidden()


def test_the_row_follows_what_a_visitor_clicks(page: Page, mesh: RunningMesh) -> None:
    before = order(page)
    kind = page.locator("#catalogue .chips .chip").nth(1)
    kind.click()
    expect(page.locator("#catalogue .grid")).to_have_attribute("aria-busy", "false")
    clicked = []
    for index in range(3):
        clicked.append(open_card(page, page.locator("#catalogue .grid .card[data-product]").nth(index)))
        close(page)
    expect(page.locator("#picks-title")).to_have_text("Picked for you")
    wait_until(lambda: order(page) != before, 10, "another order")
    viewed = [event["product"] for event in stored(mesh, page) if event["kind"] == "KIND_VIEW"]
    assert viewed == clicked[::-1]


def test_events_say_which_recommendation_they_came_of(page: Page, mesh: RunningMesh) -> None:
    card = page.locator("#picks .card[data-product]").nth(2)
    token = card.evaluate("card => card.source.attributionToken")
    name = open_card(page, card)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator("#toasts")).to_contain_text("in your cart")
    events = {event["kind"]: event for event in stored(mesh, page) if event["product"] == name}
    for kind in ("KIND_VIEW", "KIND_ADD_TO_CART"):
        assert (events[kind]["attributionToken"], events[kind]["position"]) == (token, 3)
    page.wait_for_timeout(2000)  # impressions are sent together, after a moment
    assert any(event["kind"] == "KIND_IMPRESSION" for event in stored(mesh, page))


def test_the_demo_shopper_logs_in_likes_and_logs_out(page: Page, mesh: RunningMesh) -> None:
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("E-mail").fill(mesh.credentials.demo_email)
    page.get_by_label("Password").fill(mesh.credentials.demo_password)
    page.locator("#sign-in button[type=submit]").click()
    expect(page.locator("#account")).to_contain_text("Hello")
    name = open_card(page, page.locator("#catalogue .card[data-product]").nth(3))
    like = page.get_by_role("button", name="Like", exact=True)
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    newest = next(event for event in stored(mesh, page) if event["kind"] != "KIND_IMPRESSION")
    assert (newest["kind"], newest["product"]) == ("KIND_LIKE", name)
    close(page)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    subject = page.evaluate("() => JSON.parse(localStorage.getItem('aisle.session')).subject")
    assert subject.startswith("visitors/")


def test_a_new_shopper_says_what_they_like(page: Page, mesh: RunningMesh) -> None:
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("E-mail").fill(f"{uuid.uuid4().hex}@shop.test")
    page.get_by_label("Password").fill("a long password")
    page.locator("#sign-in button[type=submit]").click()
    chips = page.locator("#tastes .chip")
    chips.first.click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#tastes")).not_to_be_visible()
    expect(page.locator("#account")).to_contain_text("Hello, Ann")
    expect(page.locator("#picks-title")).to_have_text("Picked for you")


def test_a_wrong_password_is_told_in_words(page_of_failures: Page) -> None:
    page = page_of_failures
    page.get_by_role("button", name="Log in").click()
    page.get_by_label("E-mail").fill("nobody@shop.test")
    page.get_by_label("Password").fill("wrong password")
    with page.expect_response("**/v1/sessions:logIn") as answered:
        page.locator("#sign-in button[type=submit]").click()
    assert answered.value.status == 401
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")


def test_the_back_button_closes_a_product(page: Page) -> None:
    open_card(page, page.locator("#catalogue .card[data-product]").first)
    page.go_back()
    expect(page.locator("#product")).not_to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (768, "dark"), (1600, "light")])
def test_nothing_overflows_and_text_can_be_read(page: Page, width: int, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    open_card(page, page.locator("#catalogue .card[data-product]").first)
    sheet = page.locator("#product")
    assert sheet.evaluate("sheet => sheet.scrollWidth <= sheet.clientWidth + 1")
    box = sheet.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    close(page)


def test_a_shop_without_its_services_says_so(page_of_failures: Page) -> None:
    page = page_of_failures
    page.route("**/v1/products?**", lambda route: route.abort())
    page.locator("#catalogue .chips .chip").nth(1).click()
    expect(page.locator("#catalogue [role=alert]")).to_contain_text("does not answer")
    page.unroute("**/v1/products?**")
    page.get_by_role("button", name="Try again").click()
    page.locator("#catalogue .grid .card[data-product]").first.wait_for()


def test_the_documentation_lists_the_api(page: Page) -> None:
    page.goto("/docs")
    expect(page.get_by_role("heading", name="Aisle")).to_be_visible()
    operation = page.locator("#operations-RecommendationService-RecommendationService_Recommend")
    page.locator("#operations-tag-RecommendationService").click()
    expect(operation).to_contain_text(":recommend")
