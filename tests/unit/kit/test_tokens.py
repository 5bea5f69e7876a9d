"""Forged, expired and foreign tokens."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from services.kit.errors import Unauthenticated
from tests.support.tokens import Issuer

# Not counted from now: parameters are made when tests are collected, and run up to half an hour later.
LONG_AGO, FAR_AHEAD = 1_000_000_000, 4_000_000_000


async def test_a_good_token_names_its_principal() -> None:
    issuer = Issuer()
    principal = await issuer.verifier().verify(issuer.token("users/ann", "shopper"))
    assert (principal.subject, principal.roles, principal.session) == ("users/ann", {"shopper"}, "s1")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"aud": ["aisle", "other"]},
        {"sub": None},
        {"sub": "ann"},
        {"roles": None},
        {"roles": "admin"},
        {"roles": [1]},
        {"exp": None},
        {"exp": LONG_AGO},
        {"nbf": FAR_AHEAD},
        {"nbf": None},
        {"jti": None},
        {"iat": FAR_AHEAD},
    ],
    ids=str,
)
async def test_wrong_claims_are_refused(changes: dict[str, Any]) -> None:
    issuer = Issuer()
    with pytest.raises(Unauthenticated):
        await issuer.verifier().verify(issuer.token("users/ann", "shopper", **changes))


async def test_other_keys_and_algorithms_are_refused() -> None:
    issuer, forger = Issuer(), Issuer()
    good = issuer.token("users/ann", "admin")
    header, payload, signature = good.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "test"}).encode()).decode().rstrip("=")
    symmetric = jwt.encode({"sub": "users/ann"}, "x" * 32, algorithm="HS256", headers={"kid": "test"})
    for token in (
        forger.token("users/ann", "admin"),
        f"{none}.{payload}.",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        symmetric,
        Issuer("unknown").token("users/ann"),
        "",
        "a.b.c",
        "\udcff",
    ):
        with pytest.raises(Unauthenticated):
            await issuer.verifier().verify(token)


async def test_a_verified_token_is_not_taken_after_its_end() -> None:
    issuer = Issuer()
    verifier, token = issuer.verifier(), issuer.token("users/ann", "shopper", exp=time.time() + 1)
    await verifier.verify(token)
    time.sleep(1.1)  # noqa: ASYNC251 - the clock that counts is the wall's
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)
