"""Products are seen before the page's own script has run, where the page will show them."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import NO_SUCCESS, WIDE, fresh
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
SCRIPT = "**/assets/page-*.js"
EARLY, LATE = "#root > main[aria-busy] .card", "#main .card"
PHONE = {"width": 390, "height": 844}
# A font that comes late moves lines by less than this.
NEAR_PX = 2.0
IN_SIGHT = 4


def shown(page: Page, cards: str) -> list[tuple[list[str | None], list[float]]]:
    """What the first cards say of their products, and their places."""
    page.locator(f"{cards} .card-picture img").first.wait_for()
    found = []
    for card in page.locator(cards).all()[:IN_SIGHT]:
        box, link = card.bounding_box(), card.locator("a").first
        assert box is not None
        said = [link.get_attribute("href"), link.inner_text(), card.locator(".price").inner_text()]
        found.append((said, [box[side] for side in ("x", "y", "width", "height")]))
    return found


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("path", ["/", "/search?q=jacket"])
def test_first_products_stand_where_the_page_puts_them(
    browser: Browser, mesh: RunningMesh, path: str, size: dict[str, int]
) -> None:
    held: list[Route] = []
    with fresh(browser, mesh, viewport=size) as page:
        page.route(SCRIPT, lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants a function)
        page.goto(path, wait_until="commit")
        early = shown(page, EARLY)
        assert len(early) == IN_SIGHT
        assert page.locator("#main").count() == 0, "the page's own script has not run"
        page.locator(f"{EARLY} a").nth(1).focus()
        for route in held:
            route.continue_()
        late = shown(page, LATE)
        assert [said for said, _ in late] == [said for said, _ in early]
        for (_, place), (_, was) in zip(late, early, strict=True):
            assert place == pytest.approx(was, abs=NEAR_PX)
        expect(page.locator(f"{LATE} a").nth(1)).to_be_focused()


def test_what_is_clicked_early_is_known_on_its_page(browser: Browser, mesh: RunningMesh) -> None:
    clicked: list[str] = []

    def only_then(route: Route) -> None:
        if clicked:
            route.continue_()

    with fresh(browser, mesh) as page:
        page.route(SCRIPT, only_then)
        page.goto("/", wait_until="commit")
        link = page.locator(f"{EARLY} a").nth(2)
        clicked.append(link.get_attribute("href") or "")
        with page.expect_request("**/userEvents:batchWrite") as told:
            link.click()
        view = next(event for event in told.value.post_data_json["userEvents"] if event["kind"] == "KIND_VIEW")
        assert view["product"] == clicked[0].removeprefix("/")
        assert view["position"] == 3
        assert view["attributionToken"]


@pytest.mark.parametrize("words", ["jaket", "zzzz qqqq"])
def test_what_needs_more_than_products_is_left_to_the_page(browser: Browser, mesh: RunningMesh, words: str) -> None:
    with fresh(browser, mesh) as page:
        page.route(SCRIPT, lambda route: None)
        with page.expect_response("**/products:search") as answer:
            page.goto(f"/search?q={words}", wait_until="commit")
        reply = answer.value.json()
        assert reply.get("correctedQuery") or reply.get("fallback") or not reply["results"]
        page.wait_for_timeout(300)
        assert page.locator(EARLY).count() == 0


def test_a_script_that_cannot_be_had_is_said_and_not_asked_for_without_end(browser: Browser, mesh: RunningMesh) -> None:
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    with fresh(browser, mesh, forgiven=NO_SUCCESS) as page:
        page.route(SCRIPT, refuse)
        page.goto("/", wait_until="commit")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("could not be loaded", timeout=20_000)  # the page comes twice before it is said
        page.wait_for_timeout(2000)
        assert len(asked) <= 4, "the page, once again, and each time as a hint and as a script"
        page.unroute(SCRIPT)
        alert.get_by_role("link", name="Load it again").click()
        page.locator(LATE).first.wait_for()


def test_products_that_come_after_the_failure_was_said_leave_it_there(browser: Browser, mesh: RunningMesh) -> None:
    held: list[Route] = []
    with fresh(browser, mesh, forgiven=NO_SUCCESS) as page:
        page.route(SCRIPT, lambda route: route.abort())
        page.route("**/scenarios/*:recommend", lambda route: held.append(route))  # noqa: PLW0108  (as above)
        page.goto("/", wait_until="commit")
        again = page.get_by_role("alert").get_by_role("link", name="Load it again")
        again.wait_for(timeout=20_000)
        with page.expect_response("**/scenarios/*:recommend") as answer:
            held[-1].continue_()
        answer.value.finished()
        page.wait_for_timeout(500)
        expect(again).to_be_visible()
