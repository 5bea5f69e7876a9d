"""People who buy and do not give up: whatever breaks, they send the same call again until it is answered."""

import asyncio
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import grpc
from aisle.catalog.v1 import cart_service_pb2 as carts_pb
from aisle.catalog.v1 import order_service_pb2 as orders_pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1.cart_service_pb2_grpc import CartServiceStub
from aisle.catalog.v1.order_pb2 import Order
from aisle.catalog.v1.order_service_pb2_grpc import OrderServiceStub
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from google.rpc import error_details_pb2, status_pb2

from tests.load.shop import Shop

ADDRESS = {"recipient": "Ann", "address_lines": ["Long Lane 1"], "city": "Riga", "region_code": "LV"}
AGAIN = {
    *(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED),
    *(grpc.StatusCode.CANCELLED, grpc.StatusCode.ABORTED, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL),
}
"""Codes that say nothing of what became of the call. UNKNOWN and INTERNAL are what gRPC itself says of a connection
that breaks in the middle."""
PATIENCE_S = 300.0


@dataclass
class Answered:
    """What a buyer knows for sure: a checkout that was answered."""

    request: orders_pb.CheckoutRequest
    order: Order | None
    """None for one that was refused."""
    reason: str = ""
    units: int = 0


@dataclass
class Buyers:
    """Everybody who buys in a shop."""

    shop: Shop
    dice: random.Random = field(default_factory=lambda: random.Random(5))
    again: Counter[str] = field(default_factory=Counter)
    """How often a call was sent again, by the code that it came back with."""

    def __post_init__(self) -> None:
        self._products = ProductServiceStub(self.shop.channel)
        self._carts = CartServiceStub(self.shop.channel)
        self._orders = OrderServiceStub(self.shop.channel)
        self._tokens: dict[str, Any] = {}

    async def sell(self, product: str, units: int, stock: int) -> None:
        """Puts a product into the shop."""
        made = {"title": product, "stock_quantity": stock, "price": {"currency_code": "EUR", "units": units}}
        request = products_pb.CreateProductRequest(product=made, product_id=product, request_id=str(uuid.uuid4()))
        await self.call(self._products.CreateProduct, request, "users/merchant")

    async def restock(self, product: str, units: int) -> None:
        """Adds units."""
        name, request_id = f"products/{product}", str(uuid.uuid4())
        request = products_pb.AdjustStockRequest(name=name, delta=units, request_id=request_id)
        await self.call(self._products.AdjustStock, request, "users/merchant")

    async def stock(self, product: str) -> int:
        """Units on hand."""
        request = products_pb.GetProductRequest(name=f"products/{product}")
        return int((await self.call(self._products.GetProduct, request, "users/merchant")).stock_quantity)

    async def add(self, buyer: str, product: str, quantity: int = 1) -> None:
        """Puts something into a cart, once."""
        name, product = f"{buyer}/cart", f"products/{product}"
        request_id = str(uuid.uuid4())
        request = carts_pb.AddCartItemRequest(name=name, product=product, quantity=quantity, request_id=request_id)
        await self.call(self._carts.AddCartItem, request, buyer)

    def buying(self, buyer: str, token: str) -> orders_pb.CheckoutRequest:
        """A checkout with an id of its own."""
        request_id = str(uuid.uuid4())
        fields: dict[str, Any] = {"shipping_address": ADDRESS, "request_id": request_id}
        return orders_pb.CheckoutRequest(parent=buyer, payment_token=token, **fields)

    async def check_out(self, request: orders_pb.CheckoutRequest) -> Answered:
        """Buys; the answer is for good."""
        try:
            return Answered(request, await self.call(self._orders.Checkout, request, request.parent))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            return Answered(request, None, _reason(error))

    async def call(self, method: Any, request: Any, caller: str) -> Any:
        """The answer of a call, sent again until there is one."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await method(request, metadata=self._metadata(caller), timeout=10)
                except grpc.aio.AioRpcError as error:
                    if error.code() not in AGAIN:
                        raise
                    self.again[error.code().name] += 1
                await asyncio.sleep(self.dice.uniform(0.02, 0.3))

    def _metadata(self, caller: str) -> Any:
        if caller not in self._tokens:
            role = "merchant" if caller == "users/merchant" else "shopper"
            self._tokens[caller] = self.shop.issuer.metadata(caller, role, exp=2**33)
        return self._tokens[caller]


def _reason(error: grpc.aio.AioRpcError) -> str:
    status = status_pb2.Status.FromString(dict(error.trailing_metadata() or ())["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    assert any(packed.Unpack(info) for packed in status.details), status
    return info.reason
