"""ReleaseService."""

from typing import Any

from aisle.recs.v1 import release_service_pb2 as pb
from aisle.recs.v1.release_service_pb2_grpc import ReleaseServiceServicer
from google.protobuf.empty_pb2 import Empty

from services.kit import paging
from services.kit.errors import InvalidArgument
from services.recs.servicer import messages
from services.recs.use_cases.releases import ManageReleases


class ReleaseServicer(ReleaseServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, releases: ManageReleases) -> None:
        self._releases = releases

    async def GetRelease(self, request: pb.GetReleaseRequest, _: Any) -> pb.Release:
        return messages.release_message(await self._releases.get(_number(request.name)))

    async def ListReleases(self, request: pb.ListReleasesRequest, _: Any) -> pb.ListReleasesResponse:
        below = _below(paging.decode(request.page_token, request))
        size = paging.page_size(request.page_size, 50, 1000)
        found = await self._releases.page(below, size)
        token = paging.encode({"n": found[-1].number}, request) if len(found) == size else ""
        return pb.ListReleasesResponse(releases=map(messages.release_message, found), next_page_token=token)

    async def CreateRelease(self, request: pb.CreateReleaseRequest, _: Any) -> pb.Release:
        release = messages.release(request.release, int(request.release_id))
        return messages.release_message(await self._releases.create(release))

    async def DeleteRelease(self, request: pb.DeleteReleaseRequest, _: Any) -> Empty:
        await self._releases.delete(_number(request.name))
        return Empty()

    async def PromoteRelease(self, request: pb.PromoteReleaseRequest, _: Any) -> pb.Release:
        return messages.release_message(await self._releases.promote(_number(request.name)))

    async def CanaryRelease(self, request: pb.CanaryReleaseRequest, _: Any) -> pb.Release:
        number, percent = _number(request.name), request.traffic_percent
        return messages.release_message(await self._releases.canary(number, percent))

    async def RollBackRelease(self, request: pb.RollBackReleaseRequest, _: Any) -> pb.Release:
        return messages.release_message(await self._releases.roll_back(_number(request.name)))


def _number(name: str) -> int:
    return int(name.removeprefix("releases/"))


def _below(position: dict[str, Any] | None) -> int | None:
    if position is None:
        return None
    number = position.get("n")
    if type(number) is not int or not 0 <= number < 2**63:
        raise InvalidArgument.field("page_token", "is not one that this service gave out")
    return number
