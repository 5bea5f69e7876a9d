"""Payments: what became of them is found out, and the orders follow, whoever dies in between.

An order is written, and its stock taken, before its money is asked for. The provider knows a charge by the order's id,
so asking again is how an unknown outcome becomes known: it never charges twice.
"""

import asyncio
import contextvars
from collections.abc import Callable

from services.catalog.domain.cart import CartItem
from services.catalog.domain.order import Order, State
from services.catalog.domain.payment import OutcomeUnknown
from services.catalog.domain.shopper_event import EventKind, ShopperEvent
from services.catalog.ports import Database, PaymentProvider, Transaction
from services.catalog.use_cases.measures import PAYMENTS, REFUNDS
from services.catalog.use_cases.retrying import gave_way, retrying
from services.kit import telemetry

AT_ONCE = 20
LONGEST_S = 300.0
"""Between two questions to a provider that has not answered for long."""
log = telemetry.logger("aisle.catalog.settlement")


class Settlement:
    """Settles orders whose payment is pending, and refunds those that were cancelled."""

    def __init__(
        self,
        database: Database,
        payments: PaymentProvider,
        render: Callable[[Order], bytes],
        sold: Callable[[], None],
        timeout_s: float,
        poll_s: float,
    ) -> None:
        """
        Args:
            database: where the orders are.
            payments: who takes the money.
            render: makes the answer of Checkout.
            sold: called when there are purchases to tell of.
            timeout_s: for one question to the provider.
            poll_s: between two looks for orders that somebody left unsettled.
        """
        self._database = database
        self._payments = payments
        self._render = render
        self._sold = sold
        self._timeout_s = timeout_s
        self._poll_s = poll_s
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def hint(self) -> None:
        """Something is due now."""
        self._wake.set()

    async def run(self) -> None:
        """Looks after what is due for as long as the process runs."""
        while True:
            self._wake.clear()
            try:
                more = await self.step()
            except Exception as error:
                log.warning("settlement waits", why=type(error).__name__)
                more = False
            if not more:
                try:
                    async with asyncio.timeout(self._poll_s):
                        await self._wake.wait()
                except TimeoutError:
                    pass

    async def step(self) -> bool:
        """Looks into orders that are due; whether more may be waiting."""
        async with self._database.begin() as transaction:
            due = await transaction.orders.claim_due(AT_ONCE, self._timeout_s + self._poll_s, LONGEST_S)
        for result in await asyncio.gather(*map(self._look_into, due), return_exceptions=True):
            if isinstance(result, Exception):
                log.warning("an order waits", why=type(result).__name__)
        return len(due) == AT_ONCE

    async def settle(self, order_id: str) -> None:
        """Asks for the money of an order, unless it is known what became of it; once for all who wait for it here.

        It goes on when the caller leaves. The order stays as it is when the provider does not answer in time.
        """
        task = self._under_way.get(order_id)
        if task is None:
            # In a context of its own: the caller's deadline is not the payment's.
            task = asyncio.create_task(self._settle(order_id), context=contextvars.Context())
            self._under_way[order_id] = task
            task.add_done_callback(lambda done: self._ended(order_id, done))
        await asyncio.shield(task)

    def _ended(self, order_id: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(order_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("an order was left unsettled", order=order_id, why=type(error).__name__)

    async def _look_into(self, order_id: str) -> None:
        async with self._database.begin() as transaction:
            order = await transaction.orders.get(order_id)
        if order is not None and order.refund_due:
            await self._refund(order_id)
        else:
            await self.settle(order_id)

    async def _settle(self, order_id: str) -> None:
        async with self._database.begin() as transaction:
            charge = await transaction.orders.charge(order_id)
        if charge is None:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                outcome = await self._payments.charge(charge)
        except (OutcomeUnknown, TimeoutError):
            PAYMENTS.labels("unknown").inc()
            log.warning("payment not known yet", order=order_id)
            return
        PAYMENTS.labels("approved" if outcome.approved else "declined").inc()
        if outcome.approved:
            await retrying(lambda: self._confirm(order_id))
            self._sold()
        else:
            await retrying(lambda: self._release(order_id, outcome.decline_reason))

    async def _confirm(self, order_id: str) -> None:
        async with self._database.begin() as transaction:
            order = await transaction.orders.lock(order_id)
            if order is None or order.state is not State.PAYMENT_PENDING:
                return
            paid = await transaction.orders.move_on(order_id, State.PAID)
            if order.erased:
                await cancel_paid(transaction, paid)  # nobody is there to get it
                self.hint()
                return
            await transaction.orders.keep_answer(order_id, self._render(paid))
            await transaction.outbox.add(_purchases(paid))

    async def _release(self, order_id: str, why: str) -> None:
        """Brings stock and cart back. The cart is locked before the order, as by everybody who needs both."""
        async with self._database.begin() as transaction:
            seen = await transaction.orders.get(order_id)
            if seen is None:
                return
            if not seen.erased:
                await transaction.carts.hold(seen.owner)
            order = await transaction.orders.lock(order_id)
            if order is None or order.state is not State.PAYMENT_PENDING:
                return
            if order.owner != seen.owner:
                raise gave_way()  # a visitor has logged in just now, and the cart is another one
            await transaction.orders.move_on(order_id, State.PAYMENT_DECLINED, why)
            await transaction.products.return_stock(order.units)
            if not order.erased:
                await transaction.carts.restore(order.owner, _items(order))

    async def _refund(self, order_id: str) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._payments.refund(order_id)
        except (OutcomeUnknown, TimeoutError):
            REFUNDS.labels("unknown").inc()
            log.warning("refund not known yet", order=order_id)
            return
        REFUNDS.labels("done").inc()
        async with self._database.begin() as transaction:
            await transaction.orders.refund_done(order_id)


async def cancel_paid(transaction: Transaction, order: Order) -> None:
    """Cancels a paid order that is locked: its stock is back, and its money is owed."""
    await transaction.orders.move_on(order.id, State.CANCELLED)
    await transaction.orders.owe_refund(order.id)
    await transaction.products.return_stock(order.units)


def _purchases(order: Order) -> list[ShopperEvent]:
    return [
        ShopperEvent(
            id=f"order-{order.id}-{number}",
            shopper=order.owner,
            kind=EventKind.PURCHASE,
            product_id=line.product_id,
            event_time=None,
            quantity=line.quantity,
            attribution_token=line.attribution_token,
            order_id=order.id,
        )
        for number, line in enumerate(order.lines)
    ]


def _items(order: Order) -> list[CartItem]:
    return [CartItem(line.product_id, line.quantity, line.price, line.attribution_token, None) for line in order.lines]
