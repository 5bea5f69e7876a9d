"""Waits to be woken."""

import asyncio


async def woken(event: asyncio.Event, seconds: float) -> bool:
    """Waits for the event, but no longer than that; whether it came.

    `asyncio.wait_for` of Python 3.11 forgets a cancellation that comes at the same moment as the event (CPython issue
    86296), and who waits in a loop is never ended.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
