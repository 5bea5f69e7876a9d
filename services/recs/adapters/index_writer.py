"""The one writer of the promoted release's collection."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pymilvus import MilvusClient
from pymilvus.client.types import LoadState
from pymilvus.exceptions import MilvusException

from services.kit.filters.milvus import quoted
from services.kit.lifeline import Lifeline
from services.recs.adapters.index_schema import ALIAS, index, schema
from services.recs.domain.releases import Release, State
from services.recs.ports import IndexedItem

T = TypeVar("T")
TIMEOUT_S = 10.0
FLUSH_TIMEOUT_S = 60.0
"""A large Milvus limits how often one flushes, and pymilvus waits until it may."""
LOAD_TIMEOUT_S = 3.0
"""After it the collection is loaded again. When Milvus Lite has just started, two calls at once can open a collection
twice, and what was loaded is replaced by what was not: to wait for it took 60 s and was in vain. A large Milvus goes on
loading meanwhile."""
ROWS = 500
IDS = 10_000
"""Ids asked for in one query; Milvus gives 16,384 at most."""


class MilvusWriter:
    """services.recs.ports.IndexWriter. One thread, so that writes come one after the other (docs/adr/0004:
    several writers at once lost acknowledged rows)."""

    def __init__(self, uri: str, token: str, flush_apart: bool = False) -> None:
        """`flush_apart`: others write while a flush goes on, which Milvus Lite does not bear."""
        self._uri, self._token = uri, token
        self._client: MilvusClient | None = None
        self._lifeline = Lifeline(uri)
        self._thread = ThreadPoolExecutor(1, "index-writer")
        self._flusher = ThreadPoolExecutor(1, "index-flusher") if flush_apart else None

    async def ensure(self, release: Release) -> bool:
        def work(client: MilvusClient) -> bool:
            self._lifeline.begin()
            fresh = not client.has_collection(release.collection, timeout=TIMEOUT_S)
            if fresh:
                client.create_collection(
                    release.collection, schema=schema(release.dimension), index_params=index(), timeout=TIMEOUT_S
                )
                if release.state is State.PROMOTED:
                    _point_alias(client, release.collection)
            client.load_collection(release.collection, timeout=LOAD_TIMEOUT_S)
            return fresh

        return await self._run(work)

    async def put(self, collection: str, items: Sequence[IndexedItem]) -> None:
        def work(client: MilvusClient) -> None:
            rows = [_row(item) for item in items]
            for at in range(0, len(rows), ROWS):
                client.upsert(collection, rows[at : at + ROWS], timeout=TIMEOUT_S)

        await self._run(work)

    async def remove(self, collection: str, ids: Sequence[str]) -> None:
        def work(client: MilvusClient) -> None:
            for at in range(0, len(ids), ROWS):
                client.delete(collection, filter=_in(ids[at : at + ROWS]), timeout=TIMEOUT_S)

        await self._run(work)

    async def flush(self, collection: str) -> None:
        if self._flusher is not None:
            await asyncio.get_running_loop().run_in_executor(self._flusher, self._flush, [collection])
            return
        await self._run(lambda client: client.flush(collection, timeout=FLUSH_TIMEOUT_S))

    async def ids(self, collection: str) -> set[str]:
        def work(client: MilvusClient) -> set[str]:
            found: set[str] = set()
            pages = client.query_iterator(
                collection, batch_size=IDS, filter='product_id != ""', output_fields=["product_id"],
                timeout=FLUSH_TIMEOUT_S, consistency_level="Strong",
            )  # fmt: skip
            while page := pages.next():
                found.update(row["product_id"] for row in page)
            pages.close()
            return found

        return await self._run(work)

    async def ping(self, collection: str) -> None:
        def work(client: MilvusClient) -> None:
            if client.get_load_state(collection, timeout=2.0)["state"] != LoadState.Loaded:
                raise ConnectionError(f"{collection} is not loaded")

        await self._run(work)

    def close(self) -> None:
        """Ends the threads and closes the client."""
        if self._flusher is not None:
            self._flusher.shutdown(wait=False, cancel_futures=True)
        self._thread.shutdown(cancel_futures=True)
        if self._client is not None:
            self._client.close()
        self._lifeline.close()

    async def _run(self, work: Callable[[MilvusClient], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._call, work)

    def _flush(self, collections: Sequence[str]) -> None:
        client = MilvusClient(self._uri, token=self._token, timeout=TIMEOUT_S, dedicated=True)
        try:
            for name in collections:
                client.flush(name, timeout=FLUSH_TIMEOUT_S)
        finally:
            client.close()
        if self._lifeline.lost:
            raise ConnectionError("the index was away: what was not flushed may be lost")

    def _call(self, work: Callable[[MilvusClient], T]) -> T:
        if self._client is None:
            self._client = MilvusClient(self._uri, token=self._token, timeout=TIMEOUT_S, dedicated=True)
        try:
            done = work(self._client)
            if self._lifeline.lost:
                raise ConnectionError("the index was away: what was not flushed may be lost")
            return done
        except Exception:
            # A new client connects at once; this one's channel waits ever longer between its tries.
            old, self._client = self._client, None
            old.close()
            raise


def _point_alias(client: MilvusClient, collection: str) -> None:
    try:
        client.alter_alias(collection, ALIAS, timeout=TIMEOUT_S)
    except MilvusException:
        client.create_alias(collection, ALIAS, timeout=TIMEOUT_S)


def _in(ids: Sequence[str]) -> str:
    return f"product_id in [{', '.join(map(quoted, ids))}]"


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
