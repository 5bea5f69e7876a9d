"""Carts and transactions without a database."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.catalog.domain.cart import Cart, CartItem, Notice
from services.catalog.domain.money import Money
from services.catalog.domain.product import Product, ProductDetails
from services.catalog.servicer.commerce_messages import cart as cart_message
from services.catalog.use_cases.refusals import MOST_VIOLATIONS, CartChanged, PaymentDeclined, refuse_changed
from services.catalog.use_cases.retrying import TRIES, gave_way, retrying
from services.kit.errors import MOST_BYTES, Aborted

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def euros(amount: str) -> Money:
    return Money("EUR", Decimal(amount))


def product(product_id: str, price: Money | None, stock: int = 5) -> Product:
    return Product(product_id, ProductDetails(product_id, price=price), stock, NOW, NOW, 1)


def item(product_id: str, quantity: int = 1, price: str = "10") -> CartItem:
    return CartItem(product_id, quantity, euros(price), "", NOW)


def cart(items: list[CartItem], *products: Product) -> Cart:
    return Cart.priced("users/ann", items, {one.id: one for one in products})


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (product("lamp", euros("10")), ()),
        (product("lamp", euros("10.000000000")), ()),
        (product("lamp", euros("9.99")), (Notice.PRICE_CHANGED,)),
        (product("lamp", euros("10"), 1), (Notice.INSUFFICIENT_STOCK,)),
        (product("lamp", euros("11"), 0), (Notice.PRICE_CHANGED, Notice.OUT_OF_STOCK)),
        (product("lamp", None), (Notice.UNAVAILABLE,)),
        (product("lamp", euros("1e15")), (Notice.UNAVAILABLE,)),
        (product("chair", euros("10")), (Notice.UNAVAILABLE,)),
    ],
)
def test_what_is_told_of_an_item(now: Product, told: tuple[Notice, ...]) -> None:
    assert cart([item("lamp", 2)], now).lines[0].notices == told


def test_a_cart_has_one_currency() -> None:
    mixed = cart([item("lamp"), item("hat")], product("lamp", euros("10")), product("hat", Money("USD", Decimal(1))))
    assert (mixed.currency, mixed.total, mixed.purchasable) == ("EUR", euros("10"), False)


def test_an_etag_agrees_to_prices_and_to_nothing_else() -> None:
    items = [item("lamp", 2), item("hat")]
    seen = cart(items, product("lamp", euros("11")), product("hat", euros("10")))
    assert seen.refusals("") == [("lamp", Notice.PRICE_CHANGED)]
    assert seen.refusals(seen.etag) == []
    fewer = cart(items, product("lamp", euros("11"), 2), product("hat", euros("10"), 0))
    assert fewer.etag == seen.etag
    assert fewer.refusals(seen.etag) == [("hat", Notice.OUT_OF_STOCK)]
    dearer = cart(items, product("lamp", euros("12")), product("hat", euros("10")))
    assert dearer.refusals(seen.etag) == [("lamp", Notice.PRICE_CHANGED)]


def test_a_cart_that_the_buyer_did_not_see_is_refused() -> None:
    lamp, hat = product("lamp", euros("10")), product("hat", euros("10"))
    seen = cart([item("lamp"), item("hat")], lamp, hat)
    refuse_changed(seen, seen.etag)
    others = (
        cart([item("lamp", 3), item("hat")], lamp, hat),
        cart([item("lamp")], lamp),
        cart([item("lamp", price="8"), item("hat")], product("lamp", euros("8")), hat),
    )
    for other in others:
        assert other.refusals("") == []
        refuse_changed(other, "")
        with pytest.raises(CartChanged) as caught:
            refuse_changed(other, seen.etag)
        assert caught.value.details() == []
    refuse_changed(cart([item("hat"), item("lamp")], hat, lamp), seen.etag)


def test_sums_are_exact_and_fit_the_contract() -> None:
    cents = cart([item("lamp", 3)], product("lamp", euros("0.1")))
    assert cents.total == euros("0.3")
    dear = [item(f"p{number}", 999) for number in range(100)]
    most = cart(dear, *(product(one.product_id, euros("1001001001001"), 999) for one in dear))
    assert most.purchasable
    assert cart_message(most).total.units == 99_999_999_999_999_900


def test_a_refusal_fits_into_a_status() -> None:
    long_names = [(f"{number}" * 128, Notice.PRICE_CHANGED) for number in range(10)] * 10
    status = CartChanged(long_names).status()
    assert status.ByteSize() < MOST_BYTES
    assert len(CartChanged(long_names).details()[0].violations) == MOST_VIOLATIONS  # type: ignore[attr-defined]
    assert PaymentDeclined("users/a/orders/b", "The card was declined.").reason == "PAYMENT_DECLINED"


async def test_a_transaction_that_gave_way_is_tried_again() -> None:
    tries = 0

    async def act() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise gave_way()
        return tries

    assert await retrying(act) == 3

    async def never() -> None:
        nonlocal tries
        tries += 1
        raise gave_way()

    tries = 0
    with pytest.raises(Aborted):
        await retrying(never)
    assert tries == TRIES

    async def outdated() -> None:
        nonlocal tries
        tries += 1
        raise Aborted("Read it again.")

    tries = 0
    with pytest.raises(Aborted):
        await retrying(outdated)
    assert tries == 1
