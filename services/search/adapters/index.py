"""Product vectors in Milvus, for the reading side."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.kit.coalescing import Coalescer
from services.kit.filters import Expr, to_milvus
from services.kit.filters.milvus import quoted
from services.kit.milvus import Connection
from services.search.adapters.index_schema import CONSISTENCY
from services.search.ports import Vector

Found = list[tuple[str, float]]
"""(product id, inner product), best first."""
COLUMNS = {"category": "category_ids", "id": "product_id"}


class MilvusIndex:
    """services.search.ports.VectorIndex."""

    def __init__(self, connection: Connection, timeout_s: float, in_flight: int, together: int) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._coalesced = Coalescer(self._search, in_flight, together)

    async def search(self, collection: str, vector: Vector, where: Expr | Sequence[str] | None, limit: int) -> Found:
        return await self._coalesced((collection, _text(where)), (vector, limit))

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


def _text(where: Expr | Sequence[str] | None) -> str:
    if where is None:
        return ""
    if isinstance(where, Sequence):
        return f"product_id in [{', '.join(map(quoted, where))}]"
    return to_milvus(where, COLUMNS)
