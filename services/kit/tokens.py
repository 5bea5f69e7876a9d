"""Access tokens: ES256 JSON Web Tokens, verified in every service against the keys that users publishes."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from typing import Any, Protocol

import grpc
import jwt
from aisle.users.v1 import session_service_pb2 as sessions
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub
from jwt.algorithms import ECAlgorithm

from services.kit.errors import Unauthenticated, Unavailable
from services.kit.principal import Principal

ISSUER = AUDIENCE = "aisle"
ALGORITHM = "ES256"
TYPE = "JWT"
"""A token of another type is none of ours, whoever signed it."""
REQUIRED_CLAIMS = ("iss", "aud", "sub", "roles", "iat", "nbf", "exp", "jti")
SUBJECTS = ("users/", "visitors/", "services/")
CACHE_SIZE = 10_000
UNKNOWN_KEY_PAUSE_S = 2.0
"""Between two fetches for unknown keys: forged key ids must not turn into load on users."""
REFRESH_S = 60.0
"""After which a withdrawn key is forgotten, and a token is verified anew."""


class KeySource(Protocol):
    """Where public keys come from."""

    async def key(self, key_id: str) -> Any:
        """The public key of that id; None when there is none."""


class PublishedKeys:
    """The key set of the users service, fetched over gRPC and cached."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = SessionServiceStub(channel)
        self._keys: dict[str, Any] = {}
        self._fetched = -REFRESH_S
        self._lock = asyncio.Lock()

    async def key(self, key_id: str) -> Any:
        """The public key of that id; None when there is none.

        Raises:
            Unavailable: no key set was ever fetched and users does not answer.
        """
        age = time.monotonic() - self._fetched
        if age < REFRESH_S and (key_id in self._keys or age < UNKNOWN_KEY_PAUSE_S):
            return self._keys.get(key_id)
        async with self._lock:
            if time.monotonic() - self._fetched >= UNKNOWN_KEY_PAUSE_S:
                await self._fetch()
        return self._keys.get(key_id)

    async def _fetch(self) -> None:
        try:
            key_set = await self._stub.GetJsonWebKeySet(sessions.GetJsonWebKeySetRequest(), timeout=2.0)
        except grpc.aio.AioRpcError:
            if not self._keys:
                raise Unavailable("Tokens cannot be verified at the moment.", reason="KEYS_UNAVAILABLE") from None
            # The keys of a moment ago are better than refusing everyone while users restarts.
            self._fetched = time.monotonic() - REFRESH_S + UNKNOWN_KEY_PAUSE_S
            return
        self._keys = {key.kid: public_key(key) for key in key_set.keys}
        self._fetched = time.monotonic()


def public_key(key: sessions.JsonWebKey) -> Any:
    """The key as PyJWT takes it."""
    return ECAlgorithm.from_jwk({"kty": key.kty, "crv": key.crv, "x": key.x, "y": key.y})


class TokenVerifier:
    """Turns access tokens into principals."""

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys
        self._verified: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Who the token was given to.

        Raises:
            Unauthenticated: the token is malformed, forged, expired or made for somebody else.
            Unavailable: the keys cannot be had.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        if (known := self._verified.get(digest)) is not None and time.time() < known[1]:
            return known[0]
        claims = await self._claims(token)
        principal = Principal(claims["sub"], frozenset(claims["roles"]), str(claims.get("sid", "")), token)
        self._verified[digest] = principal, min(float(claims["exp"]), time.time() + REFRESH_S)
        if len(self._verified) > CACHE_SIZE:
            self._verified.popitem(last=False)
        return principal

    async def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key_id = header.get("kid")
            if (header.get("alg"), header.get("typ", TYPE)) != (ALGORITHM, TYPE):
                raise _refused()
            if not isinstance(key_id, str) or len(key_id) > 100:
                raise _refused()
            if (key := await self._keys.key(key_id)) is None:
                raise _refused()
            options: Any = {"require": list(REQUIRED_CLAIMS), "strict_aud": True}
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options=options,
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The access token has expired: refresh it.", reason="TOKEN_EXPIRED") from None
        except (jwt.PyJWTError, ValueError, TypeError):
            raise _refused() from None
        roles = claims["roles"]
        if not isinstance(claims["sub"], str) or not claims["sub"].startswith(SUBJECTS):
            raise _refused()
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise _refused()
        return claims


def _refused() -> Unauthenticated:
    return Unauthenticated("The access token is not one of this shop's.", reason="TOKEN_INVALID")
