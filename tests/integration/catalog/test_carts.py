"""Carts: filled, priced at every look, and honest about what has changed."""

import asyncio
import uuid

import grpc
import pytest
from aisle.catalog.v1 import cart_service_pb2 as pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from google.type.money_pb2 import Money

from tests.integration.catalog.clients import Client
from tests.integration.catalog.shoppers import NewShopper, notices, reason, sell


async def reprice(client: Client, product: str, units: int, currency: str = "EUR") -> None:
    price = {"currency_code": currency, "units": units}
    request = products_pb.UpdateProductRequest(product={"name": f"products/{product}", "price": price})
    request.update_mask.paths.append("price")
    await client.call("UpdateProduct", request)


async def test_a_cart_adds_up(client: Client, shopper: NewShopper) -> None:
    await sell(client, "lamp", 12, 9, price={"nanos": 500_000_000})
    await sell(client, "chair", 40, 9)
    ann = shopper()
    empty = await ann.cart()
    assert (len(empty.items), empty.HasField("total"), empty.purchasable) == (0, False, False)
    await ann.add("lamp", 2)
    await ann.add("chair")
    cart = await ann.add("lamp")
    assert [(item.product, item.quantity) for item in cart.items] == [("products/lamp", 3), ("products/chair", 1)]
    assert cart.items[0].line_total == Money(currency_code="EUR", units=37, nanos=500_000_000)
    assert cart.total == Money(currency_code="EUR", units=77, nanos=500_000_000)
    assert (cart.total_quantity, cart.purchasable) == (4, True)
    assert cart.items[0].details.title
    name = f"{ann.subject}/cart"
    set_to = pb.SetCartItemQuantityRequest(name=name, product="products/lamp", quantity=1)
    assert (await ann.call("SetCartItemQuantity", set_to)).total == Money(
        currency_code="EUR", units=52, nanos=500_000_000
    )
    set_to.quantity = 0
    assert [item.product for item in (await ann.call("SetCartItemQuantity", set_to)).items] == ["products/chair"]
    remove = pb.RemoveCartItemRequest(name=name, product="products/chair")
    for _ in range(2):
        assert not (await ann.call("RemoveCartItem", remove)).items
    assert not (await shopper().cart()).items


async def test_an_addition_that_is_sent_twice_counts_once(client: Client, shopper: NewShopper) -> None:
    await sell(client, "lamp", 5, 9)
    ann, request_id = shopper(), str(uuid.uuid4())
    carts = await asyncio.gather(*(ann.add("lamp", 2, request_id=request_id) for _ in range(5)))
    assert {cart.total_quantity for cart in carts} == {2}
    refused = await ann.refused("AddCartItem", ann.adding("lamp", 3, request_id=request_id))
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (await ann.cart()).total_quantity == 2


async def test_additions_at_once_all_count(client: Client, shopper: NewShopper) -> None:
    await sell(client, "lamp", 5, 30)
    ann = shopper()
    await asyncio.gather(*(ann.add("lamp", 1) for _ in range(30)))
    assert (await ann.cart()).total_quantity == 30


async def test_what_has_changed_is_told(client: Client, shopper: NewShopper) -> None:
    for name in ("lamp", "chair", "rug", "vase"):
        await sell(client, name)
    ann = shopper()
    for name in ("lamp", "chair", "rug", "vase"):
        await ann.add(name, 3)
    before = await ann.cart()
    assert notices(before) == [(), (), (), ()]
    await reprice(client, "lamp", 11)
    await client.call("AdjustStock", products_pb.AdjustStockRequest(name="products/chair", delta=-3))
    await client.call("AdjustStock", products_pb.AdjustStockRequest(name="products/rug", delta=-5))
    await client.call("DeleteProduct", products_pb.DeleteProductRequest(name="products/vase"))
    after = await ann.cart()
    assert notices(after) == [("PRICE_CHANGED",), ("INSUFFICIENT_STOCK",), ("OUT_OF_STOCK",), ("UNAVAILABLE",)]
    assert (after.items[0].unit_price.units, after.items[0].added_price.units) == (11, 10)
    assert after.items[1].available_quantity == 2
    assert not after.items[3].HasField("details")
    assert (after.total.units, after.purchasable, after.etag != before.etag) == (33, False, True)


async def test_what_cannot_be_bought_is_not_put_in(client: Client, shopper: NewShopper) -> None:
    await sell(client, "lamp", 5, 2)
    await sell(client, "free", 0)
    await sell(client, "dollar", price={"currency_code": "USD"})
    await sell(client, "gold", 2**62)
    ann = shopper()
    await ann.add()
    found = {}
    for product, quantity in (("none", 1), ("lamp", 2), ("free", 1), ("dollar", 1), ("gold", 1)):
        error = await ann.refused("AddCartItem", ann.adding(product, quantity))
        found[product] = reason(error)
    assert found == {
        "none": "RESOURCE_NOT_FOUND",
        "lamp": "INSUFFICIENT_STOCK",
        "free": "NOT_FOR_SALE",
        "dollar": "CURRENCY_MIXED",
        "gold": "NOT_FOR_SALE",
    }
    assert (await ann.cart()).total_quantity == 1


@pytest.mark.parametrize("thief", ["users/bob", "visitors/bob"])
async def test_a_cart_is_its_owners(client: Client, shopper: NewShopper, thief: str) -> None:
    await sell(client, "lamp", 5, 2)
    ann, bob = shopper("users/ann"), shopper(thief)
    name, product = "users/ann/cart", "products/lamp"
    for method, request in {
        "GetCart": pb.GetCartRequest(name=name),
        "AddCartItem": ann.adding(),
        "SetCartItemQuantity": pb.SetCartItemQuantityRequest(name=name, product=product, quantity=1),
        "RemoveCartItem": pb.RemoveCartItemRequest(name=name, product=product),
        "Checkout": ann.buying(),
    }.items():
        assert (await bob.refused(method, request)).code() is grpc.StatusCode.PERMISSION_DENIED
    assert not (await ann.cart()).items
