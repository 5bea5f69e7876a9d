"""REST through the gateway: what is answered, what is refused, and in which words."""

import re
import uuid
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Shop, bearer
from tests.gateway.standin import FOR_EVER


def error(answer: httpx.Response, status: int, code: int) -> dict[str, Any]:
    """The ErrorInfo of a google.rpc.Status that came as JSON."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["code"] == code
    assert body["message"]
    info = body["details"][0]
    assert info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"
    assert info["domain"] == "aisle"
    return dict(info)


def test_an_account_by_rest_alone(shop: Shop) -> None:
    session = shop.shopper()
    me = shop.http.get("/v1/users/me", headers=bearer(session)).raise_for_status().json()
    assert (me["name"], me["displayName"], me["roles"]) == (session["subject"], "Ann", ["shopper"])
    change = shop.http.patch(
        "/v1/users/me", params={"updateMask": "displayName"}, json={"displayName": "Bo"}, headers=bearer(session)
    )
    assert change.raise_for_status().json()["displayName"] == "Bo"
    refreshed = shop.http.post("/v1/sessions:refresh", json={"refreshToken": session["refreshToken"]})
    ended = {"refreshToken": refreshed.raise_for_status().json()["refreshToken"]}
    assert shop.http.post("/v1/sessions:logOut", json=ended).raise_for_status().json() == {}
    error(shop.http.post("/v1/sessions:refresh", json=ended), 401, 16)


def test_values_are_printed_as_json_has_them(shop: Shop) -> None:
    product = shop.http.get("/v1/products/a").raise_for_status().json()
    assert product["inStock"] is True
    assert product["stockQuantity"] == "3"
    assert product["rating"] == 0  # a zero is a value too
    assert product["pictures"] == []


def test_who_is_logged_in_reaches_the_service(shop: Shop) -> None:
    visitor = shop.visitor()
    for known, who in ((bearer(visitor), visitor["subject"]), ({}, "nobody")):
        answer = shop.http.post("/v1/scenarios/home:recommend", json={}, headers=known)
        assert answer.raise_for_status().json()["attributionToken"] == who


def test_a_picture_may_be_kept_for_ever_and_other_answers_may_not(shop: Shop) -> None:
    picture = shop.http.get("/v1/products/a/pictures/abcdef01:render", params={"width": 320}).raise_for_status()
    assert picture.headers["cache-control"] == FOR_EVER
    assert picture.headers["content-type"] == "image/webp"
    assert picture.content == b"RIFF" + bytes([320 % 256])
    product = shop.http.get("/v1/products/a")
    assert product.headers["cache-control"] == "no-store"
    assert product.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert product.headers["x-content-type-options"] == "nosniff"


def test_large_answers_are_compressed(shop: Shop) -> None:
    products = shop.http.get("/v1/products").raise_for_status()
    assert products.headers["content-encoding"] == "gzip"
    assert len(products.json()["products"]) == 50


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/v1/sessions:logIn", "{", "end of string"),
        ("/v1/sessions:logIn", '{"email": 3}', "email"),
        ("/v1/sessions:logIn", '{"email": {}}', "email"),
        ("/v1/sessions:logIn", "[]", ""),
        ("/v1/products?pageSize=many", None, "page_size"),
        ("/v1/products?pagesize=3", None, "pagesize"),
        ("/v1/products/a%2Fb", None, ""),
    ],
)
def test_what_cannot_be_read_is_an_invalid_argument_that_says_where(
    shop: Shop, path: str, body: str | None, problem: str
) -> None:
    answer = shop.http.get(path) if body is None else shop.http.post(path, content=body)
    info = error(answer, 400, 3)
    assert info["reason"] == "MALFORMED_REQUEST"
    assert problem in info["metadata"]["problem"]
    assert all(isinstance(value, str) for value in info["metadata"].values())


def test_the_services_own_errors_keep_their_details(shop: Shop) -> None:
    missing = shop.http.get("/v1/products/none")
    assert error(missing, 404, 5)["metadata"] == {"name": "products/none"}
    assert missing.json()["details"][1]["resourceName"] == "products/none"
    wrong = shop.http.get("/v1/products", params={"filter": "x"})
    error(wrong, 400, 3)
    assert wrong.json()["details"][1]["fieldViolations"][0]["field"] == "filter"


@pytest.mark.parametrize("query", ["a+b%2Bc", "a%20b%2Bc"])
def test_a_space_in_a_query_may_be_written_in_both_ways(shop: Shop, query: str) -> None:
    answer = shop.http.get(f"/v1/products?filter={query}")
    assert "'a b+c'" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/nope", "/v1/nope", "/v1/", "/v1/products/a/b/c", "/page/nope.js", "/docs/"])
def test_an_unknown_path(shop: Shop, path: str) -> None:
    assert error(shop.http.get(path), 404, 5)["reason"] == "NO_SUCH_METHOD"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/products/a", "DELETE, GET, PATCH"),
        ("DELETE", "/v1/sessions:logIn", "POST"),
        ("POST", "/v1/products/a/reviews/b?x=3", "DELETE, GET, PATCH"),
        ("GET", "/v1/products/a:adjustStock", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_http_method(shop: Shop, method: str, path: str, allowed: str) -> None:
    answer = shop.http.request(method, path)
    assert error(answer, 405, 12)["reason"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("scheme", ["Bearer abc", "Bearer a.b.c", "Basic YTpi"])
def test_a_bad_token_is_refused_even_where_none_is_needed(shop: Shop, scheme: str) -> None:
    error(shop.http.get("/v1/products/a", headers={"authorization": scheme}), 401, 16)


def test_a_token_that_somebody_changed(shop: Shop) -> None:
    head, claims, signature = shop.visitor()["accessToken"].split(".")
    forged = f"{head}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    answer = shop.http.get("/v1/products/a", headers={"authorization": f"Bearer {forged}"})
    assert error(answer, 401, 16)["reason"] == "TOKEN_INVALID"
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_where_one_is_needed(shop: Shop) -> None:
    assert error(shop.http.get("/v1/users/me"), 401, 16)["reason"] == "TOKEN_MISSING"
    error(shop.http.get("/v1/users/me", headers=bearer(shop.visitor())), 403, 7)


@pytest.mark.parametrize("given", [str(uuid.uuid4()), "order-4711:retry.2", None])
def test_the_request_id_is_the_same_everywhere(shop: Shop, given: str | None) -> None:
    headers = {"x-request-id": given} if given else {}
    answer = shop.http.get("/v1/products/a", headers=headers)
    request_id = answer.headers["x-request-id"]
    assert request_id == given if given else re.fullmatch(r"[0-9a-f-]{36}", request_id)
    assert shop.standins.products.request_ids[-1] == request_id
    line = shop.envoy.access(request_id)
    assert (line["path"], line["status"]) == ("/v1/products/a", 200)
    assert line["route"] == "/aisle.catalog.v1.ProductService/GetProduct"


@pytest.mark.parametrize("given", ["a b", "a,b", "a/b", "<b>", '{"a": 1}', "x" * 129, "x" * 5000, "é"])
def test_a_request_id_that_no_service_would_keep_is_another_one_everywhere(shop: Shop, given: str) -> None:
    answer = shop.http.get("/v1/products/a", headers={"x-request-id": given.encode()})
    request_id = answer.headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", request_id)
    assert shop.standins.products.request_ids[-1] == request_id
    line = shop.envoy.access(request_id)
    assert (line["path"], line["status"]) == ("/v1/products/a", 200)


def test_several_request_ids_are_none(shop: Shop) -> None:
    answer = shop.http.get("/v1/products/a", headers=[("x-request-id", "a"), ("x-request-id", "b")])
    assert shop.standins.products.request_ids[-1] == answer.headers["x-request-id"]
    assert shop.envoy.access(answer.headers["x-request-id"])["status"] == 200


def test_an_error_of_the_gateway_names_the_request(shop: Shop) -> None:
    answer = shop.http.get("/v1/nope")
    assert error(answer, 404, 5)["metadata"]["requestId"] == answer.headers["x-request-id"]
    assert shop.envoy.access(answer.headers["x-request-id"])["status"] == 404


def test_nobody_chooses_where_they_come_from_or_how_long_they_may_take(shop: Shop) -> None:
    headers = {"x-envoy-external-address": "203.0.113.9", "x-forwarded-for": "203.0.113.9"}
    shop.http.get("/v1/products/a", headers=headers).raise_for_status()
    assert shop.standins.products.client_addresses[-1] == "127.0.0.1"
    error(shop.http.get("/v1/categories/slow", headers={"x-envoy-upstream-rq-timeout-ms": "60000"}), 504, 4)


def test_no_token_stands_in_the_access_log(shop: Shop) -> None:
    token = shop.visitor()["accessToken"]
    answer = shop.http.get("/v1/products/a", headers={"authorization": f"Bearer {token}"})
    assert token not in str(shop.envoy.access(answer.headers["x-request-id"]))


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/users/me", 200), ("PATCH", "/v1/users/me", 200), ("GET", "/v1/no", 404)]
)
def test_the_access_log_says_what_was_asked(shop: Shop, method: str, path: str, status: int) -> None:
    known = {**bearer(shop.shopper()), "x-request-id": str(uuid.uuid4())}
    shop.http.request(method, path, headers=known, json={} if method == "PATCH" else None)
    line = shop.envoy.access(known["x-request-id"])
    assert (line["method"], line["path"], line["status"]) == (method, path, status)


def test_the_access_log_guesses_no_status(shop: Shop) -> None:
    known = {"x-request-id": str(uuid.uuid4())}
    error(shop.http.get("/v1/products/none", headers=known), 404, 5)
    line = shop.envoy.access(known["x-request-id"])
    assert (line["status"], line["grpc_status"], line["grpc_status_at_once"]) == (404, None, None)
