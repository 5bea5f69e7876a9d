"""Follows changes of accounts: visitors who logged in, erased accounts."""

from services.kit.following import WAIT_S, follow
from services.search.ports import AccountFeed, Accounts


class AccountFollower:
    """Moves a visitor's searches to the account, and forgets those of an account that is erased."""

    def __init__(self, feed: AccountFeed, accounts: Accounts, poll_s: float) -> None:
        self._feed = feed
        self._accounts = accounts
        self._poll_s = poll_s

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        await follow("accounts", self.step, self._poll_s)

    async def step(self) -> bool:
        """Applies the next changes; whether more are waiting."""
        cursor = await self._accounts.cursor()
        changes, following, more = await self._feed.changes(cursor, WAIT_S)
        if following != cursor:
            await self._accounts.apply(changes, following)
        return more
