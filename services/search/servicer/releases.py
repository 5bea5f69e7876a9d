"""SearchReleaseService."""

from typing import Any

from aisle.search.v1 import search_release_service_pb2 as pb
from aisle.search.v1.search_release_service_pb2_grpc import SearchReleaseServiceServicer

from services.kit import paging
from services.kit.errors import InvalidArgument
from services.search.servicer import messages
from services.search.use_cases.releases import ManageReleases


class SearchReleaseServicer(SearchReleaseServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, releases: ManageReleases) -> None:
        self._releases = releases

    async def GetSearchRelease(self, request: pb.GetSearchReleaseRequest, _: Any) -> pb.SearchRelease:
        return messages.release_message(await self._releases.get(_number(request.name)))

    async def ListSearchReleases(self, request: pb.ListSearchReleasesRequest, _: Any) -> pb.ListSearchReleasesResponse:
        below = _below(paging.decode(request.page_token, request))
        # A release holds its tokenizers: a page of a hundred would be tens of megabytes.
        size = paging.page_size(request.page_size, 10, 20)
        found = await self._releases.page(below, size)
        token = paging.encode({"n": found[-1].number}, request) if len(found) == size else ""
        return pb.ListSearchReleasesResponse(
            search_releases=map(messages.release_message, found), next_page_token=token
        )

    async def CreateSearchRelease(self, request: pb.CreateSearchReleaseRequest, _: Any) -> pb.SearchRelease:
        release = messages.release(request.search_release, int(request.search_release_id))
        return messages.release_message(await self._releases.create(release))

    async def PromoteSearchRelease(self, request: pb.PromoteSearchReleaseRequest, _: Any) -> pb.SearchRelease:
        return messages.release_message(await self._releases.promote(_number(request.name)))


def _number(name: str) -> int:
    return int(name.removeprefix("searchReleases/"))


def _below(position: dict[str, Any] | None) -> int | None:
    if position is None:
        return None
    number = position.get("n")
    if type(number) is not int or not 0 <= number < 2**63:
        raise InvalidArgument.field("page_token", "is not one that this service gave out")
    return number
