"""Follows changes of accounts: preferences, visitors who logged in, erased accounts."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.recs.ports import AccountChange, AccountFeed, Watermarks
from services.recs.worker.following import Follower


class Accounts(Protocol):
    """Applies changes."""

    async def apply(self, changes: Sequence[AccountChange]) -> set[str]:
        """In one transaction; returns the shoppers whose features are no longer right. Twice is as once."""
        ...


class AccountFollower(Follower[AccountChange]):
    """Applies each page of changes, and refreshes what it changed, before it moves on."""

    watermark = "accounts"

    def __init__(
        self,
        feed: AccountFeed,
        accounts: Accounts,
        watermarks: Watermarks,
        refresh: Callable[[set[str]], Awaitable[None]],
        poll_s: float,
    ) -> None:
        super().__init__(feed, watermarks, poll_s)
        self._accounts = accounts
        self._refresh = refresh

    async def take(self, changes: Sequence[AccountChange]) -> None:
        await self._refresh(await self._accounts.apply(changes))
