"""Carts, written and read within a transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.adapters.commerce_tables import cart_items, carts
from services.catalog.domain.cart import MAX_QUANTITY, CartItem
from services.catalog.domain.money import Money

CLOSED = "nobody"
"""Whose the cart of somebody is who was erased."""
# Of a product that is in both, the larger quantity stays: who puts the same lamp into both carts wants one.
_MERGE = text(f"""
    INSERT INTO cart_items (owner, product_id, quantity, currency, price, attribution_token, add_time)
    SELECT :user, product_id, quantity, currency, price, attribution_token, add_time
    FROM cart_items WHERE owner = :visitor ORDER BY product_id
    ON CONFLICT (owner, product_id) DO UPDATE SET
        quantity = least(greatest(cart_items.quantity, excluded.quantity), {MAX_QUANTITY})
""")  # noqa: S608 - only constants are put together


class SqlCarts:
    """The tables `carts` and `cart_items`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def items(self, owner: str) -> list[CartItem]:
        """In the order in which they were put in."""
        kept = select(cart_items).where(cart_items.c.owner == owner)
        rows = await self._connection.execute(kept.order_by(cart_items.c.add_time, cart_items.c.product_id))
        return [
            CartItem(row.product_id, row.quantity, Money(row.currency, row.price), row.attribution_token, row.add_time)
            for row in rows
        ]

    async def hold(self, owner: str) -> str | None:
        """Holds the cart until the transaction ends, and makes it where there is none; whose it has become."""
        held = insert(carts).values(owner=owner)
        held = held.on_conflict_do_update(index_elements=["owner"], set_={"update_time": func.now()})
        merged: str | None = (await self._connection.execute(held.returning(carts.c.merged_into))).scalar_one()
        return merged

    async def put(self, owner: str, item: CartItem) -> None:
        """Writes an item, over the one of the same product."""
        row = _row(owner, item)
        over = {name: row[name] for name in ("quantity", "currency", "price", "attribution_token")}
        put = insert(cart_items).values(row)
        await self._connection.execute(put.on_conflict_do_update(index_elements=["owner", "product_id"], set_=over))

    async def restore(self, owner: str, items: Sequence[CartItem]) -> None:
        """Puts items back whose products are not in the cart again already."""
        rows = [_row(owner, item) for item in items]
        await self._connection.execute(insert(cart_items).values(rows).on_conflict_do_nothing())

    async def remove(self, owner: str, product_id: str) -> None:
        """Takes a product out."""
        gone = delete(cart_items).where(cart_items.c.owner == owner, cart_items.c.product_id == product_id)
        await self._connection.execute(gone)

    async def clear(self, owner: str) -> None:
        """Takes everything out."""
        await self._connection.execute(delete(cart_items).where(cart_items.c.owner == owner))

    async def merge(self, visitor: str, user: str) -> None:
        """Moves the items to the user's cart, and closes the visitor's; both are held."""
        await self._connection.execute(_MERGE, {"visitor": visitor, "user": user})
        await self._close(visitor, user)

    async def close(self, owner: str) -> None:
        """Empties the cart for good."""
        await self._close(owner, CLOSED)

    async def _close(self, owner: str, into: str) -> None:
        await self.clear(owner)
        await self._connection.execute(update(carts).where(carts.c.owner == owner).values(merged_into=into))

    async def forget(self, before: datetime) -> None:
        """Forgets the carts of visitors who did not touch them since."""
        theirs = carts.c.owner.startswith("visitors/")
        await self._connection.execute(delete(carts).where(theirs, carts.c.update_time < before))


def _row(owner: str, item: CartItem) -> dict[str, object]:
    row: dict[str, object] = {
        "owner": owner,
        "product_id": item.product_id,
        "quantity": item.quantity,
        "currency": item.added_price.currency,
        "price": item.added_price.amount,
        "attribution_token": item.attribution_token,
    }
    return row if item.add_time is None else row | {"add_time": item.add_time}
