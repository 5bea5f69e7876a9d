"""Follows another service's changes from where it left off."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from services.kit.following import WAIT_S, follow
from services.recs.ports import Watermarks

Change = TypeVar("Change")
Change_co = TypeVar("Change_co", covariant=True)


class Feed(Protocol[Change_co]):
    """Changes of one kind, in their order."""

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[Sequence[Change_co], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting. Waits for one if there is none."""
        ...


class Follower(ABC, Generic[Change]):
    """Takes each page of changes before it moves on."""

    watermark: ClassVar[str]
    """The name under which it is kept how far it came."""

    def __init__(self, feed: Feed[Change], watermarks: Watermarks, poll_s: float) -> None:
        self._feed = feed
        self._watermarks = watermarks
        self._poll_s = poll_s
        self._cursor: str | None = None

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        await follow(self.watermark, self.step, self._poll_s)

    async def step(self) -> bool:
        """Takes the next changes; whether more are waiting."""
        if self._cursor is None:
            self._cursor = await self._watermarks.get(self.watermark)
        changes, following, more = await self._feed.changes(self._cursor, WAIT_S)
        if following != self._cursor:
            # The watermark moves last: a process that dies before it does takes the page again.
            await self.take(changes)
            await self._watermarks.set(self.watermark, following)
            self._cursor = following
        return more

    @abstractmethod
    async def take(self, changes: Sequence[Change]) -> None:
        """Takes a page. Twice is as once."""
