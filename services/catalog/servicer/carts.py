"""CartService."""

from typing import Any

from aisle.catalog.v1 import cart_service_pb2 as pb
from aisle.catalog.v1.cart_pb2 import Cart
from aisle.catalog.v1.cart_service_pb2_grpc import CartServiceServicer

from services.catalog.domain.cart import CartItem
from services.catalog.domain.money import NOTHING
from services.catalog.servicer import commerce_messages as messages
from services.catalog.servicer import parsing
from services.catalog.use_cases.carts import CartUseCases


class CartServicer(CartServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, carts: CartUseCases) -> None:
        self._carts = carts

    async def GetCart(self, request: pb.GetCartRequest, _: Any) -> Cart:
        return messages.cart(await self._carts.get(parsing.cart_owner(request.name)))

    async def AddCartItem(self, request: pb.AddCartItemRequest, _: Any) -> Cart:
        product_id, token = parsing.last(request.product), request.attribution_token
        item = CartItem(product_id, request.quantity or 1, NOTHING, token, None)
        key = parsing.request_key(request, "AddCartItem")
        return messages.cart(await self._carts.add(parsing.cart_owner(request.name), item, key))

    async def SetCartItemQuantity(self, request: pb.SetCartItemQuantityRequest, _: Any) -> Cart:
        owner, product_id = parsing.cart_owner(request.name), parsing.last(request.product)
        return messages.cart(await self._carts.set_quantity(owner, product_id, request.quantity))

    async def RemoveCartItem(self, request: pb.RemoveCartItemRequest, _: Any) -> Cart:
        owner, product_id = parsing.cart_owner(request.name), parsing.last(request.product)
        return messages.cart(await self._carts.remove(owner, product_id))
