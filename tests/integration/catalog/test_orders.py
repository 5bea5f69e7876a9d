"""Orders after the checkout: read, cancelled, sent, and never somebody else's."""

import asyncio

import grpc
import pytest
from aisle.catalog.v1 import order_service_pb2 as pb
from aisle.catalog.v1.order_pb2 import Order

from services.catalog.settings import CatalogSettings
from tests.integration.catalog.clients import Client
from tests.integration.catalog.shoppers import NewShopper, reason, sell, stock
from tests.integration.catalog.test_checkout import charges
from tests.integration.catalog.test_products import violations


async def test_a_cancelled_order_gives_everything_back_once(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    await sell(client, "lamp")
    await sell(client, "chair")
    ann = shopper()
    await ann.add("lamp", 2)
    await ann.add("chair", 1)
    order = await ann.buy()
    request = pb.CancelOrderRequest(name=order.name)
    cancelled = await asyncio.gather(*(ann.call("CancelOrder", request) for _ in range(10)))
    assert {answer.state for answer in cancelled} == {Order.STATE_CANCELLED}
    assert (await stock(client), await stock(client, "chair")) == (5, 5)
    async with asyncio.timeout(10):
        while not (await ann.orders())[0].refunded:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await charges(settings) == [(True, True, 30)]


async def test_an_order_goes_its_way(client: Client, shopper: NewShopper) -> None:
    await sell(client)
    ann = shopper()
    await ann.add()
    order = await ann.buy()
    early = await client.refused("DeliverOrder", pb.DeliverOrderRequest(name=order.name))
    assert reason(early) == "ORDER_STATE"
    for _ in range(2):
        shipped = await client.call("ShipOrder", pb.ShipOrderRequest(name=order.name))
    late = await ann.refused("CancelOrder", pb.CancelOrderRequest(name=order.name))
    assert (shipped.state, reason(late)) == (Order.STATE_SHIPPED, "ORDER_NOT_CANCELLABLE")
    delivered = await client.call("DeliverOrder", pb.DeliverOrderRequest(name=order.name))
    assert await ann.orders() == [delivered]
    assert (delivered.state, delivered.lines) == (Order.STATE_DELIVERED, order.lines)
    assert await stock(client) == 4


async def test_orders_come_newest_first_in_pages(client: Client, shopper: NewShopper) -> None:
    await sell(client, stock=50)
    ann, bob = shopper(), shopper()
    for person in (ann, ann, ann, bob):
        await person.add()
        await person.buy()
    request = pb.ListOrdersRequest(parent=ann.subject, page_size=2)
    first = await ann.call("ListOrders", request)
    request.page_token = first.next_page_token
    rest = await ann.call("ListOrders", request)
    times = [order.create_time.ToNanoseconds() for order in (*first.orders, *rest.orders)]
    assert (len(first.orders), len(rest.orders), rest.next_page_token) == (2, 1, "")
    assert times == sorted(times, reverse=True)
    other = pb.ListOrdersRequest(parent=bob.subject, page_token=first.next_page_token)
    assert violations(await bob.refused("ListOrders", other)) == ["page_token"]
    everyone = await client.call("ListShopOrders", pb.ListShopOrdersRequest(state=Order.STATE_PAID))
    assert len(everyone.orders) == 4
    assert not (await client.call("ListShopOrders", pb.ListShopOrdersRequest(state=Order.STATE_SHIPPED))).orders


@pytest.mark.parametrize("thief", ["users/bob", "visitors/ann"])
async def test_an_order_is_its_buyers(client: Client, shopper: NewShopper, thief: str) -> None:
    await sell(client)
    ann, bob = shopper("users/ann"), shopper(thief)
    await ann.add()
    order = await ann.buy()
    calls = {
        "GetOrder": pb.GetOrderRequest(name=order.name),
        "ListOrders": pb.ListOrdersRequest(parent="users/ann"),
        "CancelOrder": pb.CancelOrderRequest(name=order.name),
        "ListShopOrders": pb.ListShopOrdersRequest(),
        "ShipOrder": pb.ShipOrderRequest(name=order.name),
        "DeliverOrder": pb.DeliverOrderRequest(name=order.name),
    }
    for method, request in calls.items():
        assert (await bob.refused(method, request)).code() is grpc.StatusCode.PERMISSION_DENIED
    # An own name in front of somebody else's order does not make it one's own.
    disguised = f"{thief}/orders/{order.name.rpartition('/')[2]}"
    for method, request in {
        "GetOrder": pb.GetOrderRequest(name=disguised),
        "CancelOrder": pb.CancelOrderRequest(name=disguised),
    }.items():
        assert (await bob.refused(method, request)).code() is grpc.StatusCode.NOT_FOUND
    assert await ann.orders() == [order]
