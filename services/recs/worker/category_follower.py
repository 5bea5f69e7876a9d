"""Keeps the categories of products, for statistics by category."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.recs.ports import CatalogFeed, ProductChange, Watermarks
from services.recs.worker.following import Follower


class Categories(Protocol):
    """Where they are kept."""

    async def put(self, categories: Mapping[str, tuple[str, ...] | None]) -> None:
        """From the root to the leaf by product; None for one that is gone. Twice is as once."""
        ...


class CategoryFollower(Follower[ProductChange]):
    """Follows the catalogue's changes."""

    watermark = "categories"

    def __init__(self, feed: CatalogFeed, categories: Categories, watermarks: Watermarks, poll_s: float) -> None:
        super().__init__(feed, watermarks, poll_s)
        self._categories = categories

    async def take(self, changes: Sequence[ProductChange]) -> None:
        found = {change.product_id: change.product for change in changes}
        await self._categories.put(
            {item: tuple(product.category_ids) if product else None for item, product in found.items()}
        )
