"""Guessing is limited by the address that the gateway sees, whatever address a caller claims to have."""

import uuid

import httpx
import pytest

from tests.security.shop import PASSWORD, Shop

pytestmark = pytest.mark.mesh
MOST_TRIES = 50
CLAIMS = (
    {},
    {"x-forwarded-for": "203.0.113.{i}"},
    {"x-envoy-external-address": "203.0.113.{i}"},
    {"x-real-ip": "203.0.113.{i}", "forwarded": "for=203.0.113.{i}", "true-client-ip": "203.0.113.{i}"},
)
"""Headers that claim another address with every try."""


def log_in(shop: Shop, address: str, email: str, password: str, **claims: str) -> int:
    """Status of a log-in that comes from an address of this machine."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), base_url=shop.mesh.url) as client:
        body = {"email": email, "password": password}
        return client.post("/v1/sessions:logIn", json=body, headers=claims).status_code


def test_claiming_another_address_does_not_help(shop: Shop) -> None:
    email = f"{uuid.uuid4().hex}@shop.test"
    shop.shopper(email)
    answers: list[int] = []
    while 429 not in answers and len(answers) < MOST_TRIES:
        answers.append(log_in(shop, "127.0.0.2", email, "wrong"))
    assert set(answers[:-1]) == {401}
    assert answers[-1] == 429
    for i, claim in enumerate(CLAIMS):
        headers = {name: value.format(i=i) for name, value in claim.items()}
        assert log_in(shop, "127.0.0.2", email, PASSWORD, **headers) == 429, claim
    # Somebody at another address, the owner perhaps, is not locked out by it.
    assert log_in(shop, "127.0.0.3", email, PASSWORD) == 200


def test_unknown_addresses_are_limited_as_known_ones_are(shop: Shop) -> None:
    """Else the limit would tell who has an account."""
    known, unknown = f"{uuid.uuid4().hex}@shop.test", f"{uuid.uuid4().hex}@shop.test"
    shop.shopper(known)

    def tries(email: str) -> list[int]:
        answers: list[int] = []
        while 429 not in answers and len(answers) < MOST_TRIES:
            answers.append(log_in(shop, "127.0.0.4", email, "wrong"))
        return answers

    assert tries(known) == tries(unknown)
