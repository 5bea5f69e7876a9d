"""The configuration is rendered from the contracts and from addresses; wrong arguments get a sentence."""

import json
import re
from pathlib import Path

import pytest
import yaml

from gateway import contracts, render, settings

PORTS = {"gateway": 1, "envoy_admin": 2, "catalog": [3, 4], "users": [5], "recs": [6], "search": [7]}


def rendered(gateway: settings.Gateway, folder: Path) -> dict[str, object]:
    return dict(yaml.safe_load(render.render(gateway, folder / "openapi.json")))


def routes(configuration: object) -> list[dict[str, object]]:
    """Every route of the public listener."""
    found: list[dict[str, object]] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.extend(node.get("routes", []))
            node = list(node.values())
        if isinstance(node, list):
            for child in node:
                walk(child)

    walk(configuration)
    return found


def test_every_method_of_a_served_domain_has_a_route_with_retries(tmp_path: Path) -> None:
    ports = tmp_path / "ports.json"
    ports.write_text(json.dumps(PORTS))
    by_name = {route.get("name"): route for route in routes(rendered(settings.from_ports(ports), tmp_path))}
    for method in contracts.methods():
        if method.domain not in settings.SERVED:
            assert method.path not in by_name
            continue
        route = by_name[method.path]["route"]
        assert route["cluster"] == method.domain  # type: ignore[index]
        again = route["retry_policy"]["retry_on"].split(",")  # type: ignore[index]
        assert ("unavailable" in again) == method.retriable, f"{method.path}: only reads may be sent twice"


@pytest.mark.parametrize(
    ("template", "matches", "differs"),
    [
        ("/v1/products", "/v1/products", "/v1/products/a"),
        ("/v1/{name=products/*}", "/v1/products/a.b~c", "/v1/products/a/reviews"),
        ("/v1/{name=products/*}:adjustStock", "/v1/products/a:adjustStock", "/v1/products/a"),
        ("/v1/{category.name=categories/*}", "/v1/categories/shoes", "/v1/categories/"),
        ("/.well-known/jwks.json", "/.well-known/jwks.json", "/_well-known/jwks.json"),
    ],
)
def test_a_path_template_as_an_expression(template: str, matches: str, differs: str) -> None:
    expression = render.path_regex(template)
    assert re.fullmatch(expression, matches)
    assert not re.fullmatch(expression, differs)


def test_a_ports_file_that_is_none(tmp_path: Path) -> None:
    for content in ("{", "[]", json.dumps(PORTS | {"recs": None}), json.dumps({})):
        (tmp_path / "ports.json").write_text(content)
        with pytest.raises(ValueError, match="is no ports file"):
            settings.from_ports(tmp_path / "ports.json")


def test_addresses_of_a_cluster() -> None:
    given = ["catalog=catalog:50051,other:50052", "users=users:50051", "search=search:50051", "recs=recs:50051"]
    gateway = settings.from_addresses(8080, 9901, given)
    assert gateway.clusters["catalog"] == [("catalog", 50051), ("other", 50052)]
    with pytest.raises(ValueError, match="No address for recs"):
        settings.from_addresses(8080, 9901, given[:3])
    with pytest.raises(ValueError, match="not of the form"):
        settings.from_addresses(8080, 9901, ["catalog=nowhere"])


def test_a_wrong_argument_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = render.main(["--out", str(tmp_path / "envoy.yaml"), "--ports", str(tmp_path / "none.json")])
    assert code == 2
    assert "none.json" in capsys.readouterr().err


def test_tls_and_proxies_in_front(tmp_path: Path) -> None:
    clusters = {name: [(name, 50051)] for name in settings.SERVED}
    secure = settings.Gateway(8443, 9901, clusters, tls_certificate="/c.pem", tls_key="/k.pem", trusted_hops=1)
    text = render.render(secure, tmp_path / "openapi.json")
    assert yaml.safe_load(text)
    assert "strict-transport-security" in text
    assert "xff_num_trusted_hops: 1" in text
