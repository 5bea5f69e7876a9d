"""What a merchant does, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps
from tests.support.mesh import RunningMesh

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
