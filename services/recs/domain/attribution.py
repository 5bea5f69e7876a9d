"""Attribution tokens: what a reply came from, signed, so that events can be traced to it."""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

SIGNATURE_BYTES = 16
"""128 bits: nobody guesses that, and the token stays short."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Where a reply came from."""

    scenario: str
    release: int
    """0 when none answered."""
    collection: str
    time: int
    """Seconds since 1970."""
    reply: str = ""
    """Made up for each reply: what one showed is a page, and rows of one scenario are asked for in one second."""


def sign(claims: Claims, key: bytes) -> str:
    """The token."""
    body = _encode(json.dumps(list(asdict(claims).values()), separators=(",", ":")).encode())
    return f"{body}.{_encode(_signature(body, key))}"


def verify(token: str, key: bytes) -> Claims | None:
    """What the token says; None when it is not ours."""
    body, _, signature = token.partition(".")
    try:
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
        if not hmac.compare_digest(given, _signature(body, key)):
            return None
        return Claims(*json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    except (binascii.Error, ValueError, TypeError):
        return None


def _signature(body: str, key: bytes) -> bytes:
    return hmac.digest(key, body.encode(), hashlib.sha256)[:SIGNATURE_BYTES]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
