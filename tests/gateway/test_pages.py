"""The files that the gateway serves by itself."""

import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from gateway import contracts, pages
from tests.gateway.conftest import Shop


def address(page: pages.Page) -> str:
    """One of the addresses that the page's expression takes."""
    chosen = re.sub(r"\(([^()|]*)\|[^()]*(\([^()]*\)\?)?[^()]*\)\??", r"\1", page.path)
    chosen = re.sub(r"\([^()]*\)\?", "", chosen)
    return chosen.replace("[^/:]+", "some-id").replace("\\", "")


def test_every_page_is_served_as_what_it_is(shop: Shop) -> None:
    served = pages.pages(Path("openapi.json"))
    assert sum(page.path.endswith("\\.js") for page in served) > 5
    for page in served:
        answer = shop.http.get(address(page))
        assert answer.status_code == 200, page.path
        assert answer.content
        assert answer.headers["content-type"] == page.content_type
        assert answer.headers["content-security-policy"] == page.security_policy
        assert answer.headers["cache-control"] == page.cache
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]


def test_parts_arrive_as_they_were_built(shop: Shop) -> None:
    """Also those that are not text."""
    for page in pages.shop(pages.WEB):
        assert shop.http.get(address(page)).content == Path(page.file).read_bytes()


def test_the_shops_page_may_run_nothing_that_is_not_a_file_of_ours(shop: Shop) -> None:
    policy = shop.http.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy


def test_the_first_load_is_small(shop: Shop) -> None:
    """At most 200 kB of script, compressed as it is sent, before the start page is there."""
    index = shop.http.get("/").text
    wanted = set(re.findall(r'(?:src|href)="(/assets/[^"]+\.js)"', index))
    assert wanted
    size = 0
    for part in wanted:
        with shop.http.stream("GET", part, headers={"accept-encoding": "gzip"}) as answer:
            size += sum(len(chunk) for chunk in answer.iter_raw())
    assert 50_000 < size <= 200_000


def test_a_wrong_address_is_a_page_for_people_and_a_status_for_programs(shop: Shop) -> None:
    for_people = shop.http.get("/no/such/page", headers={"accept": "text/html"})
    assert for_people.status_code == 404
    assert for_people.headers["content-type"] == "text/html; charset=utf-8"
    assert for_people.headers["content-security-policy"] == pages.STRICT
    assert for_people.content == (pages.WEB / "index.html").read_bytes()
    for path, accept in (("/no/such/page", "*/*"), ("/v1/no-such-thing", "text/html")):
        for_programs = shop.http.get(path, headers={"accept": accept})
        assert for_programs.status_code == 404
        assert for_programs.json()["details"][0]["reason"] == "NO_SUCH_METHOD"


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
