"""The catalogue's change feed, which needs the role service, and its pictures, over gRPC."""

import grpc
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub

from services.search.ports import ProductChange
from services.search.use_cases.products import product_id

SERVICE = "aisle.catalog.v1.ProductService"
PICTURES = "aisle.catalog.v1.PictureService"
PAGE = 500
TIMEOUT_S = 20.0


class GrpcCatalogFeed:
    """services.search.ports.CatalogFeed."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ProductServiceStub(channel)

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        request = pb.ListProductChangesRequest(cursor=cursor, page_size=PAGE, wait_seconds=wait_s)
        reply = await self._stub.ListProductChanges(request, timeout=TIMEOUT_S)
        changes = [
            ProductChange(product_id(change.name), change.product if change.HasField("product") else None)
            for change in reply.changes
        ]
        return changes, reply.next_cursor, reply.more

    async def size(self) -> int:
        reply = await self._stub.ListProducts(pb.ListProductsRequest(page_size=1), timeout=TIMEOUT_S)
        return reply.total_size


class GrpcPictures:
    """services.search.ports.PictureSource."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = PictureServiceStub(channel)

    async def fetch(self, name: str) -> bytes | None:
        try:
            reply = await self._stub.RenderPicture(pictures_pb.RenderPictureRequest(name=name), timeout=TIMEOUT_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return bytes(reply.data)
