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


@dataclass(frozen=True)
class Page:
    """One path and the file behind it."""

    path: str
    file: str
    cache: str = "no-cache"

    @property
    def content_type(self) -> str:
        """MIME type by the file's suffix."""
        return TYPES[Path(self.file).suffix]


def pages(openapi_file: Path) -> list[Page]:
    """Every page of the gateway."""
    kept = "public, max-age=86400"
    return [
        Page("/", str(WEB / "index.html")),
        *(Page(f"/page/{name}", str(WEB / name)) for name in ("app.js", "api.js", "style.css")),
        Page("/openapi.json", str(openapi_file.resolve())),
        Page("/docs", str(STATIC / "docs.html")),
        Page("/docs/docs.js", str(STATIC / "docs.js")),
        Page("/docs/swagger-ui-bundle.js", str(SWAGGER / "swagger-ui-bundle.js"), kept),
        Page("/docs/swagger-ui.css", str(SWAGGER / "swagger-ui.css"), kept),
    ]
