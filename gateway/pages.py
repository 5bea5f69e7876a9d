"""The files that the gateway serves by itself: the shop, the API's documentation and the OpenAPI document."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import swagger_ui_bundle

WEB = Path(__file__).resolve().parents[1] / "web" / "dist"
STATIC = Path(__file__).with_name("static")
SWAGGER = Path(swagger_ui_bundle.swagger_ui_path)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# Addresses inside the shop: it reads them itself. tests/unit/gateway holds them to its router.
ROUTES = (
    "/products/[^/:]+",
    "/(search|cart|checkout|log-in|sign-up|welcome|account)",
    "/orders(/[^/:]+)?",
    "/merchant(/orders|/scenarios(/[^/:]+)?)?",
)

# Everything from this origin, nothing inline, no form that leaves the page, no markup from strings. A picture to search
# by is a blob until it is sent.
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
# Swagger UI styles elements by attribute and carries its pictures in itself.
DOCS = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Page:
    """One path and the file behind it."""

    path: str
    """Where it is found, as a regular expression."""
    file: str
    cache: str = "no-cache"
    security_policy: str = STRICT
    """Its Content-Security-Policy."""
    status: int = 200

    @property
    def content_type(self) -> str:
        """MIME type by the file's suffix."""
        return TYPES[Path(self.file).suffix]


def keep(folder: Path) -> None:
    """Copies the shop's page, so that a gateway that is started again still has the parts that its configuration names.

    Raises:
        ValueError: the shop is not built.
    """
    _index(WEB)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(WEB, folder)


def pages(openapi_file: Path, web: Path = WEB) -> list[Page]:
    """Every page of the gateway, in the order in which they are looked for; the shop's are read from `web`.

    Raises:
        ValueError: the shop is not built.
    """
    kept = "public, max-age=86400"
    return [
        *shop(web),
        Page("/openapi\\.json", str(openapi_file.resolve())),
        Page("/docs", str(STATIC / "docs.html"), security_policy=DOCS),
        Page("/docs/docs\\.js", str(STATIC / "docs.js")),
        Page("/docs/swagger-ui-bundle\\.js", str(SWAGGER / "swagger-ui-bundle.js"), kept),
        Page("/docs/swagger-ui\\.css", str(SWAGGER / "swagger-ui.css"), kept),
    ]


def shop(web: Path) -> list[Page]:
    """The shop's page at all its addresses, and its parts.

    Raises:
        ValueError: it is not built.
    """
    index = _index(web)
    # The name of a built file holds the hash of what is in it.
    assets = sorted(file for file in (web / "assets").iterdir() if file.suffix in TYPES)
    beside = sorted(file for file in web.iterdir() if file.suffix in TYPES and file != index)
    return [
        Page("/", str(index)),
        *(Page(route, str(index)) for route in ROUTES),
        *(Page(f"/assets/{re.escape(file.name)}", str(file), "public, max-age=31536000, immutable") for file in assets),
        *(Page(f"/{re.escape(file.name)}", str(file), "public, max-age=3600") for file in beside),
    ]


def _index(web: Path) -> Path:
    index = web / "index.html"
    if not index.exists():
        raise ValueError(f"{index} is missing: the shop's page is not built yet. Run `make setup`.")
    return index
