"""Transactions that gave way to another one, tried again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.kit.errors import Aborted

T = TypeVar("T")
TRIES = 5
PAUSE_S = 0.02


def gave_way() -> Aborted:
    """Somebody else changed what the transaction had read."""
    return Aborted("Somebody else wrote the same things at the same time. Try again.", reason="CONCURRENT_WRITE")


async def retrying(act: Callable[[], Awaitable[T]]) -> T:
    """What `act`, a whole transaction, returns in the end.

    Raises:
        Aborted: it gave way every time.
    """
    for left in reversed(range(TRIES)):
        try:
            return await act()
        except Aborted as aborted:
            if aborted.reason != "CONCURRENT_WRITE" or not left:
                raise
        await asyncio.sleep(random.uniform(0, PAUSE_S))  # noqa: S311 - not a secret
    raise AssertionError("unreachable")
