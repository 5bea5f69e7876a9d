"""Follows a feed for as long as the process runs."""

import asyncio
from collections.abc import Awaitable, Callable

from services.kit import telemetry

RETRY_S = 1.0
log = telemetry.logger("aisle.following")


async def follow(what: str, step: Callable[[], Awaitable[bool]], poll_s: float) -> None:
    """Takes step after step, for ever; one that fails is taken again.

    Args:
        what: the name of what is followed, for the log.
        step: takes the next changes; answers whether more are waiting.
        poll_s: between two steps when nothing waits.
    """
    while True:
        try:
            more = await step()
        except Exception as error:
            log.warning("changes wait", of=what, why=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(RETRY_S)
            continue
        if not more:
            await asyncio.sleep(poll_s)
