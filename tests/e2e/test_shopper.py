"""What a shopper does, in a real browser, from the first look to the review."""

import io
import re
import time

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e import steps
from tests.support.mesh import RunningMesh, wait_until

pytestmark = pytest.mark.mesh
SCREENFUL = 8
"""Cards of the start page's end, about."""
HEIGHT_OF_CARD = 300.0
"""Pixels, at least."""


def test_from_sign_up_to_review(page: Page) -> None:
    """One person, start to end: onboarding, search, recommendations, cart, checkout, order, review, log-out."""
    steps.sign_up(page)
    page.locator(".taste").first.click()
    expect(page.locator(".taste").first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Show me the shop").click()
    steps.picked(page).first.wait_for()
    expect(page.get_by_role("heading", name="Picked for you")).to_be_visible()
    before = steps.order(page)

    steps.search(page, "jacket")
    expect(steps.found(page).first).to_contain_text(re.compile("jacket", re.I))
    bought = steps.open_card(page, steps.found(page).first)
    page.get_by_role("button", name="Like", exact=True).click()
    steps.add_to_cart(page)
    expect(page.get_by_role("dialog", name="Your cart")).to_contain_text("Total")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Aisle, to the start").click()
    wait_until(lambda: steps.order(page) not in ([], before), 15, "other recommendations")

    steps.buy(page)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.locator(".state").first).to_have_text("Paid")
    expect(page.locator(".count")).to_have_count(0)

    page.goto("/orders")
    page.locator("a.order").first.click()
    page.get_by_role("button", name="Write a review").click()
    page.locator(".rating label").nth(3).click()
    page.get_by_label("Headline").fill("It fits")
    page.get_by_label("Name to show").fill("Ann")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Change your review")).to_be_visible()
    page.goto(f"/{bought}")
    review = page.locator(".review", has_text="It fits").first
    expect(review).to_contain_text("Ann")
    expect(review.get_by_role("img", name="4 of 5 stars")).to_be_visible()

    steps.log_out(page)
    left = page.evaluate("() => JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert steps.STREET not in left
    assert "attributionToken" not in left
    page.goto("/account")
    page.wait_for_url("**/log-in**")


def test_a_visitor_needs_no_account_and_brings_all_along(page: Page, mesh: RunningMesh) -> None:
    """The row follows clicks, events say where they came of, and log-in takes cart and history along."""
    steps.home(page)
    before = steps.order(page)
    card = steps.picked(page).nth(2)
    viewed = steps.open_card(page, card)
    steps.add_to_cart(page)
    page.keyboard.press("Escape")
    page.go_back()
    wait_until(lambda: steps.order(page) not in ([], before), 15, "other recommendations")
    expect(page.locator(".count")).to_have_attribute("data-units", "1")

    email = steps.sign_up(page)
    expect(page.locator(".count")).to_have_attribute("data-units", "1")
    page.goto("/account")
    history = page.locator(".history")
    expect(history).to_contain_text("Put into the cart")
    expect(history).to_contain_text("Looked at")

    session = {"email": email, "password": steps.PASSWORD}
    with httpx.Client(base_url=mesh.url, trust_env=False) as http:
        token = http.post("/v1/sessions:logIn", json=session).json()["accessToken"]
        headers = {"authorization": f"Bearer {token}"}
        answer = http.get("/v1/users/me/userEvents", headers=headers, params={"pageSize": 500})
    events = answer.raise_for_status().json()["userEvents"]
    of_product = {event["kind"]: event for event in events if event["product"] == viewed}
    for kind in ("KIND_VIEW", "KIND_ADD_TO_CART"):
        assert of_product[kind]["position"] == 3
        assert of_product[kind]["attributionToken"]
    shown = [event for event in events if event["kind"] == "KIND_IMPRESSION"]
    assert len(shown) >= 4
    assert all(event["position"] >= 1 for event in shown)


# Impressions wait for 1.5 s for others; here they would wait for ever.
NO_TIMER = "const timer = setTimeout; window.setTimeout = (f, ms, ...a) => timer(f, ms === 1500 ? 2 ** 30 : ms, ...a)"


def test_who_comes_back_finds_the_place(page: Page) -> None:
    """Far down the start page, though rows above it are others by then."""
    steps.home(page)
    cards = page.locator(".endless .card[data-product]")

    def farther() -> int:
        page.mouse.wheel(0, 400)
        return cards.count()

    wait_until(lambda: farther() > SCREENFUL, 15, "more to look at")
    card = cards.nth(SCREENFUL)
    card.scroll_into_view_if_needed()
    before = card.bounding_box()
    assert before is not None
    viewed = steps.open_card(page, card)
    page.go_back()
    page.locator("[data-shelf=recent]").wait_for()
    there = page.locator(f".endless .card[data-product='{viewed}']")

    def apart() -> float:
        box = there.bounding_box()
        return abs(box["y"] - before["y"]) if box else float("inf")

    wait_until(lambda: apart() < HEIGHT_OF_CARD / 2, 15, "the same place")


CLOSING = """() => {
  Object.defineProperty(document, "visibilityState", { value: "hidden" });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


def test_events_are_sent_when_the_page_closes(page: Page) -> None:
    """What was shown a moment before is told all the same."""
    page.add_init_script(NO_TIMER)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if "batchWrite" in request.url else None)
    steps.home(page)
    page.wait_for_timeout(500)
    assert not any("KIND_IMPRESSION" in body for body in sent)
    with page.expect_request(lambda request: "KIND_IMPRESSION" in (request.post_data or "")):
        page.evaluate(CLOSING)


def test_search_by_words_keeps_its_state_in_the_address(page: Page) -> None:
    page.goto("/")
    box = page.get_by_role("combobox", name="Search the shop")
    box.fill("jack")
    expect(page.locator(".suggestion").first).to_contain_text(re.compile("jack", re.I))
    steps.search(page, "jacket")
    all_found = int(str(page.locator(".page-head [role=status]").inner_text()).split()[0])
    brand = page.locator(".facets fieldset", has_text="Brand").locator("label").first
    brand.click()
    page.wait_for_url(re.compile("brand="))
    expect(page.locator(".page-head [role=status]")).not_to_have_text(f"{all_found} products")
    page.locator(".sorting select").select_option("price")
    page.wait_for_url(re.compile("sort=price"))
    page.reload()
    expect(brand.locator("input")).to_be_checked()
    expect(page.locator(".sorting select")).to_have_value("price")
    page.go_back()
    page.go_back()
    expect(page.locator(".page-head [role=status]")).to_have_text(f"{all_found} products")
    expect(brand.locator("input")).not_to_be_checked()


def told_of_searches(page: Page) -> list[dict[str, object]]:
    """What the page tells of searches from now on, as it comes."""
    told: list[dict[str, object]] = []

    def look(request: Request) -> None:
        if request.url.endswith("userEvents:batchWrite"):
            told.extend(event for event in request.post_data_json["userEvents"] if event["kind"] == "KIND_SEARCH")

    page.on("request", look)
    return told


def test_any_number_of_values_can_be_ticked_by_keyboard(page: Page) -> None:
    """Colours and price bands have counts; one search is asked for each tick, and the event names its reply."""
    told = told_of_searches(page)
    with page.expect_response("**/products:search") as answered:
        page.goto("/search?q=jacket")
    reply = answered.value.json()
    counted = {facet["field"]: facet["values"] for facet in reply["facets"]}
    colours = page.locator(".facets fieldset", has=page.get_by_text("Colour", exact=True)).locator("label")
    first = counted["attributes.colour"][0]
    expect(colours.first).to_have_text(re.compile(f"^{first['value']} *{first['count']}$", re.I))
    prices = page.locator(".facets fieldset", has=page.get_by_text("Price", exact=True)).locator("label")
    expect(prices).to_have_count(len(counted["price"]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "products:search" in request.url else None)
    colours.first.locator("input").focus()
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("colour="))
    expect(colours.first.locator("input")).to_be_checked()
    expect(colours.first.locator("input")).to_be_focused()
    expect(page.locator(".found-count")).to_have_text(re.compile(f"^{first['count']} "))
    assert len(asked) == 1
    wait_until(lambda: len(told) > 0, 15, "the event")
    assert [(event["query"], event["attributionToken"]) for event in told] == [("jacket", reply["attributionToken"])]
    two = "%5B%22" + "%22,%22".join(value["value"] for value in counted["attributes.colour"][:2]) + "%22%5D"
    page.goto(f"/search?q=jacket&colour={two}")
    both = sum(int(value["count"]) for value in counted["attributes.colour"][:2])
    expect(page.locator(".found-count")).to_have_text(re.compile(f"^{both} "))
    expect(page.locator(".facets input:checked")).to_have_count(2)


def test_more_like_a_product_is_one_click_away(page: Page) -> None:
    told = told_of_searches(page)
    steps.home(page)
    product = steps.open_card(page, steps.picked(page).first)
    title = page.locator("h1").inner_text()
    page.get_by_role("link", name="More like this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"More like {title}")
    steps.found(page).first.wait_for()
    assert product not in steps.found(page).evaluate_all("cards => cards.map(card => card.dataset.product)")
    assert steps.violations(page) == []
    wait_until(lambda: len(told) > 0, 15, "the event")
    assert told[0]["product"] == product
    assert told[0]["attributionToken"]
    page.locator(".hint").get_by_role("link", name=title).click()
    page.locator(f"article.product[data-product='{product}']").wait_for()


def test_what_was_typed_can_be_had_as_it_stands(page: Page) -> None:
    page.goto("/search?q=jaket")
    expect(page.locator(".hint")).to_contain_text("Showing results for jacket")
    page.get_by_role("link", name="Search instead for “jaket”").click()
    page.wait_for_url(re.compile("verbatim=true"))
    expect(page.locator(".hint")).to_contain_text("as it stands")
    expect(page.get_by_text("Nothing was found.")).to_be_visible()


def test_a_country_and_an_age_go_with_recommendations(page: Page) -> None:
    """They are kept in this browser, and the shop takes them."""
    steps.home(page)
    page.get_by_label("Show what has an age limit").select_option("18")
    with page.expect_response(lambda answer: '"region":"FR"' in (answer.request.post_data or "")) as answered:
        page.get_by_label("Show what is sold in").select_option("FR")
    assert answered.value.ok
    with page.expect_response("**/scenarios/home:recommend") as answered:
        page.reload()
    assert answered.value.request.post_data_json["age"] == 18
    assert answered.value.request.post_data_json["region"] == "FR"
    expect(page.get_by_label("Show what has an age limit")).to_have_value("18")


def test_a_picture_is_previewed_and_refined(page: Page) -> None:
    """Chosen as a file; what is found is the search's own business, but it is something, or the page says why not."""
    out = io.BytesIO()
    Image.new("RGB", (2000, 1500), (30, 90, 200)).save(out, "JPEG")
    page.goto("/")
    page.get_by_role("button", name="Search by picture").click()
    with page.expect_response(re.compile("products:search$")) as answered:
        page.get_by_label("Choose a file").set_input_files(
            {"name": "blue.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
        )
    answer = answered.value.json()
    if "DEGRADATION_IMAGE_ENCODER" in answer["degraded"]:
        expect(page.locator(".degraded")).to_contain_text("Search by picture does not answer")
    else:
        assert answer["results"]
        expect(steps.found(page)).to_have_count(len(answer["results"]))
    preview = page.get_by_role("img", name="What you search by")
    expect(preview).to_have_js_property("naturalWidth", 1024)  # made small before it was sent
    page.get_by_label("Say more").fill("bag")
    page.get_by_role("button", name="Refine").click()
    page.wait_for_url(re.compile("q=bag"))
    expect(page.get_by_role("heading", name="Like your picture, bag")).to_be_visible()
    with page.expect_request(lambda request: '"imageWeight":0.2' in (request.post_data or "")):
        page.get_by_label("What counts more").select_option("words")
    page.wait_for_url(re.compile("weight=words"))
    expect(steps.found(page).first).to_be_visible()


def test_a_declined_payment_takes_nothing_and_can_be_tried_again(page_of_failures: Page) -> None:
    page = page_of_failures
    steps.home(page)
    steps.open_card(page, steps.picked(page).first)
    steps.add_to_cart(page)
    steps.buy(page, "is declined")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    page.get_by_label("Test payment: goes through", exact=True).check()
    page.get_by_role("button", name="Buy for").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_nothing_is_bought_while_the_cart_changes(page: Page) -> None:
    """The total on the button is the shop's answer to what the cart holds."""
    steps.home(page)
    steps.open_card(page, steps.picked(page).first)
    steps.add_to_cart(page)
    page.goto("/checkout")
    buy = page.get_by_role("button", name="Buy for")
    expect(buy).to_be_enabled()
    before = buy.inner_text()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/cart:setItemQuantity", hold)
    page.get_by_role("button", name="One more").click()
    expect(buy).to_be_disabled()
    expect(buy).to_have_text("Buy for …")
    held[0].continue_()
    expect(buy).to_be_enabled()
    expect(buy).not_to_have_text(before)


def test_a_reload_finds_what_is_ones_own_however_late_the_session_comes(page: Page) -> None:
    """Nothing is asked for in a visitor's name before the page knows who is there; a refusal is on the console."""
    steps.sign_up(page)

    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/v1/sessions:resume", late)
    page.goto("/orders")
    expect(page.get_by_text("No orders yet.")).to_be_visible()
    page.goto("/cart")
    expect(page.get_by_text("It is empty.")).to_be_visible()


def test_no_script_can_read_the_refresh_token(page: Page, mesh: RunningMesh) -> None:
    steps.sign_up(page)
    kept = page.evaluate("() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })")
    cookie = next(
        cookie for cookie in page.context.cookies(f"{mesh.url}/v1/sessions") if cookie["name"] == "aisle_session"
    )
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["value"] not in kept
    page.reload()  # the session goes on all the same
    expect(page.locator("header [aria-haspopup=menu]")).to_contain_text("Ann")


def test_two_tabs_share_one_session(page: Page) -> None:
    steps.home(page)
    other = page.context.new_page()
    other.goto("/")
    steps.sign_up(page)
    expect(other.locator("header [aria-haspopup=menu]")).to_contain_text("Ann")
    steps.log_out(other)
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
