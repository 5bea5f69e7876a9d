"""Follows changes of accounts: who logs in takes cart and orders along, and who is erased leaves no name."""

from services.catalog.domain.order import State
from services.catalog.ports import AccountChange, AccountFeed, Database, Transaction
from services.catalog.use_cases.retrying import retrying
from services.catalog.use_cases.settlement import cancel_paid
from services.kit.following import WAIT_S, follow

WATERMARK = "accounts"


class AccountFollower:
    """Applies each page of changes in one transaction with the cursor, so that each is applied once."""

    def __init__(self, database: Database, feed: AccountFeed, poll_s: float) -> None:
        self._database = database
        self._feed = feed
        self._poll_s = poll_s
        self._cursor: str | None = None

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        await follow("accounts", self.step, self._poll_s)

    async def step(self) -> bool:
        """Applies the next changes; whether more are waiting."""
        if self._cursor is None:
            async with self._database.begin() as transaction:
                self._cursor = await transaction.watermarks.hold(WATERMARK)
        cursor, self._cursor = self._cursor, None  # which is read again after a failure
        changes, following, more = await self._feed.changes(cursor, WAIT_S)
        # None also when another replica was faster.
        applied = cursor if following == cursor else await retrying(lambda: self._apply(cursor, changes, following))
        self._cursor = applied
        return more

    async def _apply(self, cursor: str, changes: list[AccountChange], following: str) -> str | None:
        async with self._database.begin() as transaction:
            if await transaction.watermarks.hold(WATERMARK) != cursor:
                return None
            for change in changes:
                if change.merge is not None:
                    await merge(transaction, *change.merge)
                elif change.erased:
                    await erase(transaction, change.erased)
            await transaction.watermarks.set(WATERMARK, following)
        return following


async def merge(transaction: Transaction, visitor: str, user: str) -> None:
    """Makes a visitor's cart and orders the user's. Twice is as once."""
    await transaction.carts.hold(visitor)
    if await transaction.carts.hold(user) is not None:
        await transaction.carts.close(visitor)  # the user was erased since
        return
    await transaction.carts.merge(visitor, user)
    await transaction.orders.move(visitor, user)


async def erase(transaction: Transaction, user: str) -> None:
    """Forgets who the user was: cart, reviews and answers go, orders stay without name and address. Twice is as once.

    What is paid and not shipped is cancelled: there is nobody to send it to.
    """
    await transaction.carts.hold(user)
    await transaction.carts.close(user)
    await transaction.outbox.forget(user)
    for order_id in await transaction.orders.of_owner(user):
        order = await transaction.orders.lock(order_id)
        if order is not None and order.state is State.PAID:
            await cancel_paid(transaction, order)
    await transaction.orders.forget_owner(user)
    if reviewed := await transaction.reviews.reviewed(user):
        await transaction.products.lock(reviewed)
        await transaction.reviews.delete_of_author(user)
        await transaction.reviews.refresh_ratings(reviewed)
    await transaction.replays.forget_caller(user)
