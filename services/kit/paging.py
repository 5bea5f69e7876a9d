"""Page sizes and opaque page tokens (AIP-158)."""

import base64
import binascii
import hashlib
import json
from typing import Any

from google.protobuf.message import Message

from services.kit.errors import InvalidArgument


def page_size(requested: int, default: int, maximum: int) -> int:
    """How many to return: the default for 0, never more than the maximum.

    Raises:
        InvalidArgument: the size is negative.
    """
    if requested < 0:
        raise InvalidArgument.field("page_size", "must not be negative")
    return min(requested or default, maximum)


def fingerprint(request: Message) -> str:
    """What must stay the same from page to page: the request without page size and token."""
    copy = type(request)()
    copy.CopyFrom(request)
    for field in ("page_token", "page_size"):
        copy.ClearField(field)
    return hashlib.sha256(copy.SerializeToString(deterministic=True)).hexdigest()[:16]


def encode(position: dict[str, Any], request: Message) -> str:
    """A page token for the position after the last row of a page."""
    text = json.dumps([fingerprint(request), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(token: str, request: Message) -> dict[str, Any] | None:
    """The position in a page token; None for the first page.

    Raises:
        InvalidArgument: the token is not one of ours, or the other fields have changed since.
    """
    if not token:
        return None
    try:
        made_for, position = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise InvalidArgument.field("page_token", "is not one that this service gave out") from None
    if not isinstance(position, dict):
        raise InvalidArgument.field("page_token", "is not one that this service gave out")
    if made_for != fingerprint(request):
        raise InvalidArgument.field("page_token", "was given out for other arguments: start at the first page")
    return position
