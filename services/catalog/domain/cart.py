"""What a shopper means to buy, priced at the moment of asking."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum

from services.catalog.domain.money import Money
from services.catalog.domain.product import Product

MAX_ITEMS = 100
MAX_QUANTITY = 999
MAX_LINE = Decimal(10) ** 15
"""Of any currency: sums of a whole cart stay far below what google.type.Money holds."""


class Notice(IntEnum):
    """What a shopper has to be told of an item; the numbers are those of the contract."""

    PRICE_CHANGED = 1
    INSUFFICIENT_STOCK = 2
    OUT_OF_STOCK = 3
    UNAVAILABLE = 4


BLOCKING = frozenset({Notice.INSUFFICIENT_STOCK, Notice.OUT_OF_STOCK, Notice.UNAVAILABLE})
"""Notices of items that cannot be bought as they are."""


@dataclass(frozen=True, slots=True)
class CartItem:
    """A product in a cart, as it is kept."""

    product_id: str
    quantity: int
    added_price: Money
    """What one cost when it was put into the cart."""
    attribution_token: str
    add_time: datetime | None
    """None before it is written."""


@dataclass(frozen=True, slots=True)
class CartLine:
    """An item beside its product as it is now."""

    item: CartItem
    product: Product | None
    price: Money | None
    """What one costs now; None for what cannot be bought."""

    @property
    def available(self) -> int:
        """Units in stock."""
        return self.product.stock_quantity if self.product else 0

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the shopper has to be told."""
        if self.price is None:
            return (Notice.UNAVAILABLE,)
        found = [Notice.PRICE_CHANGED] if self.price != self.item.added_price else []
        if self.available < self.item.quantity:
            found.append(Notice.INSUFFICIENT_STOCK if self.available else Notice.OUT_OF_STOCK)
        return tuple(found)

    @property
    def buyable(self) -> bool:
        """Whether nothing stands in the way of buying it."""
        return not BLOCKING.intersection(self.notices)

    @property
    def total(self) -> Money | None:
        """What all units cost now."""
        return self.price.times(self.item.quantity) if self.price else None


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart, priced."""

    owner: str
    """`users/ID` or `visitors/ID`."""
    lines: tuple[CartLine, ...]

    @classmethod
    def priced(cls, owner: str, items: Iterable[CartItem], products: Mapping[str, Product]) -> "Cart":
        """The items beside their products. The first item that has a price says in which currency the cart is."""
        lines: list[CartLine] = []
        currency = ""
        for item in items:
            product = products.get(item.product_id)
            price = product.details.price if product else None
            currency = currency or (price.currency if price else "")
            sold = price is not None and price.currency == currency and payable(price, item.quantity)
            lines.append(CartLine(item, product, price if sold else None))
        return cls(owner, tuple(lines))

    @property
    def total(self) -> Money | None:
        """What the items that can be bought cost together; None while there are none."""
        totals = [line.total for line in self.lines if line.buyable and line.total is not None]
        return Money(totals[0].currency, sum((one.amount for one in totals), Decimal(0))) if totals else None

    @property
    def total_quantity(self) -> int:
        """Units of all items."""
        return sum(line.item.quantity for line in self.lines)

    @property
    def purchasable(self) -> bool:
        """Whether a checkout that agrees to these prices would take it."""
        return bool(self.lines) and all(line.buyable for line in self.lines)

    @property
    def currency(self) -> str:
        """The currency of the cart; empty while nothing in it has a price."""
        return next((line.price.currency for line in self.lines if line.price), "")

    @property
    def etag(self) -> str:
        """Stands for items, quantities and prices. Stock is left out: it changes all the time, and may suffice.

        So is the order of the items: those of a declined payment come back in another.
        """
        content = sorted(
            (line.item.product_id, line.item.quantity, line.price and (line.price.currency, line.price.nano))
            for line in self.lines
        )
        return hashlib.sha256(repr(content).encode()).hexdigest()[:32]

    def seen_as(self, etag: str) -> bool:
        """Whether a buyer who names this etag saw the cart as it is; who names none says nothing of it."""
        return etag in ("", self.etag)

    def refusals(self, etag: str) -> list[tuple[str, Notice]]:
        """What stands in the way of buying it, as (product id, notice). A current etag agrees to changed prices."""
        agreed = etag == self.etag
        return [
            (line.item.product_id, notice)
            for line in self.lines
            for notice in line.notices
            if notice in BLOCKING or not agreed
        ]


def payable(price: Money, quantity: int) -> bool:
    """Whether so many at that price are a sum that can be paid."""
    return price.amount * quantity <= MAX_LINE
