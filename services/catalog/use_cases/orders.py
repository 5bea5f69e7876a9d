"""Orders: read, cancelled, sent on their way."""

from collections.abc import Callable

from services.catalog.domain.order import Order, State
from services.catalog.ports import Database, Position, Transaction
from services.catalog.use_cases.retrying import retrying
from services.catalog.use_cases.settlement import cancel_paid
from services.kit.errors import FailedPrecondition, NotFound


class OrderUseCases:
    """Everything of OrderService but the checkout."""

    def __init__(self, database: Database, due: Callable[[], None]) -> None:
        """
        Args:
            database: where the orders are.
            due: called when money has to go back.
        """
        self._database = database
        self._due = due

    async def get(self, owner: str, order_id: str) -> Order:
        """The order.

        Raises:
            NotFound: it does not exist, or is somebody else's.
        """
        async with self._database.begin() as transaction:
            return _theirs(await transaction.orders.get(order_id), owner, order_id)

    async def page(
        self, owner: str | None, state: State | None, after: Position | None, limit: int
    ) -> tuple[list[Order], Position | None]:
        """Newest first, and where the next page begins; all shoppers' without an owner."""
        async with self._database.begin() as transaction:
            return await transaction.orders.page(owner, state, after, limit)

    async def cancel(self, owner: str, order_id: str) -> Order:
        """Cancels a paid order that was not shipped.

        Raises:
            NotFound: it does not exist, or is somebody else's.
            FailedPrecondition: it is in a state in which it cannot be cancelled.
        """
        return await retrying(lambda: self._cancel(owner, order_id))

    async def _cancel(self, owner: str, order_id: str) -> Order:
        async with self._database.begin() as transaction:
            order = _theirs(await transaction.orders.lock(order_id), owner, order_id)
            if order.state is State.CANCELLED:
                return order
            _need(order, State.PAID, "ORDER_NOT_CANCELLABLE")
            await cancel_paid(transaction, order)
            cancelled = await _read(transaction, order_id)
        self._due()
        return cancelled

    async def ship(self, owner: str, order_id: str) -> Order:
        """Marks a paid order as shipped.

        Raises:
            NotFound: it does not exist.
            FailedPrecondition: it is not paid, or was cancelled.
        """
        return await self._advance(owner, order_id, State.PAID, State.SHIPPED)

    async def deliver(self, owner: str, order_id: str) -> Order:
        """Marks a shipped order as delivered.

        Raises:
            NotFound: it does not exist.
            FailedPrecondition: it was not shipped.
        """
        return await self._advance(owner, order_id, State.SHIPPED, State.DELIVERED)

    async def _advance(self, owner: str, order_id: str, before: State, after: State) -> Order:
        async with self._database.begin() as transaction:
            order = _theirs(await transaction.orders.lock(order_id), owner, order_id)
            if order.state is after:
                return order
            _need(order, before, "ORDER_STATE")
            return await transaction.orders.move_on(order_id, after)


def _theirs(order: Order | None, owner: str, order_id: str) -> Order:
    if order is None or order.owner != owner:
        raise NotFound(f"{owner}/orders/{order_id}")
    return order


def _need(order: Order, state: State, reason: str) -> None:
    if order.state is not state:
        is_now, needed = order.state.name.lower().replace("_", " "), state.name.lower()
        sentence = f"{order.name} is {is_now}, and has to be {needed} for this."
        raise FailedPrecondition(sentence, reason=reason, name=order.name, state=order.state.name)


async def _read(transaction: Transaction, order_id: str) -> Order:
    order = await transaction.orders.get(order_id)
    if order is None:
        raise AssertionError("an order that is locked stays")
    return order
