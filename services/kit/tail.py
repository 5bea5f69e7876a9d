"""The end of a change feed, where calls wait for the next change."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sized
from typing import TypeVar

from services.kit import context
from services.kit.waking import woken

Changes = TypeVar("Changes", bound=Sized)
FIRST_LOOK_S, MOST_LOOK_S = 0.05, 0.5
"""Between looks for a change that was told of and cannot be seen yet: an earlier transaction is still under way."""
HELD_S = 15.0
"""From the last notification, for which it is looked for what it told of: few transactions take longer."""
MARGIN_S = 0.5
"""Of the caller's time, for the answer itself."""
MOST_WAITING = 100
"""Calls that wait at a time: many more than a shop has followers. The others are answered at once."""


class Tail:
    """Wakes whoever waits at the end of one feed.

    Notifications only make it soon: a follower whose wait is over asks again, and finds what nobody told of.
    """

    def __init__(self) -> None:
        self._moved = asyncio.Event()
        self._told = -math.inf
        """When it was last told of a change, on the event loop's clock."""
        self._waiting = 0
        self._ended = False

    def hint(self, _: str = "") -> None:
        """Something may have been added to the feed; takes what `services.kit.notifications.Listener` hands over."""
        self._moved.set()
        self._moved = asyncio.Event()
        self._told = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Nobody waits from now on: the process stops."""
        self._ended = True
        self.hint()

    async def page(self, read: Callable[[], Awaitable[tuple[Changes, str]]], wait_s: float) -> tuple[Changes, str]:
        """The next changes and the cursor after them; none, where none came in time.

        Args:
            read: reads what there is by now, as does `services.kit.changes.safe_changes`.
            wait_s: to wait for a change at most, in seconds, and no longer than the call has time.
        """
        now = asyncio.get_running_loop().time
        until = now() + min(wait_s, context.time_remaining() - MARGIN_S)
        look_s = MOST_LOOK_S
        while True:
            moved = self._moved  # before it is read: what is told of meanwhile is not missed
            changes, cursor = await read()
            left = until - now()
            if len(changes) or left <= 0 or self._ended or self._waiting >= MOST_WAITING:
                return changes, cursor
            held = now() - self._told < HELD_S
            anew = await self._wait(moved, min(left, look_s) if held else left)
            if held and anew:  # many may be told of while one is held back: they are looked for together
                await self._wait(asyncio.Event(), min(left, FIRST_LOOK_S))
            elif not (held or anew):
                return changes, cursor
            look_s = FIRST_LOOK_S if anew else min(look_s * 2, MOST_LOOK_S)

    async def _wait(self, moved: asyncio.Event, seconds: float) -> bool:
        self._waiting += 1
        try:
            with context.waiting():
                return await woken(moved, seconds)
        finally:
            self._waiting -= 1
