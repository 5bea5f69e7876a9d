"""OrderService."""

from typing import Any

from aisle.catalog.v1 import order_service_pb2 as pb
from aisle.catalog.v1.order_pb2 import Order, ShippingAddress
from aisle.catalog.v1.order_service_pb2_grpc import OrderServiceServicer

from services.catalog.domain.order import Address, State
from services.catalog.servicer import commerce_messages as messages
from services.catalog.servicer import parsing
from services.catalog.use_cases.checkout import Checkout, Wish
from services.catalog.use_cases.orders import OrderUseCases
from services.kit import paging
from services.kit.errors import InvalidArgument


class OrderServicer(OrderServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, checkout: Checkout, orders: OrderUseCases) -> None:
        self._checkout = checkout
        self._orders = orders

    async def Checkout(self, request: pb.CheckoutRequest, _: Any) -> Order:
        if not request.HasField("shipping_address"):
            raise InvalidArgument.field("shipping_address", "is required")
        wish = Wish(request.parent, request.payment_token, _address(request.shipping_address), request.etag)
        return Order.FromString(await self._checkout(wish, parsing.checkout_key(request)))

    async def GetOrder(self, request: pb.GetOrderRequest, _: Any) -> Order:
        return messages.order(await self._orders.get(*parsing.order_pair(request.name)))

    async def ListOrders(self, request: pb.ListOrdersRequest, _: Any) -> pb.ListOrdersResponse:
        after = paging.decode(request.page_token, request)
        size = paging.page_size(request.page_size, 20, 100)
        found, following = await self._orders.page(request.parent, None, after, size)
        token = paging.encode(dict(following), request) if following else ""
        return pb.ListOrdersResponse(orders=map(messages.order, found), next_page_token=token)

    async def CancelOrder(self, request: pb.CancelOrderRequest, _: Any) -> Order:
        return messages.order(await self._orders.cancel(*parsing.order_pair(request.name)))

    async def ListShopOrders(self, request: pb.ListShopOrdersRequest, _: Any) -> pb.ListShopOrdersResponse:
        after = paging.decode(request.page_token, request)
        size = paging.page_size(request.page_size, 20, 100)
        state = State(request.state) if request.state else None
        found, following = await self._orders.page(None, state, after, size)
        token = paging.encode(dict(following), request) if following else ""
        return pb.ListShopOrdersResponse(orders=map(messages.order, found), next_page_token=token)

    async def ShipOrder(self, request: pb.ShipOrderRequest, _: Any) -> Order:
        return messages.order(await self._orders.ship(*parsing.order_pair(request.name)))

    async def DeliverOrder(self, request: pb.DeliverOrderRequest, _: Any) -> Order:
        return messages.order(await self._orders.deliver(*parsing.order_pair(request.name)))


def _address(message: ShippingAddress) -> Address:
    return Address(
        recipient=message.recipient,
        lines=tuple(message.address_lines),
        postal_code=message.postal_code,
        city=message.city,
        region_code=message.region_code,
    )
