"""What a merchant does, in a real browser."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import steps
from tests.e2e.conftest import fresh
from tests.support.mesh import RunningMesh, wait_until

pytestmark = pytest.mark.mesh


def test_stock_is_added_and_taken(page: Page, mesh: RunningMesh) -> None:
    steps.log_in(page, mesh.credentials.admin_email, mesh.credentials.admin_password)
    page.goto("/merchant")
    page.get_by_label("Title holds").fill("jacket")
    row = page.locator(".stock-row", has_text="acket").first
    name = row.get_attribute("data-product")
    row = page.locator(f".stock-row[data-product='{name}']")
    before = int(row.locator("strong").inner_text().replace(",", ""))
    row.get_by_label("Units").fill("7")
    row.get_by_role("button", name="Add").click()
    expect(row.locator("strong")).to_have_text(f"{before + 7:,}")
    row.get_by_role("button", name="Take").click()
    expect(row.locator("strong")).to_have_text(f"{before:,}")


def test_nobody_else_gets_there(page: Page) -> None:
    steps.sign_up(page)
    page.goto("/merchant")
    page.wait_for_url("**/log-in**")


def test_a_pinned_product_is_seen_by_shoppers(browser: Browser, mesh: RunningMesh) -> None:
    """Pinned in the editor, it stands first in the preview at once, and in the shop after it was saved."""
    with fresh(browser, mesh) as merchant, fresh(browser, mesh) as shopper:
        steps.home(shopper)
        # Cards of a row are drawn a few at a time: this one is waited for.
        pinned = str(steps.picked(shopper).nth(7).get_attribute("data-product"))
        title = shopper.locator(f"[data-product='{pinned}'] .card-link").first.inner_text()
        steps.log_in(merchant, mesh.credentials.admin_email, mesh.credentials.admin_password)
        merchant.goto("/merchant/scenarios/home")
        merchant.get_by_role("button", name="Add a rule").click()
        rule = merchant.locator("fieldset.rule").last
        rule.get_by_role("combobox", name="Add a product").fill(title)
        merchant.get_by_role("option", name=title).first.click()
        expect(merchant.locator(".preview-list li").first).to_have_attribute("data-product", pinned)
        assert steps.violations(merchant) == []
        merchant.get_by_role("button", name="Save").click()
        expect(merchant.locator(".toast")).to_contain_text("Saved")
        try:
            wait_until(lambda: _first(shopper) == pinned, 20, "the pinned product in front")
        finally:
            merchant.locator("fieldset.rule").last.get_by_role("button", name="Delete the rule").click()
            merchant.get_by_role("button", name="Save").click()
            expect(merchant.locator("fieldset.rule")).to_have_count(0)


def _first(shopper: Page) -> str:
    steps.home(shopper)
    return steps.order(shopper)[0]


def test_a_place_is_previewed_with_a_cart(page: Page, mesh: RunningMesh) -> None:
    """What is put into the cart of the preview is not recommended beside it, until it is taken out again."""
    steps.log_in(page, mesh.credentials.admin_email, mesh.credentials.admin_password)
    page.goto("/merchant/scenarios/cart")
    shown = page.locator(".preview-list li")
    name = str(shown.first.get_attribute("data-product"))
    title = page.request.get(f"/v1/{name}").json()["title"]
    page.get_by_role("combobox", name="With this in the cart").fill(title)
    page.get_by_role("option", name=name.removeprefix("products/")).click()
    there = page.locator(f".preview-list li[data-product='{name}']")
    expect(there).to_have_count(0)
    expect(shown.first).to_be_visible()
    assert steps.violations(page) == []
    page.get_by_role("button", name=f"Without {name.removeprefix('products/')}").click()
    expect(there).to_have_count(1)
