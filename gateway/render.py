"""Renders Envoy's configuration: `python -m gateway.render --ports ports.json --out run/envoy.yaml`.

One template serves a laptop (`--ports`, from the local mesh) and a cluster (`--address`, from the chart). The OpenAPI
document and the shop's page are written beside the configuration, where Envoy reads them when it starts.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import jinja2

from gateway import contracts, openapi, pages, settings

TEMPLATE = Path(__file__).with_name("envoy.yaml.j2")


def main(arguments: list[str] | None = None) -> int:
    """Writes the configuration; answers 2 after a sentence when an argument is wrong."""
    options = _parser().parse_args(arguments)
    changes: dict[str, object] = {"host": options.host, "tls_certificate": options.tls_certificate}
    changes |= {"tls_key": options.tls_key, "trusted_hops": options.trusted_hops}
    if options.cors_origin:
        changes["cors_origins"] = tuple(options.cors_origin)
    try:
        if options.ports:
            gateway = settings.from_ports(options.ports, **changes)
        else:
            gateway = settings.from_addresses(options.port, options.admin_port, options.address, **changes)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        document, web = options.out.with_name("openapi.json"), options.out.with_name("web")
        pages.keep(web)
        document.write_text(json.dumps(openapi.document(), indent=1, ensure_ascii=False))
        options.out.write_text(render(gateway, document, web))
    except (ValueError, OSError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 2
    return 0


def render(gateway: settings.Gateway, openapi_file: Path, web: Path = pages.WEB) -> str:
    """Envoy's configuration as YAML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - YAML, not HTML; every string goes through tojson
    )
    served = [m for m in contracts.methods() if m.domain in gateway.clusters]
    served_pages = pages.pages(openapi_file, web)
    return environment.get_template(TEMPLATE.name).render(
        gateway=gateway,
        descriptor_set=str(contracts.DESCRIPTOR_SET),
        # Linux keeps a socket with such a name in no file: nothing is left behind, and no folder is too deep for it.
        keys_socket=f"@aisle-gateway-{gateway.admin_port}",
        services=sorted({m.service for m in served}),
        methods=served,
        timeout_s={
            m.path: gateway.method_timeouts_s.get(m.descriptor.name, settings.DEFAULT_TIMEOUT_S) for m in served
        },
        sign_ins=[m.path for m in served if m.descriptor.name in {"LogIn", "SignUp", "ExchangeClientCredentials"}],
        pages=served_pages,
        not_found=served_pages[0],
        local_replies=LOCAL_REPLIES,
        allowed_methods=_allowed_methods(served, served_pages),
    )


def _allowed_methods(served: list[contracts.Method], served_pages: list[pages.Page]) -> dict[tuple[str, ...], str]:
    """For every set of HTTP methods, a regular expression of the paths that take these and no others."""
    verbs: dict[str, set[str]] = {page.path: {"GET", "HEAD"} for page in served_pages}
    for method in served:
        for verb, template, _ in method.http_rules:
            verbs.setdefault(path_regex(template), set()).add(verb.upper())
    paths: dict[tuple[str, ...], list[str]] = {}
    for path, allowed in verbs.items():
        paths.setdefault(tuple(sorted(allowed)), []).append(path)
    return {allowed: f"({'|'.join(sorted(found))})(\\?.*)?" for allowed, found in sorted(paths.items())}


def path_regex(template: str) -> str:
    """`/v1/{name=products/*}:render` -> `/v1/products/[^/:?]+:render`."""
    plain = re.sub(r"\{[A-Za-z0-9_.]+(?:=([^}]+))?\}", lambda found: found[1] or "*", template)
    return "[^/:?]+".join(re.escape(part) for part in plain.split("*"))


# HTTP status -> (google.rpc.Code, reason, sentence) for what Envoy itself refuses. Sorted as they are matched.
LOCAL_REPLIES = {
    400: (3, "MALFORMED_REQUEST", "The request could not be read: check its path, query and JSON body."),
    401: (16, "TOKEN_INVALID", "The access token is missing, expired or not one of this shop's."),
    403: (7, "FORBIDDEN", "This is not allowed."),
    404: (5, "NO_SUCH_METHOD", "Nothing answers at this path. See /docs."),
    405: (12, "METHOD_NOT_ALLOWED", "This path does not take that HTTP method. See /docs."),
    408: (4, "REQUEST_TIMEOUT", "The request took too long to arrive."),
    413: (3, "BODY_TOO_LARGE", "The request's body is too large."),
    415: (3, "UNSUPPORTED_MEDIA_TYPE", "Send JSON with the content type application/json."),
    426: (3, "UPGRADE_REQUIRED", "Use HTTP/1.1 or HTTP/2."),
    429: (8, "RATE_LIMITED", "Too many requests. Wait a second and try again."),
    431: (3, "HEADERS_TOO_LARGE", "The request's headers are too large."),
    500: (14, "GATEWAY_ERROR", "The request could not be passed on. Try again."),
    502: (14, "UPSTREAM_BROKEN", "The service's answer could not be read. Try again."),
    503: (14, "UPSTREAM_UNAVAILABLE", "The service does not answer at the moment. Try again."),
    504: (4, "DEADLINE_EXCEEDED", "The service did not answer in time. Try again."),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.render", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="file to write, such as run/envoy.yaml")
    parser.add_argument("--ports", type=Path, help="ports file of a local mesh")
    parser.add_argument("--port", type=int, default=8080, help="port to listen on, without --ports")
    parser.add_argument("--admin-port", type=int, default=9901, help="port of Envoy's admin page on 127.0.0.1")
    parser.add_argument("--address", action="append", default=[], metavar="DOMAIN=HOST:PORT[,HOST:PORT]")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104
    parser.add_argument("--cors-origin", action="append", help="regular expression of an origin that may call the API")
    parser.add_argument("--trusted-hops", type=int, default=0, help="proxies in front whose x-forwarded-for is true")
    parser.add_argument("--tls-certificate", default="", help="PEM file; plain HTTP without it")
    parser.add_argument("--tls-key", default="", help="PEM file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
