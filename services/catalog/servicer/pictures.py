"""PictureService."""

from typing import Any

from aisle.catalog.v1 import picture_service_pb2 as pb
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceServicer
from aisle.catalog.v1.product_pb2 import Picture
from google.api.httpbody_pb2 import HttpBody
from google.protobuf import empty_pb2

from services.catalog.servicer import messages, parsing
from services.catalog.use_cases.pictures import PictureUseCases
from services.kit import context

FOR_EVER = "public, max-age=31536000, immutable"
"""A year, the longest that RFC 9111 caches honour: the id is the hash of the bytes, so they never change."""

FOR_A_MINUTE = "public, max-age=60"
"""For an original that stands in for a smaller one."""


class PictureServicer(PictureServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, pictures: PictureUseCases) -> None:
        self._pictures = pictures

    async def CreatePicture(self, request: pb.CreatePictureRequest, _: Any) -> Picture:
        product_id = parsing.last(request.parent)
        return messages.picture(product_id, await self._pictures.create(product_id, request.content))

    async def RenderPicture(self, request: pb.RenderPictureRequest, _: Any) -> HttpBody:
        product_id, picture_id = parsing.pair(request.name)
        rendered = await self._pictures.render(product_id, picture_id, request.width)
        context.add_response_header("cache-control", FOR_EVER if rendered.for_ever else FOR_A_MINUTE)
        context.add_response_header("etag", rendered.etag)
        # What a merchant uploads is a picture and nothing else, whatever a browser may guess.
        context.add_response_header("x-content-type-options", "nosniff")
        return HttpBody(content_type=rendered.content_type, data=rendered.content)

    async def DeletePicture(self, request: pb.DeletePictureRequest, _: Any) -> empty_pb2.Empty:
        await self._pictures.delete(*parsing.pair(request.name))
        return empty_pb2.Empty()
