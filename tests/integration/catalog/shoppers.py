"""People who buy."""

import uuid
from collections.abc import Callable
from typing import Any

import grpc
from aisle.catalog.v1 import cart_service_pb2 as carts_pb
from aisle.catalog.v1 import order_service_pb2 as orders_pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1.cart_pb2 import Cart, CartItem
from aisle.catalog.v1.order_pb2 import Order
from google.rpc import error_details_pb2, status_pb2

from tests.integration.catalog.clients import Client
from tests.support.tokens import Issuer

ADDRESS = {"recipient": "Ann", "address_lines": ["Long Lane 1"], "city": "Riga", "region_code": "LV"}
NewShopper = Callable[..., "Shopper"]


class Shopper(Client):
    """Somebody with a cart."""

    def __init__(self, channel: grpc.aio.Channel, issuer: Issuer, subject: str = "") -> None:
        self.subject = subject or f"users/{uuid.uuid4().hex}"
        role = "shopper" if self.subject.startswith("users/") else "visitor"
        super().__init__(channel, issuer.metadata(self.subject, role))

    async def cart(self) -> Cart:
        """What is in it."""
        read: Cart = await self.call("GetCart", carts_pb.GetCartRequest(name=f"{self.subject}/cart"))
        return read

    def adding(self, product: str = "lamp", quantity: int = 1, **fields: Any) -> carts_pb.AddCartItemRequest:
        """A request to add."""
        name, product = f"{self.subject}/cart", f"products/{product}"
        return carts_pb.AddCartItemRequest(name=name, product=product, quantity=quantity, **fields)

    async def add(self, product: str = "lamp", quantity: int = 1, **fields: Any) -> Cart:
        """Puts something in."""
        filled: Cart = await self.call("AddCartItem", self.adding(product, quantity, **fields))
        return filled

    def buying(self, token: str = "test-approved", **fields: Any) -> orders_pb.CheckoutRequest:
        """A request to check out, with an id of its own."""
        fields = {"request_id": str(uuid.uuid4()), "shipping_address": ADDRESS} | fields
        return orders_pb.CheckoutRequest(parent=self.subject, payment_token=token, **fields)

    async def buy(self, token: str = "test-approved", **fields: Any) -> Order:
        """Checks out."""
        bought: Order = await self.call("Checkout", self.buying(token, **fields))
        return bought

    def via(self, other: Client, method: str, request: Any) -> Any:
        """The call at another replica."""
        return Client(other.channel, self.metadata).call(method, request)

    async def orders(self) -> list[Order]:
        """The newest."""
        listed = await self.call("ListOrders", orders_pb.ListOrdersRequest(parent=self.subject))
        return list(listed.orders)


async def sell(client: Client, product_id: str = "lamp", units: int = 10, stock: int = 5, **fields: Any) -> None:
    """Puts a product into the shop."""
    product = {"title": product_id.title(), "stock_quantity": stock} | fields
    if units:
        product["price"] = {"currency_code": "EUR", "units": units} | fields.get("price", {})
    await client.call("CreateProduct", products_pb.CreateProductRequest(product=product, product_id=product_id))


async def stock(client: Client, product_id: str = "lamp") -> int:
    """Units on hand."""
    read = await client.call("GetProduct", products_pb.GetProductRequest(name=f"products/{product_id}"))
    return int(read.stock_quantity)


def reason(error: grpc.aio.AioRpcError) -> str:
    """The reason in the ErrorInfo of an error."""
    return str(detail(error, error_details_pb2.ErrorInfo).reason)


def blamed(error: grpc.aio.AioRpcError) -> list[tuple[str, str]]:
    """(product, type) of the violations in the PreconditionFailure of an error."""
    failure = detail(error, error_details_pb2.PreconditionFailure)
    return [(violation.subject, violation.type) for violation in failure.violations]


def detail(error: grpc.aio.AioRpcError, kind: Any) -> Any:
    """The detail of a kind in an error."""
    trailing = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    found = kind()
    assert any(packed.Unpack(found) for packed in status.details), status
    return found


def notices(cart: Cart) -> list[tuple[str, ...]]:
    """What is told of each item."""
    return [tuple(CartItem.Notice.Name(notice).removeprefix("NOTICE_") for notice in i.notices) for i in cart.items]
