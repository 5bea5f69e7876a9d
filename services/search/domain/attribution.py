"""Attribution tokens: what a reply came from, signed, so that events can be traced to it.

The format is that of the recs service, which keeps the events and verifies the tokens with the same key.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

SIGNATURE_BYTES = 16
"""128 bits: nobody guesses that, and the token stays short."""
SCENARIO = "search"


@dataclass(frozen=True, slots=True)
class Claims:
    """Where a reply came from."""

    release: int
    """0 when no encoder took part."""
    ranking: str
    """What found the products, such as `lexical+sentence`, and a digest of the query."""
    time: int
    """Seconds since 1970."""


def sign(claims: Claims, key: bytes) -> str:
    """The token."""
    values = [SCENARIO, claims.release, claims.ranking, claims.time]
    body = _encode(json.dumps(values, separators=(",", ":")).encode())
    return f"{body}.{_encode(hmac.digest(key, body.encode(), hashlib.sha256)[:SIGNATURE_BYTES])}"


def digest(query: str) -> str:
    """A query's name in tokens: what was typed stays with the shopper."""
    return hashlib.sha256(query.encode()).hexdigest()[:12]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
