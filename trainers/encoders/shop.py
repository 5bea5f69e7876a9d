"""Calls to catalog and search, as the merchant."""

from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.search.v1.search_release_service_pb2_grpc import SearchReleaseServiceStub

from trainers.encoders.places import Places
from trainers.release.services import Services, channel


class Shop(Services):
    """The services of a release, and those of a search release."""

    def __init__(self, places: Places) -> None:
        super().__init__(places.running)
        self._search = places.search
        self._channels["search"] = channel(places.search)
        self.pictures = PictureServiceStub(self._channels["catalog"])
        self.search_releases = SearchReleaseServiceStub(self._channels["search"])

    def __enter__(self) -> "Shop":
        return self

    def address(self, service: str) -> str:
        """Where a service is."""
        return self._search if service == "search" else super().address(service)
