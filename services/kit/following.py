"""Follows a feed for as long as the process runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from services.kit import telemetry

RETRY_S = 1.0
WAIT_S = 5
"""That the feed's service waits for the next change, in whole seconds, where there is none: nobody asks in vain."""
log = telemetry.logger("aisle.following")


async def follow(what: str, step: Callable[[], Awaitable[bool]], poll_s: float) -> None:
    """Takes step after step, for ever; one that fails is taken again.

    Args:
        what: the name of what is followed, for the log.
        step: takes the next changes; answers whether more are waiting.
        poll_s: from the beginning of a step to that of the next, at least, unless more are waiting: changes that come
            one by one are taken together.
    """
    while True:
        began = time.monotonic()
        try:
            more = await step()
        except Exception as error:
            log.warning("changes wait", of=what, why=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(RETRY_S)
            continue
        if not more:
            await asyncio.sleep(rest(began, poll_s))


def rest(began: float, poll_s: float) -> float:
    """Seconds to the next step, where they are `poll_s` apart and the last one began then, on the monotonic clock."""
    return max(0.0, began + poll_s - time.monotonic())
