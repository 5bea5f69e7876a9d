"""Item vectors in Milvus, for the reading side."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pymilvus import AsyncMilvusClient
from pymilvus.exceptions import MilvusException

from services.kit.coalescing import Coalescer, nobody
from services.kit.filters import And, Comparison, Expr, FieldType, to_milvus
from services.kit.filters.milvus import quoted
from services.kit.milvus import Connection
from services.recs.adapters.index_schema import ALIAS, CONSISTENCY, vector_length
from services.recs.domain.releases import Release
from services.recs.ports import Vector

Found = list[tuple[str, float]]
"""(product id, inner product), best first."""
IN_STOCK = Comparison("in_stock", "=", True, FieldType.BOOLEAN)
MISSING_S = 1.0
"""After which a product without a vector is asked for again: it may have been indexed meanwhile."""


class MilvusIndex:
    """services.recs.ports.VectorIndex."""

    def __init__(
        self,
        connection: Connection,
        timeout_s: float,
        cache: "VectorCache",
        in_flight: int,
        together: int,
        coming: Callable[[], int] = nobody,
        linger_s: float = 0.0,
    ) -> None:
        """
        Args:
            connection: to Milvus.
            timeout_s: of a call.
            cache: of vectors by id.
            in_flight: searches at a time for one filter.
            together: searches in one call.
            coming: how many requests will search soon.
            linger_s: how long a search waits for them.
        """
        self._connection = connection
        self._timeout_s = timeout_s
        self._cache = cache
        # With Milvus Lite eight searches together take the time of two (tests/bench/test_lite_search.py).
        self._coalesced = Coalescer(self._search, in_flight, together, coming=coming, linger_s=linger_s)

    async def search(self, release: Release, vector: Vector, where: Expr | None, limit: int) -> Found:
        return await self._coalesced((release.collection, _text(where)), (vector, limit))

    async def vectors(self, release: Release, ids: Sequence[str]) -> dict[str, Vector]:
        found, missing = self._cache.get(release.collection, ids)
        if missing:
            listed = ", ".join(map(quoted, missing))
            rows = await self._query(release.collection, f"product_id in [{listed}]", ["product_id", "vector"])
            asked: dict[str, Vector | None] = dict.fromkeys(missing)
            asked.update((row["product_id"], np.asarray(row["vector"], np.float32)) for row in rows)
            self._cache.put(release.collection, asked)
            found.update((item, vector) for item, vector in asked.items() if vector is not None)
        return found

    async def among(self, release: Release, ids: Sequence[str], where: Expr | None) -> set[str]:
        listed = ", ".join(map(quoted, ids))
        text = f"product_id in [{listed}] and ({_text(where)})"
        return {row["product_id"] for row in await self._query(release.collection, text, ["product_id"])}

    async def dimension(self, collection: str) -> int | None:
        async def ask(client: AsyncMilvusClient) -> int | None:
            if not await client.has_collection(collection, timeout=self._timeout_s * 10):
                return None
            return vector_length(await client.describe_collection(collection, timeout=self._timeout_s * 10))

        return await self._connection(ask)

    async def point_alias(self, collection: str) -> None:
        async def point(client: AsyncMilvusClient) -> None:
            try:
                await client.alter_alias(collection, ALIAS, timeout=5.0)
            except MilvusException:  # there is none yet
                await client.create_alias(collection, ALIAS, timeout=5.0)

        await self._connection(point)

    async def close(self) -> None:
        """Closes the connection."""
        await self._connection.close()

    async def _search(self, kind: tuple[str, str], asked: Sequence[tuple[Vector, int]]) -> list[Found]:
        collection, text = kind
        hits: Any = await self._connection(
            lambda client: client.search(
                collection,
                data=[vector.tolist() for vector, _ in asked],
                filter=text,
                limit=max(limit for _, limit in asked),
                # Naming none gives them all, vectors included, with Milvus Lite.
                output_fields=["product_id"],
                search_params={"metric_type": "IP"},
                timeout=self._timeout_s,
                consistency_level=CONSISTENCY,
            )
        )
        return [
            list(zip(row.ids[:limit], row.distances[:limit], strict=True))
            for row, (_, limit) in zip(hits, asked, strict=True)
        ]

    async def _query(self, collection: str, text: str, fields: list[str]) -> list[dict[str, Any]]:
        rows: Any = await self._connection(
            lambda client: client.query(
                collection, filter=text, output_fields=fields, timeout=self._timeout_s, consistency_level=CONSISTENCY
            )
        )
        return list(rows)


class VectorCache:
    """The item vectors of recent histories; also which products have none."""

    def __init__(self, size: int, keep_s: float) -> None:
        self._size = size
        self._keep_s = keep_s
        self._entries: OrderedDict[tuple[str, str], tuple[float, Vector | None]] = OrderedDict()

    def get(self, collection: str, ids: Sequence[str]) -> tuple[dict[str, Vector], list[str]]:
        """Vectors that are known, and the ids to ask for."""
        now, found, missing = time.monotonic(), dict[str, Vector](), list[str]()
        for item in dict.fromkeys(ids):
            entry = self._entries.get((collection, item))
            if entry is None or entry[0] < now:
                missing.append(item)
            elif entry[1] is not None:
                found[item] = entry[1]
        return found, missing

    def put(self, collection: str, vectors: dict[str, Vector | None]) -> None:
        """Remembers vectors, and that a product has none."""
        now = time.monotonic()
        for item, vector in vectors.items():
            key = collection, item
            self._entries[key] = now + (MISSING_S if vector is None else self._keep_s), vector
            self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)


def _text(where: Expr | None) -> str:
    return to_milvus(IN_STOCK if where is None else And((IN_STOCK, where)), {"category": "category_ids"})
