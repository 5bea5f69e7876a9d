"""What the gateway does not let through."""

import base64

import httpx

from gateway.settings import Limits
from tests.gateway.conftest import SIGN_INS, Shop
from tests.gateway.test_rest import error


def upload(shop: Shop, size: int) -> httpx.Response:
    content = base64.b64encode(bytes(size)).decode()
    headers = {"authorization": f"Bearer {shop.admin_token}"}
    return shop.http.post("/v1/products/a/pictures", json={"content": content}, headers=headers)


def test_too_many_sign_ins_are_told_when_to_come_back(shop: Shop, quiet: None) -> None:
    empty = {"email": "", "password": ""}  # refused before any password is hashed, and counted
    answers = [shop.http.post("/v1/sessions:logIn", json=empty) for _ in range(3 * SIGN_INS)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {400, 429}
    assert error(refused[0], 429, 8)["reason"] == "RATE_LIMITED"
    retry = refused[0].json()["details"][1]
    assert retry == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}
    assert refused[0].headers["retry-after"] == "1"
    assert shop.http.get("/v1/products/a").status_code == 200  # nothing else is held up


def test_a_picture_of_8_mib_passes_and_a_body_above_the_limit_does_not(shop: Shop) -> None:
    size = 8 * 1024 * 1024
    assert upload(shop, size).raise_for_status().json()["name"] == f"products/a/pictures/{size}"
    assert error(upload(shop, Limits().body_bytes), 413, 3)["reason"] == "BODY_TOO_LARGE"


def test_a_body_of_unsaid_length_meets_the_same_limit(shop: Shop) -> None:
    def chunks() -> object:
        yield b'{"content": "'
        for _ in range(1 + Limits().body_bytes // 1_000_000):
            yield b"A" * 1_000_000

    answer = shop.http.post("/v1/products/a/pictures", content=chunks())  # type: ignore[arg-type]
    error(answer, 413, 3)


def test_headers_too_large_or_too_many(shop: Shop) -> None:
    limits = Limits()
    large = {"x-large": "a" * 1024 * (limits.headers_kb + 1)}
    many = {f"x-{number}": "a" for number in range(limits.headers_count + 1)}
    for headers in (large, many):
        answer = shop.http.get("/v1/products/a", headers=headers)
        assert error(answer, 431, 3)["reason"] == "HEADERS_TOO_LARGE"


def test_a_header_with_an_underscore_is_refused(shop: Shop) -> None:
    error(shop.http.get("/v1/products/a", headers={"x_request_id": "a"}), 400, 3)
