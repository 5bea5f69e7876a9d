"""Product vectors in Milvus, for the reading side."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from pymilvus import AsyncMilvusClient

from services.kit.filters import Expr, to_milvus
from services.kit.filters.milvus import quoted
from services.search.adapters.coalescing import Coalescer, Found
from services.search.adapters.index_schema import CONSISTENCY
from services.search.ports import Vector

T = TypeVar("T")
COLUMNS = {"category": "category_ids", "id": "product_id"}
LINGER_S = 5.0
"""A client is closed this long after it failed: other calls may still be under way on it."""


class Connection:
    """A client that is made anew after a failure.

    pymilvus' channel waits up to two minutes between its tries to connect; a new one connects at once.
    """

    def __init__(self, uri: str, token: str, timeout_s: float) -> None:
        self._uri, self._token, self._timeout_s = uri, token, timeout_s
        self._client: AsyncMilvusClient | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def __call__(self, work: Callable[[AsyncMilvusClient], Awaitable[T]]) -> T:
        """What the work returns; the next call has a new client if it raises."""
        client = self._client
        if client is None:
            client = self._client = AsyncMilvusClient(
                self._uri, token=self._token, timeout=self._timeout_s, dedicated=True
            )
        try:
            return await work(client)
        except Exception:
            if self._client is client:
                self._client = None
                task = asyncio.create_task(_close(client, LINGER_S))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
            raise

    async def close(self) -> None:
        """Closes the client."""
        if self._client is not None:
            await _close(self._client)
        for task in self._closing:
            task.cancel()


class MilvusIndex:
    """services.search.ports.VectorIndex."""

    def __init__(self, connection: Connection, timeout_s: float, in_flight: int, together: int) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._coalesced: Coalescer[tuple[str, str]] = Coalescer(self._search, in_flight, together)

    async def search(self, collection: str, vector: Vector, where: Expr | Sequence[str] | None, limit: int) -> Found:
        return await self._coalesced((collection, _text(where)), vector, limit)

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        text = _text(ids)
        rows: Any = await self._connection(
            lambda client: client.query(
                collection,
                filter=text,
                output_fields=["product_id", "vector"],
                timeout=self._timeout_s,
                consistency_level=CONSISTENCY,
            )
        )
        return {row["product_id"]: np.asarray(row["vector"], np.float32) for row in rows}

    async def close(self) -> None:
        """Closes the connection."""
        await self._connection.close()

    async def _search(self, kind: tuple[str, str], vectors: Sequence[Vector], limit: int) -> list[Found]:
        collection, text = kind
        hits: Any = await self._connection(
            lambda client: client.search(
                collection,
                data=[vector.tolist() for vector in vectors],
                filter=text,
                limit=limit,
                # Naming none gives them all, vectors included, with Milvus Lite.
                output_fields=["product_id"],
                search_params={"metric_type": "IP"},
                timeout=self._timeout_s,
                consistency_level=CONSISTENCY,
            )
        )
        return [[(hit["product_id"], float(hit["distance"])) for hit in row] for row in hits]


def _text(where: Expr | Sequence[str] | None) -> str:
    if where is None:
        return ""
    if isinstance(where, Sequence):
        return f"product_id in [{', '.join(map(quoted, where))}]"
    return to_milvus(where, COLUMNS)


async def _close(client: AsyncMilvusClient, after_s: float = 0.0) -> None:
    await asyncio.sleep(after_s)
    try:
        await asyncio.wait_for(client.close(), 2.0)
    except Exception:  # it is being thrown away
        return
