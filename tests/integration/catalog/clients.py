"""Calls to the catalogue."""

from typing import Any

import grpc
import pytest
from aisle.catalog.v1.cart_service_pb2_grpc import CartServiceStub
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceStub
from aisle.catalog.v1.order_service_pb2_grpc import OrderServiceStub
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceStub


class Client:
    """Every service of the catalogue, called by somebody."""

    def __init__(self, channel: grpc.aio.Channel, metadata: tuple[tuple[str, str], ...]) -> None:
        self.metadata = metadata
        self.channel = channel
        stubs = (ProductServiceStub, CategoryServiceStub, PictureServiceStub, ReviewServiceStub)
        self._stubs = [stub(channel) for stub in (*stubs, CartServiceStub, OrderServiceStub)]

    def call(self, method: str, request: Any, anonymous: bool = False) -> Any:
        """A call that can be awaited, and asked for its headers."""
        stub = next(stub for stub in self._stubs if hasattr(stub, method))
        return getattr(stub, method)(request, metadata=() if anonymous else self.metadata, timeout=30)

    async def refused(self, method: str, request: Any, **how: Any) -> grpc.aio.AioRpcError:
        """The error of a call that is refused."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, request, **how)
        return caught.value
