"""Keeps the categories of products, for statistics by category."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from services.kit import telemetry
from services.recs.ports import CatalogFeed, Watermarks

WATERMARK = "categories"
RETRY_S = 1.0
log = telemetry.logger("aisle.recs.categories")


class Categories(Protocol):
    """Where they are kept."""

    async def put(self, categories: Mapping[str, tuple[str, ...] | None]) -> None:
        """From the root to the leaf by product; None for one that is gone. Twice is as once."""
        ...


class CategoryFollower:
    """Follows the catalogue's changes."""

    def __init__(self, feed: CatalogFeed, categories: Categories, watermarks: Watermarks, poll_s: float) -> None:
        self._feed = feed
        self._categories = categories
        self._watermarks = watermarks
        self._poll_s = poll_s
        self._cursor: str | None = None

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        while True:
            try:
                more = await self.step()
            except Exception as error:
                log.warning("categories wait", why=f"{type(error).__name__}: {error}"[:300])
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
            found = {change.product_id: change.product for change in changes}
            await self._categories.put(
                {item: tuple(product.category_ids) if product else None for item, product in found.items()}
            )
            await self._watermarks.set(WATERMARK, following)
            self._cursor = following
        return more
