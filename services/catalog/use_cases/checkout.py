"""Checkout: stock is reserved, money is taken, the order is confirmed; each step survives the death of the next."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from services.catalog.domain.cart import Cart
from services.catalog.domain.order import Address, Order, OrderLine, State
from services.catalog.ports import CheckoutKey, CheckoutRecord, Database, Transaction
from services.catalog.use_cases import carts
from services.catalog.use_cases.measures import CHECKOUTS
from services.catalog.use_cases.refusals import CartChanged, NotSoldThere, PaymentDeclined, refuse_changed
from services.catalog.use_cases.retrying import retrying
from services.catalog.use_cases.settlement import Settlement
from services.kit.errors import FailedPrecondition, InvalidArgument, Unavailable

Rendered = bytes
"""An order as it is answered."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer asks for."""

    owner: str
    payment_token: str
    address: Address
    etag: str
    """Of the cart as the buyer saw it; empty for one who agrees to the prices at which it was filled alone."""


class Checkout:
    """OrderService.Checkout."""

    def __init__(
        self, database: Database, settlement: Settlement | None, render: Callable[[Order], Rendered], patience_s: float
    ) -> None:
        """
        Args:
            database: where carts, stock and orders are.
            settlement: takes the money; None where no provider is configured.
            render: makes the answer.
            patience_s: after which an order whose payment was not settled is looked into.
        """
        self._database = database
        self._settlement = settlement
        self._render = render
        self._patience_s = patience_s

    async def __call__(self, wish: Wish, key: CheckoutKey) -> Rendered:
        """The order, for the same key the same one.

        Raises:
            FailedPrecondition: the cart is empty or not as the buyer saw it, or the payment was declined.
            InvalidArgument: the key was used for a different request.
            Unavailable: nobody takes payments here.
        """
        if self._settlement is None:
            raise Unavailable("This shop takes no payments at the moment.", reason="PAYMENTS_NOT_CONFIGURED")
        record = await self._made_by(key) or await self._first(wish, key)
        if record.fingerprint != key.fingerprint:
            raise InvalidArgument.field("request_id", "was used for a different request")
        if record.state is State.PAYMENT_PENDING:
            await self._settlement.settle(record.order_id)
            record = await self._made_by(key) or record
        return await self._answer(wish.owner, record)

    async def _made_by(self, key: CheckoutKey) -> CheckoutRecord | None:
        async with self._database.begin() as transaction:
            return await transaction.orders.made_by(key)

    async def _first(self, wish: Wish, key: CheckoutKey) -> CheckoutRecord:
        try:
            # What is refused anyway does not wait in the queue for a product that everybody wants.
            async with self._database.begin() as transaction:
                _refuse(await carts.read(transaction, wish.owner), wish)
        except FailedPrecondition:
            # The same call may have emptied the cart just now.
            if (record := await self._made_by(key)) is None:
                raise
            return record
        return await retrying(lambda: self._reserve(wish, key))

    async def _reserve(self, wish: Wish, key: CheckoutKey) -> CheckoutRecord:
        """Takes the stock and empties the cart for a new order, in one transaction.

        Locks are taken in the order cart, products by id, as by everybody who needs both.
        """
        async with self._database.begin() as transaction:
            await carts.hold(transaction, wish.owner)
            if (record := await transaction.orders.made_by(key)) is not None:
                return record
            items = await transaction.carts.items(wish.owner)
            products = await transaction.products.lock([item.product_id for item in items]) if items else {}
            cart = Cart.priced(wish.owner, items, products)
            _refuse(cart, wish)
            order = _order(cart, wish)
            await self._write(transaction, order, wish, key)
        return CheckoutRecord(order.id, key.fingerprint, order.state, "", None)

    async def _write(self, transaction: Transaction, order: Order, wish: Wish, key: CheckoutKey) -> None:
        await transaction.orders.insert(order, key, wish.payment_token, self._patience_s)
        await transaction.products.take_stock(order.units)
        await transaction.carts.clear(order.owner)

    async def _answer(self, owner: str, record: CheckoutRecord) -> Rendered:
        CHECKOUTS.labels(record.state.name.lower()).inc()
        if record.state is State.PAYMENT_DECLINED:
            raise PaymentDeclined(f"{owner}/orders/{record.order_id}", record.decline_reason)
        if record.answer is not None:
            return record.answer
        async with self._database.begin() as transaction:
            order = await transaction.orders.get(record.order_id)
        if order is None:
            raise Unavailable("The order cannot be read at the moment. Try again.")
        return self._render(order)


def _refuse(cart: Cart, wish: Wish) -> None:
    """Refuses what cannot be bought, or not as the buyer saw it; nothing has happened yet."""
    if not cart.lines:
        raise FailedPrecondition("The cart is empty.", reason="CART_EMPTY", name=f"{cart.owner}/cart")
    try:
        refuse_changed(cart, wish.etag)
    except CartChanged:
        CHECKOUTS.labels("cart_changed").inc()
        raise
    region = wish.address.region_code
    elsewhere = [
        line.item.product_id
        for line in cart.lines
        if line.product and line.product.details.regions and region not in line.product.details.regions
    ]
    if elsewhere:
        raise NotSoldThere(elsewhere, region)


def _order(cart: Cart, wish: Wish) -> Order:
    lines = [
        OrderLine(
            product_id=line.item.product_id,
            title=line.product.details.title,
            picture_id=line.product.pictures[0].id if line.product.pictures else "",
            quantity=line.item.quantity,
            price=line.price,
            attribution_token=line.item.attribution_token,
        )
        for line in cart.lines
        if line.product is not None and line.price is not None
    ]
    if (total := cart.total) is None or len(lines) != len(cart.lines):
        raise AssertionError("a cart that was not refused can be bought")
    now = datetime.now(UTC)
    return Order(
        id=uuid.uuid4().hex,
        owner=cart.owner,
        state=State.PAYMENT_PENDING,
        lines=tuple(lines),
        total=total,
        address=wish.address,
        decline_reason="",
        refund_due=False,
        create_time=now,
        update_time=now,
    )
