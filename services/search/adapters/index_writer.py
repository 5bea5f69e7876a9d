"""The one writer of a build's collections."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from pymilvus import MilvusClient

from services.kit.milvus_writer import LOAD_TIMEOUT_S, ROWS, TIMEOUT_S, Writer, among, create, point_alias
from services.search.adapters.index_schema import PREFIX, index, schema
from services.search.ports import Document, Vector


class MilvusWriter(Writer):
    """services.search.ports.IndexWriter."""

    async def ensure(self, collections: Mapping[str, int]) -> bool:
        def work(client: MilvusClient) -> bool:
            self.begin()
            fresh = [create(client, name, schema(dimension), index()) for name, dimension in collections.items()]
            for name in collections:
                client.load_collection(name, timeout=LOAD_TIMEOUT_S)
            return any(fresh)

        return await self.run(work)

    async def put(self, collection: str, documents: Sequence[Document], vectors: Vector) -> None:
        rows = [_row(document, vector) for document, vector in zip(documents, vectors, strict=True)]
        await self.upsert(collection, rows)

    async def known(self, collection: str, ids: Sequence[str]) -> dict[str, tuple[str, Vector]]:
        def work(client: MilvusClient) -> dict[str, tuple[str, Vector]]:
            found: dict[str, tuple[str, Vector]] = {}
            for at in range(0, len(ids), ROWS):
                rows = client.query(
                    collection, filter=among(ids[at : at + ROWS]), output_fields=["product_id", "digest", "vector"],
                    timeout=TIMEOUT_S, consistency_level="Strong",
                )  # fmt: skip
                for row in rows:
                    found[row["product_id"]] = row["digest"], np.asarray(row["vector"], np.float32)
            return found

        return await self.run(work)

    async def point_alias(self, alias: str, collection: str) -> None:
        await self.run(lambda client: point_alias(client, alias, collection))

    async def keep_only(self, collections: Collection[str]) -> list[str]:
        def work(client: MilvusClient) -> list[str]:
            own = [name for name in client.list_collections(timeout=TIMEOUT_S) if name.startswith(PREFIX)]
            dropped = [name for name in own if name not in collections]
            for name in dropped:
                client.drop_collection(name, timeout=TIMEOUT_S)
            return dropped

        return await self.run(work)


def _row(document: Document, vector: Vector) -> dict[str, Any]:
    return {
        "product_id": document.product_id,
        "vector": vector.tolist(),
        "digest": document.digest,
        "category_ids": list(document.category_ids),
        "brand": document.brand,
        "price": document.price,
        "currency": document.currency,
        "in_stock": document.in_stock,
        "rating": document.rating,
        "create_time": document.create_time,
    }
