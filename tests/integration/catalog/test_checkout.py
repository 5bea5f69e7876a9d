"""Checkout: all of it happens once, or none; what became of a payment is found out in the end."""

import asyncio
import uuid

import grpc
import pytest
from aisle.catalog.v1 import order_service_pb2 as pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1.order_pb2 import Order
from google.type.money_pb2 import Money
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.catalog.settings import CatalogSettings
from tests.integration.catalog.clients import Client
from tests.integration.catalog.shoppers import NewShopper, Shopper, blamed, notices, reason, sell, stock
from tests.integration.catalog.test_carts import reprice

AT_ONCE = 60
"""Fewer than a service takes at a time."""


async def charges(settings: CatalogSettings) -> list[tuple[bool, bool, int]]:
    """What the provider knows of: approved, refunded, amount."""
    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT approved, refunded, amount::int FROM test_payments ORDER BY key"))
        found = [(bool(row[0]), bool(row[1]), int(row[2])) for row in rows]
    await engine.dispose()
    return found


async def settled(shopper: Shopper, order: Order) -> Order:
    """The order once its payment is known."""
    async with asyncio.timeout(15):
        while order.state == Order.STATE_PAYMENT_PENDING:
            await asyncio.sleep(0.05)
            order = await shopper.call("GetOrder", pb.GetOrderRequest(name=order.name))
    return order


async def test_a_purchase_is_frozen(client: Client, shopper: NewShopper, settings: CatalogSettings) -> None:
    await sell(client, "lamp", 12, 9, price={"nanos": 500_000_000})
    await sell(client, "chair", 40, 9)
    ann = shopper()
    await ann.add("lamp", 2)
    await ann.add("chair", 1)
    order = await ann.buy()
    assert (order.state, order.total, order.total_quantity) == (
        Order.STATE_PAID,
        Money(currency_code="EUR", units=65),
        3,
    )
    assert [(line.product, line.title, line.quantity, line.line_total.units) for line in order.lines] == [
        ("products/lamp", "Lamp", 2, 25),
        ("products/chair", "Chair", 1, 40),
    ]
    assert order.shipping_address.city == "Riga"
    assert (await stock(client), await stock(client, "chair")) == (7, 8)
    assert not (await ann.cart()).items
    await reprice(client, "lamp", 99)
    await client.call("DeleteProduct", products_pb.DeleteProductRequest(name="products/chair"))
    assert await ann.orders() == [order]
    assert await ann.call("GetOrder", pb.GetOrderRequest(name=order.name)) == order
    assert await charges(settings) == [(True, False, 65)]


async def test_what_changed_is_told_before_money_moves(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    await sell(client, "lamp")
    await sell(client, "chair", stock=2)
    ann = shopper()
    assert reason(await ann.refused("Checkout", ann.buying())) == "CART_EMPTY"
    await ann.add("lamp")
    old = await ann.add("chair", 2)
    await reprice(client, "lamp", 11)
    for etag in ("", old.etag):
        refused = await ann.refused("Checkout", ann.buying(etag=etag))
        assert (reason(refused), blamed(refused)) == ("CART_CHANGED", [("products/lamp", "PRICE_CHANGED")])
    seen = await ann.cart()
    assert notices(seen) == [("PRICE_CHANGED",), ()]
    await client.call("AdjustStock", products_pb.AdjustStockRequest(name="products/chair", delta=-1))
    refused = await ann.refused("Checkout", ann.buying(etag=seen.etag))
    assert blamed(refused) == [("products/chair", "INSUFFICIENT_STOCK")]
    await client.call("AdjustStock", products_pb.AdjustStockRequest(name="products/chair", delta=1))
    more = await ann.add("lamp")
    refused = await ann.refused("Checkout", ann.buying(etag=seen.etag))
    assert (reason(refused), await charges(settings)) == ("CART_CHANGED", [])
    assert (await ann.buy(etag=more.etag)).total.units == 42


async def test_a_product_goes_where_it_is_sold(client: Client, shopper: NewShopper) -> None:
    await sell(client, regions=["DE"])
    ann = shopper()
    await ann.add()
    refused = await ann.refused("Checkout", ann.buying())
    assert (reason(refused), blamed(refused)) == ("NOT_SOLD_IN_REGION", [("products/lamp", "REGION")])
    nowhere = ann.buying()
    nowhere.ClearField("shipping_address")
    assert (await ann.refused("Checkout", nowhere)).code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_declined_payment_leaves_everything_as_it_was(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    await sell(client)
    ann = shopper()
    before = await ann.add("lamp", 2)
    request = ann.buying("test-declined")
    first = await ann.refused("Checkout", request)
    again = await ann.refused("Checkout", request)
    assert (reason(first), first.details()) == ("PAYMENT_DECLINED", again.details())
    assert (await stock(client), await ann.orders()) == (5, [])
    after = await ann.cart()
    assert (after.total, after.etag) == (before.total, before.etag)
    assert await charges(settings) == [(False, False, 20)]
    assert (await ann.buy()).state == Order.STATE_PAID
    assert reason(await ann.refused("Checkout", ann.buying("no-such-token"))) == "CART_EMPTY"


@pytest.mark.parametrize("token", ["test-lost-answer", "test-lost-answer-declined"])
async def test_a_payment_whose_answer_is_lost_is_settled(
    client: Client, shopper: NewShopper, settings: CatalogSettings, token: str
) -> None:
    await sell(client)
    ann = shopper()
    await ann.add("lamp", 2)
    request = ann.buying(token)
    pending = await ann.call("Checkout", request)
    assert (pending.state, await stock(client)) == (Order.STATE_PAYMENT_PENDING, 3)
    order = await settled(ann, pending)
    if token == "test-lost-answer":
        assert (order.state, await stock(client), len((await ann.cart()).items)) == (Order.STATE_PAID, 3, 0)
        assert await ann.call("Checkout", request) == order
        assert await charges(settings) == [(True, False, 20)]
    else:
        assert (order.state, await stock(client)) == (Order.STATE_PAYMENT_DECLINED, 5)
        assert (await ann.cart()).total_quantity == 2
        assert reason(await ann.refused("Checkout", request)) == "PAYMENT_DECLINED"


async def test_who_asks_again_learns_what_became_of_the_payment(client: Client, shopper: NewShopper) -> None:
    await sell(client)
    ann = shopper()
    await ann.add()
    request = ann.buying("test-lost-answer")
    assert (await ann.call("Checkout", request)).state == Order.STATE_PAYMENT_PENDING
    assert (await ann.call("Checkout", request)).state == Order.STATE_PAID


async def test_one_request_id_is_one_order(client: Client, second: Client, shopper: NewShopper) -> None:
    await sell(client, stock=AT_ONCE)
    ann = shopper()
    await ann.add()
    request = ann.buying()
    answers = await asyncio.gather(
        *((ann.call("Checkout", request) if i % 2 else ann.via(second, "Checkout", request)) for i in range(AT_ONCE))
    )
    assert len({answer.SerializeToString(deterministic=True) for answer in answers}) == 1
    assert (len(await ann.orders()), await stock(client)) == (1, AT_ONCE - 1)
    await ann.add("lamp", 3)
    assert await ann.call("Checkout", request) == answers[0]
    other = ann.buying("test-declined", request_id=request.request_id)
    refused = await ann.refused("Checkout", other)
    assert (refused.code(), "different request" in (refused.details() or "")) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        True,
    )
    await ann.call("CancelOrder", pb.CancelOrderRequest(name=answers[0].name))
    assert await ann.call("Checkout", request) == answers[0]
    bob = shopper()
    await bob.add()
    assert (await bob.buy(request_id=request.request_id)).name.startswith(bob.subject)


async def test_what_is_left_is_sold_once(client: Client, second: Client, shopper: NewShopper) -> None:
    """More buyers than units, over two replicas; the stock is never below zero at any look."""
    units, buyers = 10, AT_ONCE
    await sell(client, stock=units)
    people = [shopper() for _ in range(buyers)]
    await asyncio.gather(*(person.add() for person in people))
    looks: list[int] = []

    async def buy(number: int, person: Shopper) -> bool:
        call = person.call if number % 2 else lambda *what: person.via(second, *what)
        refused = None
        try:
            await call("Checkout", person.buying())
        except grpc.aio.AioRpcError as error:
            refused = blamed(error)
        looks.append(await stock(client))
        assert refused in (None, [("products/lamp", "OUT_OF_STOCK")])
        return refused is None

    bought = await asyncio.gather(*(buy(number, person) for number, person in enumerate(people)))
    assert (sum(bought), await stock(client)) == (units, 0)
    assert min(looks) == 0


async def test_carts_that_cross_do_not_lock_each_other(client: Client, shopper: NewShopper) -> None:
    names = [f"p{i}" for i in range(6)]
    for name in names:
        await sell(client, name, stock=100)
    people = [shopper() for _ in range(20)]
    for number, person in enumerate(people):
        for name in names if number % 2 else reversed(names):
            await person.add(name)
    orders = await asyncio.gather(*(person.buy() for person in people))
    assert {order.state for order in orders} == {Order.STATE_PAID}
    assert [await stock(client, name) for name in names] == [80] * 6


async def test_without_a_provider_nobody_pays(client: Client, shopper: NewShopper, settings: CatalogSettings) -> None:
    from services.catalog.app import build
    from services.kit.server import start
    from tests.support.tokens import Issuer

    issuer = Issuer()
    running = await start(await build(settings.model_copy(update={"payment_provider": ""}), issuer.verifier()))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        ann = Shopper(channel, issuer)
        refused = await ann.refused("Checkout", ann.buying(request_id=str(uuid.uuid4())))
        assert (refused.code(), reason(refused)) == (grpc.StatusCode.UNAVAILABLE, "PAYMENTS_NOT_CONFIGURED")
    await running.stop()
