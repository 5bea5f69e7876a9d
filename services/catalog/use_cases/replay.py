"""Calls that must not happen twice (AIP-155)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.catalog.ports import Replays
from services.kit.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A call with a request_id. Another caller's ids, and those of other methods, are other calls."""

    caller: str
    method: str
    request_id: str
    fingerprint: bytes
    """Of the whole request."""


async def once(replays: Replays, key: RequestKey | None, act: Callable[[], Awaitable[bytes]]) -> bytes:
    """The answer of `act`, or of the first call with this key. Effect and answer are kept by one transaction.

    Raises:
        InvalidArgument: the request_id was used for a different request.
    """
    if key is None:
        return await act()
    first = await replays.claim(key.caller, key.method, key.request_id, key.fingerprint)
    if first is None:
        answer = await act()
        await replays.answer(key.caller, key.method, key.request_id, answer)
        return answer
    fingerprint, answer = first
    if fingerprint != key.fingerprint:
        raise InvalidArgument.field("request_id", "was used for a different request")
    return answer
