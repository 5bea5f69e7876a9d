"""What people do in the shop, as steps of tests."""

import re
import uuid
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

PASSWORD = "a long password"
STREET = "Long Lane 1"
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def home(page: Page) -> None:
    """Opens the start page and waits until its first row is there."""
    page.goto("/")
    picked(page).first.wait_for()


def picked(page: Page) -> Locator:
    """The cards of the home page's first row."""
    return page.locator("[data-shelf=picked] .card[data-product]")


def order(page: Page) -> list[str]:
    """The products of the home page's first row, in order."""
    return list(picked(page).evaluate_all("cards => cards.map(card => card.dataset.product)"))


def open_card(page: Page, card: Locator) -> str:
    """Follows a card to its product's page, and returns the product's name."""
    name = str(card.get_attribute("data-product"))
    card.locator("a.card-link").click()
    page.locator(f"article.product[data-product='{name}']").wait_for()
    return name


def search(page: Page, words: str) -> None:
    """Searches for words and waits for what was found."""
    box = page.get_by_role("combobox", name="Search the shop")
    box.fill(words)
    box.press("Enter")
    page.wait_for_url(re.compile(r"/search\?"))
    found(page).first.wait_for()


def found(page: Page) -> Locator:
    """The cards of the page of what was found."""
    return page.locator(".search-page .grid:not(.grid-old) .card[data-product]")


def sign_up(page: Page, name: str = "Ann Example") -> str:
    """Signs up, leaves the question of taste open, and returns the address."""
    email = f"{uuid.uuid4().hex}@shop.test"
    page.goto("/sign-up")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/welcome")
    page.locator(".taste").first.wait_for()
    return email


def log_in(page: Page, email: str, password: str) -> None:
    """Logs in and waits for the menu of the account."""
    page.goto("/log-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(lambda url: "/log-in" not in url)
    page.locator("button.icon-link", has_text=re.compile("Account|\\w")).first.wait_for()


def log_out(page: Page) -> None:
    """Logs out through the menu."""
    page.locator("header [aria-haspopup=menu]").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def add_to_cart(page: Page) -> None:
    """Adds the product whose page is open, and waits until the shop has it."""
    with page.expect_response(re.compile(r"/cart:addItem$")) as answered:
        page.get_by_role("button", name="Add to cart").click()
    assert answered.value.ok, answered.value.text()


def address(page: Page) -> None:
    """Fills in where an order goes to."""
    page.get_by_label("Name", exact=True).fill("Ann Example")
    page.get_by_label("Street and number").fill(STREET)
    page.get_by_label("Postal code").fill("12345")
    page.get_by_label("City").fill("Bath")


def buy(page: Page, payment: str = "goes through") -> None:
    """Checks out what is in the cart, from anywhere, up to the answer."""
    page.goto("/checkout")
    address(page)
    page.get_by_label(f"Test payment: {payment}", exact=True).check()
    page.get_by_role("button", name="Buy for").click()


def violations(page: Page) -> list[Any]:
    """What axe finds on the page, one line for each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
