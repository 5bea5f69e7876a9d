"""Pages of other origins: those that are named may call the API, others may not."""

import pytest

from tests.gateway.conftest import Shop

GOOD, BAD = "http://localhost:5173", "http://localhost.evil.example"


@pytest.mark.parametrize(
    "path", ["/v1/products", "/v1/sessions:logIn", "/v1/users/me", "/aisle.catalog.v1.ProductService/GetProduct"]
)
def test_a_preflight_of_a_named_origin(shop: Shop, path: str) -> None:
    asked = {"origin": GOOD, "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "authorization,content-type"
    answer = shop.http.options(path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == GOOD
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers  # tokens travel in a header, never in a cookie


def test_a_named_origin_reads_answers_and_errors(shop: Shop) -> None:
    for path, status in (("/v1/products/a", 200), ("/v1/products/none", 404), ("/v1/nope", 404)):
        answer = shop.http.get(path, headers={"origin": GOOD})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, GOOD)
        assert "x-request-id" in answer.headers["access-control-expose-headers"]
    refused = shop.http.get("/v1/products/a", headers={"origin": GOOD, "authorization": "Bearer x"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, GOOD)


def test_another_origin_is_allowed_nothing(shop: Shop) -> None:
    preflight = shop.http.options("/v1/products", headers={"origin": BAD, "access-control-request-method": "GET"})
    simple = shop.http.get("/v1/products/a", headers={"origin": BAD})
    for answer in (preflight, simple):
        assert "access-control-allow-origin" not in answer.headers
