"""Follows changes of accounts: preferences, visitors who logged in, erased accounts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.kit import telemetry
from services.recs.ports import AccountChange, AccountFeed, Watermarks

WATERMARK = "accounts"
RETRY_S = 1.0
log = telemetry.logger("aisle.recs.accounts")


class Accounts(Protocol):
    """Applies changes."""

    async def apply(self, changes: Sequence[AccountChange]) -> set[str]:
        """In one transaction; returns the shoppers whose features are no longer right. Twice is as once."""
        ...


class AccountFollower:
    """Applies each page of changes, and refreshes what it changed, before it moves on."""

    def __init__(
        self,
        feed: AccountFeed,
        accounts: Accounts,
        watermarks: Watermarks,
        refresh: Callable[[set[str]], Awaitable[None]],
        poll_s: float,
    ) -> None:
        self._feed = feed
        self._accounts = accounts
        self._watermarks = watermarks
        self._refresh = refresh
        self._poll_s = poll_s
        self._cursor: str | None = None

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        while True:
            try:
                more = await self.step()
            except Exception as error:
                log.warning("accounts wait", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)
                continue
            if not more:
                await asyncio.sleep(self._poll_s)

    async def step(self) -> bool:
        """Applies the next changes; whether more are waiting."""
        if self._cursor is None:
            self._cursor = await self._watermarks.get(WATERMARK)
        changes, following, more = await self._feed.changes(self._cursor)
        if following != self._cursor:
            # The watermark moves last: a process that dies before it does applies and refreshes the page again.
            await self._refresh(await self._accounts.apply(changes))
            await self._watermarks.set(WATERMARK, following)
            self._cursor = following
        return more
