"""The shop's page: everything it names is served, and nothing of it needs a looser policy."""

import re
from html.parser import HTMLParser
from pathlib import Path

from gateway import contracts, pages

WEB = pages.WEB
SERVED = {page.path for page in pages.pages(Path("openapi.json"))}


class Markup(HTMLParser):
    """Collects what a strict policy forbids, addresses, ids and labels."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.ids: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        self.ids += [value for value in [given.get("id")] if value]


def markup() -> Markup:
    parser = Markup()
    parser.feed((WEB / "index.html").read_text())
    return parser


def test_nothing_is_inline() -> None:
    assert markup().inline == []


def test_every_address_in_the_markup_is_served() -> None:
    own = [address for address in markup().addresses if address.startswith("/")]
    assert "/page/app.js" in own
    assert set(own) <= SERVED


def test_every_import_is_served() -> None:
    imported = {
        name
        for file in WEB.glob("*.js")
        for name in re.findall(r'^import .*? from "\./([^"]+)";', file.read_text(), re.M)
    }
    assert "api.js" in imported
    assert {f"/page/{name}" for name in imported} <= SERVED


def test_no_script_writes_markup_or_evaluates_text() -> None:
    for file in WEB.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", file.read_text()
        )


def test_ids_are_unique() -> None:
    ids = markup().ids
    assert len(ids) == len(set(ids))


def test_the_api_that_it_calls_is_in_the_contracts() -> None:
    """Custom methods by name, since a misspelled one would only show when it is clicked."""
    known = {
        template.rpartition(":")[2] for m in contracts.methods() for _, template, _ in m.http_rules if ":" in template
    }
    called = set()
    for file in WEB.glob("*.js"):
        called |= set(re.findall(r"/v1/[A-Za-z/${}.]*:([A-Za-z]+)", file.read_text()))
    assert {"logIn", "refresh", "logOut", "write", "batchWrite", "recommend"} <= called
    assert called <= known


def colours(css: str) -> dict[str, str]:
    """The custom properties of a block that are plain colours."""
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_can_be_read_in_light_and_dark() -> None:
    light, _, rest = (WEB / "style.css").read_text().partition("@media (prefers-color-scheme: dark)")
    dark = rest.partition("*::before")[0]
    grounds = ["ground", "surface", "band"]
    pairs = [(ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in grounds]
    pairs += [("on-accent", "accent"), ("accent-strong", "accent-wash"), ("sale", "surface"), ("star", "surface")]
    pairs += [("warn-ink", "warn-ground"), ("bad-ink", "bad-ground"), ("ground", "ink")]
    for scheme in (colours(light), colours(light) | colours(dark)):
        for ink, ground in pairs:
            bright, dim = sorted((luminance(scheme[ink]), luminance(scheme[ground])), reverse=True)
            contrast = (bright + 0.05) / (dim + 0.05)
            assert contrast >= 4.5, f"{ink} {scheme[ink]} on {ground} {scheme[ground]}: {contrast:.2f}"
