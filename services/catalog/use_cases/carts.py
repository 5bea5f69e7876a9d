"""Carts: read, filled, emptied. They reserve nothing; stock is taken by the checkout."""

from collections.abc import Callable
from dataclasses import replace

from services.catalog.domain.cart import MAX_ITEMS, MAX_QUANTITY, Cart, CartItem, payable
from services.catalog.domain.money import Money
from services.catalog.ports import Database, Transaction
from services.catalog.use_cases import refusals
from services.catalog.use_cases.replay import RequestKey, once
from services.kit.errors import FailedPrecondition, NotFound


class CartUseCases:
    """Everything of CartService."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, owner: str) -> Cart:
        """The cart, priced now."""
        async with self._database.begin() as transaction:
            return await read(transaction, owner)

    async def add(self, owner: str, item: CartItem, key: RequestKey | None) -> Cart:
        """Adds units of a product at its price now; the item's own price is not looked at.

        Raises:
            NotFound: the product does not exist.
            FailedPrecondition: the cart cannot hold it.
        """
        async with self._database.begin() as transaction:
            await hold(transaction, owner)

            async def act() -> bytes:
                def more(old: CartItem | None, price: Money) -> CartItem:
                    return replace(item, quantity=item.quantity + (old.quantity if old else 0), added_price=price)

                await _write(transaction, owner, item.product_id, more)
                return b""

            await once(transaction.replays, key, act)
            return await read(transaction, owner)

    async def set_quantity(self, owner: str, product_id: str, quantity: int) -> Cart:
        """Sets how many units of a product the cart holds; none takes it out.

        Raises:
            NotFound: the product does not exist.
            FailedPrecondition: the cart cannot hold it.
        """

        def just(old: CartItem | None, price: Money) -> CartItem:
            return replace(old or CartItem(product_id, 0, price, "", None), quantity=quantity)

        async with self._database.begin() as transaction:
            await hold(transaction, owner)
            if quantity:
                await _write(transaction, owner, product_id, just)
            else:
                await transaction.carts.remove(owner, product_id)
            return await read(transaction, owner)

    async def remove(self, owner: str, product_id: str) -> Cart:
        """Takes a product out, if it is there."""
        async with self._database.begin() as transaction:
            await hold(transaction, owner)
            await transaction.carts.remove(owner, product_id)
            return await read(transaction, owner)


async def read(transaction: Transaction, owner: str) -> Cart:
    """The cart, priced now."""
    items = await transaction.carts.items(owner)
    products = await transaction.products.get_many([item.product_id for item in items]) if items else {}
    return Cart.priced(owner, items, products)


async def hold(transaction: Transaction, owner: str) -> None:
    """Holds the cart until the transaction ends.

    Raises:
        FailedPrecondition: it is closed.
    """
    if await transaction.carts.hold(owner) is not None:
        raise refusals.closed_cart(owner)


async def _write(
    transaction: Transaction, owner: str, product_id: str, change: Callable[[CartItem | None, Money], CartItem]
) -> None:
    cart = await read(transaction, owner)
    old = next((line.item for line in cart.lines if line.item.product_id == product_id), None)
    product = await transaction.products.get(product_id)
    if product is None:
        raise NotFound(f"products/{product_id}")
    if (price := product.details.price) is None:
        raise _refused("NOT_FOR_SALE", product_id, "has no price")
    if cart.currency not in ("", price.currency) and [line.item for line in cart.lines] != [old]:
        raise _refused("CURRENCY_MIXED", product_id, f"costs {price.currency}, and the cart is in {cart.currency}")
    item = change(old, price)
    if item.quantity > MAX_QUANTITY:
        raise _refused("QUANTITY_TOO_LARGE", product_id, f"can be in a cart {MAX_QUANTITY} times")
    if not payable(price, item.quantity):
        raise _refused("NOT_FOR_SALE", product_id, "costs more than can be paid")
    if old is None and len(cart.lines) >= MAX_ITEMS:
        raise _refused("CART_FULL", product_id, f"is one too many: a cart holds {MAX_ITEMS} products")
    if item.quantity > product.stock_quantity:
        raise refusals.out_of_stock(product_id, product.stock_quantity)
    await transaction.carts.put(owner, item)


def _refused(reason: str, product_id: str, why: str) -> FailedPrecondition:
    name = f"products/{product_id}"
    return FailedPrecondition(f"{name} {why}.", reason=reason, name=name)
