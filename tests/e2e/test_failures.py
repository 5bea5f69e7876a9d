"""What the shop says when something is wrong."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import steps

pytestmark = pytest.mark.mesh


def test_a_wrong_password_is_told_in_words(page_of_failures: Page) -> None:
    page = page_of_failures
    page.goto("/log-in")
    page.get_by_label("E-mail").fill("nobody@shop.test")
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")


def test_a_service_that_is_gone_is_said_and_tried_again(page_of_failures: Page) -> None:
    page = page_of_failures
    page.route("**/scenarios/home:recommend", lambda route: route.abort())
    page.goto("/")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("does not answer")
    page.unroute("**/scenarios/home:recommend")
    alert.get_by_role("button", name="Try again").click()
    steps.picked(page).first.wait_for()


def test_a_product_that_is_gone_is_said(page_of_failures: Page) -> None:
    page_of_failures.goto("/products/no-such-thing")
    expect(page_of_failures.locator("main")).to_contain_text("not in the shop any more")


def test_a_wrong_address_leads_back(page_of_failures: Page) -> None:
    page_of_failures.goto("/no/such/page")
    page_of_failures.get_by_role("link", name="To the start", exact=True).click()
    steps.picked(page_of_failures).first.wait_for()


def test_being_offline_is_said(page_of_failures: Page) -> None:
    page = page_of_failures
    steps.home(page)
    page.context.set_offline(True)
    expect(page.locator(".connection-bar")).to_contain_text("You are offline")
    page.context.set_offline(False)
    expect(page.locator(".connection-bar")).to_have_count(0)


def test_an_optimistic_cart_takes_back_what_was_refused(page_of_failures: Page) -> None:
    page = page_of_failures
    steps.home(page)
    steps.open_card(page, steps.picked(page).first)
    page.route("**/cart:addItem", lambda route: route.abort())
    page.get_by_role("button", name="Add to cart").click()
    expect(page.locator(".toast-bad")).to_contain_text("does not answer")
    expect(page.locator(".count")).to_have_count(0)
