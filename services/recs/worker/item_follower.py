"""Follows the catalogue: what is known of products goes to the feature store, and when it was known into a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from aisle.catalog.v1.product_pb2 import Product

from services.recs.domain.feature_spec import ItemFacts
from services.recs.ports import CatalogFeed, ProductChange, Watermarks
from services.recs.use_cases.products import facts
from services.recs.worker.following import Follower


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A product with the times that its attributes count from."""

    facts: ItemFacts
    create_time: datetime
    change_time: datetime

    @property
    def attributes(self) -> list[str]:
        """`key=value`, sorted."""
        return sorted(f"{key}={value}" for key, value in self.facts.attributes.items())


class Attributes(Protocol):
    """Where it is written when what was known."""

    async def record(self, items: Sequence[KnownItem]) -> None:
        """Adds what differs from what was known before. Twice is as once."""
        ...


class ItemFeatures(Protocol):
    """The feature store."""

    async def push_items(self, items: Sequence[KnownItem]) -> None: ...


class ItemFollower(Follower[ProductChange]):
    """Follows the catalogue's changes."""

    watermark = "items"

    def __init__(
        self, feed: CatalogFeed, attributes: Attributes, features: ItemFeatures, watermarks: Watermarks, poll_s: float
    ) -> None:
        super().__init__(feed, watermarks, poll_s)
        self._attributes = attributes
        self._features = features

    async def start_over(self) -> None:
        """Follows the catalogue from its beginning: the feature store is empty."""
        await self._watermarks.set(self.watermark, "")

    async def take(self, changes: Sequence[ProductChange]) -> None:
        # The last word on a product is the one that counts; of one that is gone the last attributes stay.
        latest = {change.product_id: change.product for change in changes}
        if items := [known(product) for product in latest.values() if product is not None]:
            await self._attributes.record(items)
            await self._features.push_items(items)


def known(product: Product) -> KnownItem:
    """A product as the features have it."""
    created = _moment(product.create_time.ToMicroseconds())
    return KnownItem(facts(product), created, max(created, _moment(product.update_time.ToMicroseconds())))


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
