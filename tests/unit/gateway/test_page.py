"""The shop's page: every address that it knows is served, and nothing of it needs a looser policy."""

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gateway import contracts, pages, render

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "web" / "src"
SERVED = pages.pages(Path("openapi.json"))


class Markup(HTMLParser):
    """Collects what a strict policy forbids, and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []


@pytest.fixture(scope="module")
def markup() -> Markup:
    """The page as it was built."""
    parser = Markup()
    parser.feed((pages.WEB / "index.html").read_text())
    return parser


def sources() -> str:
    """All code of the page."""
    return "\n".join(file.read_text() for file in sorted(SOURCES.rglob("*.ts*")))


def served(address: str) -> bool:
    """Whether a page stands at the address."""
    return any(re.fullmatch(page.path, address) for page in SERVED)


def test_nothing_is_inline(markup: Markup) -> None:
    assert markup.inline == []


def test_every_address_in_the_markup_is_served(markup: Markup) -> None:
    own = [address for address in markup.addresses if address.startswith("/")]
    assert any(address.endswith(".js") for address in own)
    assert [address for address in own if not served(address)] == []


def test_every_route_of_the_shop_is_served() -> None:
    """The gateway's list of addresses is held to the shop's own router."""
    router = (SOURCES / "app" / "router.tsx").read_text()
    paths = re.findall(r'\bpath: "(/[^"]*)"', router)
    assert len(paths) > 10
    nested = {
        path
        for name in ("merchantProducts", "merchantOrders", "merchantScenarios", "merchantScenario")
        for path in re.findall(rf'const {name} = createRoute\(\{{.*?path: "([^"]*)"', router, re.S)
    }
    addresses = {re.sub(r"\$\w+", "some-id", path) for path in paths if path not in nested}
    addresses |= {re.sub(r"\$\w+", "some-id", f"/merchant{path}".rstrip("/")) for path in nested}
    assert {address for address in addresses if not served(address)} == set()


@pytest.mark.parametrize(
    "address", ["/v1/products", "/products/a/b", "/orders/a:cancel", "/merchant/else", "/assets/x"]
)
def test_what_is_no_page_is_not_served_as_one(address: str) -> None:
    assert not served(address)


def test_no_script_writes_markup_or_evaluates_text() -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|eval\(|new Function"
    assert not re.search(forbidden, sources())


def test_the_api_that_it_calls_is_in_the_contracts() -> None:
    """Custom methods by name, since a misspelled one would only show when it is clicked."""
    known = {
        template.rpartition(":")[2] for m in contracts.methods() for _, template, _ in m.http_rules if ":" in template
    }
    called = set(re.findall(r"""["`]/v1/[A-Za-z/${}().]*:([A-Za-z]+)["`]""", sources()))
    assert {"logIn", "resume", "logOut", "batchWrite", "recommend", "checkout"} <= called
    assert called <= known


def test_a_shop_that_is_not_built_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pages, "WEB", tmp_path)
    with pytest.raises(ValueError, match="make setup"):
        pages.pages(Path("openapi.json"), tmp_path)
    with pytest.raises(ValueError, match="make setup"):
        pages.keep(tmp_path / "kept")


def test_a_page_that_is_built_anew_takes_nothing_from_a_gateway(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built, run = tmp_path / "dist", tmp_path / "run"
    shutil.copytree(pages.WEB, built)
    monkeypatch.setattr(pages, "WEB", built)
    addresses = [f"--address={domain}=127.0.0.1:1" for domain in ("catalog", "recs", "search", "users")]
    assert render.main(["--out", str(run / "envoy.yaml"), *addresses]) == 0
    shutil.rmtree(built)
    named = re.findall(r'filename: "?([^"\s]+)', (run / "envoy.yaml").read_text())
    assert [name for name in named if "/assets/" in name], "no part of the page is served"
    assert [name for name in named if not Path(name).exists()] == []


def colours(css: str) -> dict[str, str]:
    """The custom properties of a block that are plain colours."""
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6});", css))
    return {
        name: "#" + "".join(c * 2 for c in value[1:]) if len(value) == 4 else value for name, value in found.items()
    }


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_can_be_read_in_light_and_dark() -> None:
    css = (SOURCES / "styles" / "tokens.css").read_text()
    light, _, dark = css.partition("@media (prefers-color-scheme: dark)")
    grounds = ["ground", "surface", "band", "tile"]
    pairs = [(ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in grounds]
    pairs += [("on-accent", "accent"), ("accent-strong", "accent-wash"), ("sale", "surface"), ("star", "surface")]
    pairs += [("warn-ink", "warn-ground"), ("bad-ink", "bad-ground"), ("ground", "ink")]
    for scheme in (colours(light), colours(light) | colours(dark)):
        for ink, ground in pairs:
            bright, dim = sorted((luminance(scheme[ink]), luminance(scheme[ground])), reverse=True)
            contrast = (bright + 0.05) / (dim + 0.05)
            assert contrast >= 4.5, f"{ink} {scheme[ink]} on {ground} {scheme[ground]}: {contrast:.2f}"
