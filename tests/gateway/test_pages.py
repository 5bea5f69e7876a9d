"""The files that the gateway serves by itself."""

import json

import pytest
from openapi_spec_validator import validate

from gateway import contracts, pages
from tests.gateway.conftest import Shop


def test_every_page_is_served_as_what_it_is(shop: Shop, tmp_path: object) -> None:
    for page in pages.pages(pages.WEB):
        answer = shop.http.get(page.path)
        assert answer.status_code == 200, page.path
        assert answer.content
        if page.path == "/openapi.json":
            continue
        assert answer.headers["content-type"] == page.content_type
        assert answer.headers["content-security-policy"] == page.security_policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_shops_page_may_run_nothing_that_is_not_a_file_of_ours(shop: Shop) -> None:
    policy = shop.http.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_openapi_document_is_valid_and_names_every_method(shop: Shop) -> None:
    document = shop.http.get("/openapi.json").raise_for_status().json()
    validate(document)
    described = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    for method in contracts.methods():
        assert f"{method.service.rpartition('.')[2]}_{method.descriptor.name}" in described


def test_what_the_document_promises_the_gateway_knows(shop: Shop) -> None:
    """No operation of a served domain is answered with "no such method"."""
    document = shop.http.get("/openapi.json").json()
    served = {m.service.rpartition(".")[2] for m in contracts.methods() if m.domain in shop.envoy.gateway.clusters}
    asked = 0
    for template, item in document["paths"].items():
        for verb, operation in item.items():
            if operation["tags"][0] not in served:
                continue
            path = template.replace("{", "").replace("}", "")
            answer = shop.http.request(verb.upper(), path, json={} if verb in {"post", "patch"} else None)
            asked += 1
            assert answer.status_code != 405, f"{verb} {template}"
            assert "NO_SUCH_METHOD" not in answer.text, f"{verb} {template}"
    assert asked >= len([m for m in contracts.methods() if m.domain in shop.envoy.gateway.clusters])


def test_healthz(shop: Shop) -> None:
    assert shop.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/docs/swagger-ui-bundle.js"])
def test_the_documentation_page(shop: Shop, path: str) -> None:
    assert "swagger" in shop.http.get(path).raise_for_status().text.lower()


def test_the_document_is_the_one_of_the_contracts(shop: Shop) -> None:
    from gateway import openapi

    assert shop.http.get("/openapi.json").json() == json.loads(json.dumps(openapi.document()))
