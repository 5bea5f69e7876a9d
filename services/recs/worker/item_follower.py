"""Follows the catalogue: what is known of products goes to the feature store, and when it was known into a log."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from aisle.catalog.v1.product_pb2 import Product

from services.kit import telemetry
from services.recs.domain.feature_spec import ItemFacts
from services.recs.ports import CatalogFeed, Watermarks
from services.recs.use_cases.products import facts

WATERMARK = "items"
RETRY_S = 1.0
log = telemetry.logger("aisle.recs.items")


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


class ItemFollower:
    """Follows the catalogue's changes."""

    def __init__(
        self, feed: CatalogFeed, attributes: Attributes, features: ItemFeatures, watermarks: Watermarks, poll_s: float
    ) -> None:
        self._feed = feed
        self._attributes = attributes
        self._features = features
        self._watermarks = watermarks
        self._poll_s = poll_s
        self._cursor: str | None = None

    async def start_over(self) -> None:
        """Follows the catalogue from its beginning: the feature store is empty."""
        await self._watermarks.set(WATERMARK, "")

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        while True:
            try:
                more = await self.step()
            except Exception as error:
                log.warning("items wait", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)
                continue
            if not more:
                await asyncio.sleep(self._poll_s)

    async def step(self) -> bool:
        """Takes the next changes; whether more are waiting."""
        if self._cursor is None:
            self._cursor = await self._watermarks.get(WATERMARK)
        changes, following, more = await self._feed.changes(self._cursor)
        if following != self._cursor:
            # The last word on a product is the one that counts; of one that is gone the last attributes stay.
            latest = {change.product_id: change.product for change in changes}
            items = [known(product) for product in latest.values() if product is not None]
            if items:
                await self._attributes.record(items)
                await self._features.push_items(items)
            await self._watermarks.set(WATERMARK, following)
            self._cursor = following
        return more


def known(product: Product) -> KnownItem:
    """A product as the features have it."""
    created = _moment(product.create_time.ToMicroseconds())
    return KnownItem(facts(product), created, max(created, _moment(product.update_time.ToMicroseconds())))


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)
