"""Follows changes of accounts: visitors who logged in, erased accounts."""

import asyncio

from services.kit import telemetry
from services.search.ports import AccountFeed, Accounts

RETRY_S = 1.0
log = telemetry.logger("aisle.search.accounts")


class AccountFollower:
    """Moves a visitor's searches to the account, and forgets those of an account that is erased."""

    def __init__(self, feed: AccountFeed, accounts: Accounts, poll_s: float) -> None:
        self._feed = feed
        self._accounts = accounts
        self._poll_s = poll_s

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
        cursor = await self._accounts.cursor()
        changes, following, more = await self._feed.changes(cursor)
        if following != cursor:
            await self._accounts.apply(changes, following)
        return more
