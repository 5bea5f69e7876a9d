"""Products as they are answered: the path that every recommendation takes.

A rendered product is kept under its version, and every read asks the database for the versions: one short query that
reads one index. So a snapshot is never stale, not even by a moment, and rendering is done once a version.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.adapters import product_rows
from services.catalog.domain.product import Product
from services.catalog.use_cases.measures import SNAPSHOTS

_VERSIONS = "SELECT id, version FROM products WHERE id = ANY($1::text[])"


class SnapshotCache:
    """Rendered products by id, the least recently used given up first."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[str, tuple[int, bytes]] = OrderedDict()

    def get(self, product_id: str, version: int) -> bytes | None:
        """The product in that version."""
        kept = self._kept.get(product_id)
        if kept is None or kept[0] != version:
            return None
        self._kept.move_to_end(product_id)
        return kept[1]

    def put(self, product_id: str, version: int, rendered: bytes) -> None:
        """Keeps a product, unless a newer version is kept already."""
        if (kept := self._kept.pop(product_id, None)) is not None:
            if kept[0] > version:
                self._kept[product_id] = kept
                return
            self._bytes -= len(kept[1])
        self._kept[product_id] = version, rendered
        self._bytes += len(rendered)
        while self._bytes > self._max_bytes:
            _, (_, given_up) = self._kept.popitem(last=False)
            self._bytes -= len(given_up)


class Snapshots:
    """Rendered products, current at the moment of asking."""

    def __init__(
        self, engine: AsyncEngine, reads: asyncpg.Pool, render: Callable[[Product], bytes], cache: SnapshotCache
    ) -> None:
        # A read of one statement needs no BEGIN and ROLLBACK around it.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._reads = reads
        self._render = render
        self._cache = cache

    async def get(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Rendered products by id, without those that do not exist."""
        versions = await self._reads.fetch(_VERSIONS, list(ids))
        found: dict[str, bytes] = {}
        missing = []
        for product_id, version in versions:
            if (rendered := self._cache.get(product_id, version)) is not None:
                found[product_id] = rendered
            else:
                missing.append(product_id)
        if missing:
            found |= await self._rendered(missing)
        SNAPSHOTS.labels("kept").inc(len(versions) - len(missing))
        SNAPSHOTS.labels("rendered").inc(len(missing))
        return found

    async def _rendered(self, ids: list[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        async with self._engine.connect() as connection:
            for row in await connection.execute(product_rows.SELECT_BY_IDS, {"ids": ids}):
                found[row.id] = rendered = self._render(product_rows.product(row))
                self._cache.put(row.id, row.version, rendered)
        return found
