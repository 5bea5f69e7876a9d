"""A real browser before the whole shop."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.mesh import RunningMesh

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Nothing that a browser does by itself: no look-ups of its maker's hosts, no updates, no GPU.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What Chromium says on the console of every answer that is not a success.
NO_SUCCESS = "Failed to load resource"
# No promise of the shop, but enough for a machine that does much else.
PATIENCE_MS = 30_000
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; a browser is never downloaded.

    It ends with the module: while it runs, its event loop counts as running, and no test with a loop of its own could.
    """
    if CHROMIUM is None:
        pytest.skip("No browser: the end-to-end tests need Chromium (Debian: apt-get install chromium)")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def fresh(browser: Browser, mesh: RunningMesh, forgiven: str = "", **options: Any) -> Iterator[Page]:
    """A page of a profile that was never here; the console of every tab stays empty but for what is forgiven."""
    settings = {"viewport": WIDE, "reduced_motion": "reduce", "locale": "en-GB"} | options
    context: BrowserContext = browser.new_context(base_url=mesh.url, **settings)
    context.set_default_timeout(PATIENCE_MS)
    said: list[str] = []
    context.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    context.on("weberror", lambda problem: said.append(str(problem.error)))
    page = context.new_page()
    yield page
    context.close()
    assert [text for text in said if not (forgiven and text.startswith(forgiven))] == []


@pytest.fixture
def page(browser: Browser, mesh: RunningMesh) -> Iterator[Page]:
    """A page on which nothing goes wrong."""
    with fresh(browser, mesh) as page:
        yield page


@pytest.fixture
def page_of_failures(browser: Browser, mesh: RunningMesh) -> Iterator[Page]:
    """A page for tests of what it says when it is refused something."""
    with fresh(browser, mesh, NO_SUCCESS) as page:
        yield page
