"""Products are seen before the page's own script has run, where the page will show them."""

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.conftest import WIDE, fresh
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
SCRIPT = "**/assets/start-*.js"
EARLY, LATE = "#root > main[aria-busy] .card", "#main .card"
PHONE = {"width": 390, "height": 844}
# A font that comes late moves lines by less than this.
NEAR_PX = 2.0


def first(page: Page, cards: str) -> tuple[list[str | None], list[float]]:
    """What the first card says of its product, and the place of its picture."""
    card = page.locator(cards).first
    picture = card.locator(".card-picture img, .no-picture").first
    picture.wait_for()
    box = picture.bounding_box()
    assert box is not None
    link = card.locator("a").first
    said = [link.get_attribute("href"), link.inner_text(), card.locator(".price").inner_text()]
    return said, [box[side] for side in ("x", "y", "width", "height")]


@pytest.mark.parametrize("size", [WIDE, PHONE])
@pytest.mark.parametrize("path", ["/", "/search?q=jacket"])
def test_first_products_stand_where_the_page_puts_them(
    browser: Browser, mesh: RunningMesh, path: str, size: dict[str, int]
) -> None:
    held: list[Route] = []
    with fresh(browser, mesh, viewport=size) as page:
        page.route(SCRIPT, lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants a function)
        page.goto(path, wait_until="commit")
        early = first(page, EARLY)
        assert page.locator("#main").count() == 0, "the page's own script has not run"
        for route in held:
            route.continue_()
        late = first(page, LATE)
        assert late[0] == early[0]
        assert late[1] == pytest.approx(early[1], abs=NEAR_PX)


def test_a_script_that_cannot_be_had_is_not_asked_for_without_end(browser: Browser, mesh: RunningMesh) -> None:
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    with fresh(browser, mesh, forgiven="Failed to") as page:
        page.route(SCRIPT, refuse)
        page.goto("/", wait_until="commit")
        page.locator(EARLY).first.wait_for()
        page.wait_for_timeout(4000)
        assert len(asked) <= 4, "the page, once again, and each time as a hint and as a script"
