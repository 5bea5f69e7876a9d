"""The catalogue over gRPC."""

from collections.abc import AsyncIterator, Sequence
from itertools import chain

import grpc
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub

from services.kit.coalescing import Coalescer
from services.kit.errors import InvalidArgument
from services.recs.ports import ProductChange
from services.recs.use_cases.products import product_id

SERVICE = "aisle.catalog.v1.ProductService"
PAGE = 100
FEED_PAGE = 500
EVERYTHING_PAGE = 1000
FEED_TIMEOUT_S = 20.0


IN_FLIGHT = 2
"""Reads of products under way at a time, so that one that hangs does not hold the others up."""
TOGETHER = 1000
"""The most products that the catalogue gives in one call."""


class GrpcCatalog:
    """services.recs.ports.Catalog."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float) -> None:
        self._stub = ProductServiceStub(channel)
        self._timeout_s = timeout_s
        self._coalesced = Coalescer(self._get, IN_FLIGHT, TOGETHER, len)

    async def get(self, ids: Sequence[str]) -> dict[str, Product]:
        return await self._coalesced("", ids)

    async def _get(self, _: str, asked: Sequence[Sequence[str]]) -> list[dict[str, Product]]:
        names = [f"products/{item}" for item in dict.fromkeys(chain.from_iterable(asked))]
        request = pb.BatchGetProductsRequest(names=names, allow_missing=True)
        reply = await self._stub.BatchGetProducts(request, timeout=self._timeout_s)
        found = {product_id(product.name): product for product in reply.products}
        return [{item: found[item] for item in ids if item in found} for ids in asked]

    async def newest(self, filter_text: str, page_token: str) -> tuple[list[Product], str]:
        text = f"({filter_text}) AND in_stock = true" if filter_text.strip() else "in_stock = true"
        request = pb.ListProductsRequest(
            page_size=PAGE, page_token=page_token, filter=text, order_by="create_time desc"
        )
        try:
            reply = await self._stub.ListProducts(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.INVALID_ARGUMENT and page_token:
                raise InvalidArgument.field("page_token", "is not one that this service gave out") from None
            raise
        return list(reply.products), reply.next_page_token


class GrpcCatalogFeed:
    """services.recs.ports.CatalogFeed; needs the role service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ProductServiceStub(channel)

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        request = pb.ListProductChangesRequest(cursor=cursor, page_size=FEED_PAGE, wait_seconds=wait_s)
        reply = await self._stub.ListProductChanges(request, timeout=FEED_TIMEOUT_S)
        changes = [
            ProductChange(product_id(change.name), change.product if change.HasField("product") else None)
            for change in reply.changes
        ]
        return changes, reply.next_cursor, reply.more

    async def everything(self) -> AsyncIterator[list[Product]]:
        request = pb.ListProductsRequest(page_size=EVERYTHING_PAGE)
        while True:
            reply = await self._stub.ListProducts(request, timeout=FEED_TIMEOUT_S)
            yield list(reply.products)
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    async def existing(self, ids: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for at in range(0, len(ids), EVERYTHING_PAGE):
            names = [f"products/{item}" for item in ids[at : at + EVERYTHING_PAGE]]
            request = pb.BatchGetProductsRequest(names=names, allow_missing=True)
            reply = await self._stub.BatchGetProducts(request, timeout=FEED_TIMEOUT_S)
            found.update(product_id(product.name) for product in reply.products)
        return found
