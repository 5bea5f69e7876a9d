"""Orders, written and read within a transaction."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, cast, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.catalog.adapters import positions
from services.catalog.adapters.commerce_tables import order_lines, orders
from services.catalog.domain.money import Money
from services.catalog.domain.order import BOUGHT, ERASED, Address, Order, OrderLine, State
from services.catalog.domain.payment import Charge
from services.catalog.ports import CheckoutKey, CheckoutRecord, Position

_LINE = func.jsonb_build_array(
    order_lines.c.product_id,
    order_lines.c.title,
    order_lines.c.picture_id,
    order_lines.c.quantity,
    cast(order_lines.c.price, Text),  # a JSON number would be a float
    order_lines.c.attribution_token,
)
_LINES = (
    select(func.jsonb_agg(aggregate_order_by(_LINE, order_lines.c.number)))
    .where(order_lines.c.order_id == orders.c.id)
    .scalar_subquery()
    .label("lines")
)
# Those that nobody else looks at, a while later each time: a provider that is down is not asked more and more.
_CLAIM = text("""
    UPDATE orders SET attempts = attempts + 1,
        due_time = now() + least(:patience * power(2, least(attempts, 20)), :longest) * interval '1 second'
    WHERE id IN (
        SELECT id FROM orders WHERE due_time <= now() ORDER BY due_time LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING id
""")


class SqlOrders:
    """The tables `orders` and `order_lines`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def made_by(self, key: CheckoutKey) -> CheckoutRecord | None:
        """The order that the same call made before; also the visitor's who the buyer was before they logged in."""
        columns = (orders.c.id, orders.c.fingerprint, orders.c.state, orders.c.decline_reason, orders.c.answer)
        theirs = or_(orders.c.buyer == key.buyer, orders.c.owner == key.buyer)
        same = select(*columns).where(theirs, orders.c.request_id == key.request_id)
        own_first = (orders.c.buyer == key.buyer).desc()
        row = (await self._connection.execute(same.order_by(own_first).limit(1))).first()
        if row is None:
            return None
        return CheckoutRecord(row.id, row.fingerprint, State(row.state), row.decline_reason, row.answer)

    async def insert(self, order: Order, key: CheckoutKey, payment_token: str, due_in_s: float) -> None:
        """Writes a new order; its payment is looked into after that time."""
        row = {
            "id": order.id,
            "owner": order.owner,
            "buyer": key.buyer,
            "request_id": key.request_id,
            "fingerprint": key.fingerprint,
            "state": int(order.state),
            "currency": order.total.currency,
            "total": order.total.amount,
            "address": asdict(order.address) if order.address else None,
            "payment_token": payment_token,
            "due_time": func.now() + func.make_interval(0, 0, 0, 0, 0, 0, due_in_s),
        }
        await self._connection.execute(insert(orders).values(row))
        lines = [_line_row(order.id, number, line) for number, line in enumerate(order.lines)]
        await self._connection.execute(insert(order_lines).values(lines))

    async def get(self, order_id: str) -> Order | None:
        """The order."""
        row = (await self._connection.execute(_orders().where(orders.c.id == order_id))).first()
        return _order(row) if row else None

    async def lock(self, order_id: str) -> Order | None:
        """The order, held against other writers until the transaction ends."""
        held = select(orders.c.id).where(orders.c.id == order_id).with_for_update()
        await self._connection.execute(held)
        return await self.get(order_id)

    async def charge(self, order_id: str) -> Charge | None:
        """The money to take; None when it is known what became of the payment."""
        columns = (orders.c.payment_token, orders.c.currency, orders.c.total)
        pending = select(*columns).where(orders.c.id == order_id, orders.c.state == int(State.PAYMENT_PENDING))
        row = (await self._connection.execute(pending)).first()
        return Charge(order_id, row.payment_token, Money(row.currency, row.total)) if row else None

    async def move_on(self, order_id: str, state: State, decline_reason: str = "") -> Order:
        """Writes a new state of an order that is locked, and returns it; what is due of the old one is due no more."""
        values = {"state": int(state), "decline_reason": decline_reason, "update_time": func.now()}
        settled = {"payment_token": "", "due_time": None, "attempts": 0}
        await self._connection.execute(update(orders).where(orders.c.id == order_id).values(**values, **settled))
        return _order((await self._connection.execute(_orders().where(orders.c.id == order_id))).one())

    async def keep_answer(self, order_id: str, answer: bytes) -> None:
        """Keeps what Checkout answers, for those who ask again."""
        await self._connection.execute(update(orders).where(orders.c.id == order_id).values(answer=answer))

    async def owe_refund(self, order_id: str) -> None:
        """Notes that money has to go back, now."""
        owed = {"refund_due": True, "due_time": func.now(), "attempts": 0}
        await self._connection.execute(update(orders).where(orders.c.id == order_id).values(owed))

    async def refund_done(self, order_id: str) -> None:
        """Notes that the money is back."""
        done = {"refund_due": False, "due_time": None, "update_time": func.now()}
        await self._connection.execute(update(orders).where(orders.c.id == order_id).values(done))

    async def claim_due(self, limit: int, patience_s: float, longest_s: float) -> list[str]:
        """Orders whose payment or refund has to be looked into; nobody else gets them for a while, longer each time."""
        values = {"limit": limit, "patience": patience_s, "longest": longest_s}
        return list((await self._connection.execute(_CLAIM, values)).scalars())

    async def page(
        self, owner: str | None, state: State | None, after: Position | None, limit: int
    ) -> tuple[list[Order], Position | None]:
        """Newest first, and where the next page begins; None at the end. An owner's without those declined."""
        newest = _orders()
        if owner is not None:
            newest = newest.where(orders.c.owner == owner, orders.c.state != int(State.PAYMENT_DECLINED))
        if state is not None:
            newest = newest.where(orders.c.state == int(state))
        if after is not None:
            with positions.forged_is_invalid():
                time, order_id = positions.time(after["create_time"]), positions.text(after["id"])
            newest = newest.where(
                (orders.c.create_time < time) | ((orders.c.create_time == time) & (orders.c.id > order_id))
            )
        newest = newest.order_by(orders.c.create_time.desc(), orders.c.id).limit(limit + 1)
        found = [_order(row) for row in await self._connection.execute(newest)]
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], {"create_time": str(last.create_time), "id": last.id}

    async def has_bought(self, owner: str, product_id: str) -> bool:
        """Whether a product in one of the owner's orders is theirs."""
        bought = (
            select(literal(1))
            .join_from(orders, order_lines, order_lines.c.order_id == orders.c.id)
            .where(orders.c.owner == owner, orders.c.state.in_([int(state) for state in BOUGHT]))
            .where(order_lines.c.product_id == product_id)
        )
        return (await self._connection.execute(bought.limit(1))).first() is not None

    async def move(self, visitor: str, user: str) -> None:
        """Makes the visitor's orders the user's. What was answered named the visitor."""
        values = {"owner": user, "answer": None}
        await self._connection.execute(update(orders).where(orders.c.owner == visitor).values(values))

    async def of_owner(self, owner: str) -> list[str]:
        """Ids of the owner's orders."""
        theirs = select(orders.c.id).where(orders.c.owner == owner).order_by(orders.c.id)
        return list((await self._connection.execute(theirs)).scalars())

    async def forget_owner(self, owner: str) -> None:
        """Takes names and addresses out of the orders; what was sold for how much stays."""
        nobody = literal(ERASED) + orders.c.id
        values = {"owner": nobody, "buyer": nobody, "address": None, "answer": None}
        await self._connection.execute(update(orders).where(orders.c.owner == owner).values(values))


def _orders() -> Select[Any]:
    return select(orders, _LINES)


def _order(row: Row[Any]) -> Order:
    address = row.address
    return Order(
        id=row.id,
        owner=row.owner,
        state=State(row.state),
        lines=tuple(_line(row.currency, *line) for line in row.lines),
        total=Money(row.currency, row.total),
        address=Address(**address | {"lines": tuple(address["lines"])}) if address else None,
        decline_reason=row.decline_reason,
        refund_due=row.refund_due,
        create_time=row.create_time,
        update_time=row.update_time,
    )


def _line(currency: str, product_id: str, title: str, picture_id: str, units: int, price: str, token: str) -> OrderLine:
    return OrderLine(product_id, title, picture_id, units, Money(currency, Decimal(price)), token)


def _line_row(order_id: str, number: int, line: OrderLine) -> dict[str, object]:
    return {
        "order_id": order_id,
        "number": number,
        "product_id": line.product_id,
        "title": line.title,
        "picture_id": line.picture_id,
        "quantity": line.quantity,
        "price": line.price.amount,
        "attribution_token": line.attribution_token,
    }
