"""The one writer of the promoted release's collection."""

from collections.abc import Sequence
from typing import Any

from pymilvus import MilvusClient

from services.kit.milvus_writer import LOAD_TIMEOUT_S, Writer, create, point_alias
from services.recs.adapters.index_schema import ALIAS, index, schema
from services.recs.domain.releases import Release, State
from services.recs.ports import IndexedItem


class MilvusWriter(Writer):
    """services.recs.ports.IndexWriter."""

    async def ensure(self, release: Release) -> bool:
        def work(client: MilvusClient) -> bool:
            self.begin()
            fresh = create(client, release.collection, schema(release.dimension), index())
            if fresh and release.state is State.PROMOTED:
                point_alias(client, ALIAS, release.collection)
            client.load_collection(release.collection, timeout=LOAD_TIMEOUT_S)
            return fresh

        return await self.run(work)

    async def put(self, collection: str, items: Sequence[IndexedItem]) -> None:
        await self.upsert(collection, [_row(item) for item in items])


def _row(item: IndexedItem) -> dict[str, Any]:
    facts = item.facts
    return {
        "product_id": facts.product_id,
        "vector": item.vector.tolist(),
        "category_ids": list(facts.category_ids),
        "brand": facts.brand,
        "price": facts.price,
        "currency": facts.currency,
        "in_stock": facts.in_stock,
        "rating": facts.rating,
        "create_time": facts.create_time,
    }
