"""The files that the gateway serves by itself: the page, the API's documentation and the OpenAPI document."""

from dataclasses import dataclass
from pathlib import Path

import swagger_ui_bundle

WEB = Path(__file__).resolve().parents[1] / "web" / "page"
STATIC = Path(__file__).with_name("static")
SWAGGER = Path(swagger_ui_bundle.swagger_ui_path)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}

# Everything from this origin, nothing inline, no form that leaves the page.
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
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
    file: str
    cache: str = "no-cache"
    security_policy: str = STRICT
    """Its Content-Security-Policy."""

    @property
    def content_type(self) -> str:
        """MIME type by the file's suffix."""
        return TYPES[Path(self.file).suffix]


def pages(openapi_file: Path) -> list[Page]:
    """Every page of the gateway."""
    kept = "public, max-age=86400"
    parts = sorted(file for file in WEB.iterdir() if file.suffix in {".js", ".css", ".svg"})
    return [
        Page("/", str(WEB / "index.html")),
        *(Page(f"/page/{part.name}", str(part)) for part in parts),
        Page("/openapi.json", str(openapi_file.resolve())),
        Page("/docs", str(STATIC / "docs.html"), security_policy=DOCS),
        Page("/docs/docs.js", str(STATIC / "docs.js")),
        Page("/docs/swagger-ui-bundle.js", str(SWAGGER / "swagger-ui-bundle.js"), kept),
        Page("/docs/swagger-ui.css", str(SWAGGER / "swagger-ui.css"), kept),
    ]
