"""The one writer of a build's collections."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from pymilvus import MilvusClient
from pymilvus.client.types import LoadState
from pymilvus.exceptions import MilvusException

from services.kit.filters.milvus import quoted
from services.kit.lifeline import Lifeline
from services.search.adapters.index_schema import PREFIX, index, schema
from services.search.ports import Document, Vector

T = TypeVar("T")
TIMEOUT_S = 10.0
FLUSH_TIMEOUT_S = 60.0
"""A large Milvus limits how often one flushes, and pymilvus waits until it may."""
LOAD_TIMEOUT_S = 3.0
"""After it the collection is loaded again. When Milvus Lite has just started, two calls at once can open a collection
twice, and what was loaded is replaced by what was not."""
ROWS = 500
IDS = 10_000
"""Ids asked for in one query; Milvus gives 16,384 at most."""


class MilvusWriter:
    """services.search.ports.IndexWriter. One thread, so that writes come one after the other (docs/adr/0004)."""

    def __init__(self, uri: str, token: str, flush_apart: bool = False) -> None:
        """`flush_apart`: others write while a flush goes on, which Milvus Lite does not bear."""
        self._uri, self._token = uri, token
        self._client: MilvusClient | None = None
        self._lifeline = Lifeline(uri)
        self._thread = ThreadPoolExecutor(1, "index-writer")
        self._flusher = ThreadPoolExecutor(1, "index-flusher") if flush_apart else None

    async def ensure(self, collections: Mapping[str, int]) -> bool:
        def work(client: MilvusClient) -> bool:
            self._lifeline.begin()
            fresh = [name for name in collections if not client.has_collection(name, timeout=TIMEOUT_S)]
            for name in fresh:
                made = schema(collections[name])
                client.create_collection(name, schema=made, index_params=index(), timeout=TIMEOUT_S)
            for name in collections:
                client.load_collection(name, timeout=LOAD_TIMEOUT_S)
            return bool(fresh)

        return await self._run(work)

    async def put(self, collection: str, documents: Sequence[Document], vectors: Vector) -> None:
        def work(client: MilvusClient) -> None:
            rows = [_row(document, vector) for document, vector in zip(documents, vectors, strict=True)]
            for at in range(0, len(rows), ROWS):
                client.upsert(collection, rows[at : at + ROWS], timeout=TIMEOUT_S)

        await self._run(work)

    async def known(self, collection: str, ids: Sequence[str]) -> dict[str, tuple[str, Vector]]:
        def work(client: MilvusClient) -> dict[str, tuple[str, Vector]]:
            found: dict[str, tuple[str, Vector]] = {}
            for at in range(0, len(ids), ROWS):
                rows = client.query(
                    collection, filter=_in(ids[at : at + ROWS]), output_fields=["product_id", "digest", "vector"],
                    timeout=TIMEOUT_S, consistency_level="Strong",
                )  # fmt: skip
                for row in rows:
                    found[row["product_id"]] = row["digest"], np.asarray(row["vector"], np.float32)
            return found

        return await self._run(work)

    async def remove(self, collection: str, ids: Sequence[str]) -> None:
        def work(client: MilvusClient) -> None:
            for at in range(0, len(ids), ROWS):
                client.delete(collection, filter=_in(ids[at : at + ROWS]), timeout=TIMEOUT_S)

        await self._run(work)

    async def flush(self, collections: Sequence[str]) -> None:
        if self._flusher is not None:
            await asyncio.get_running_loop().run_in_executor(self._flusher, self._flush, collections)
            return

        def work(client: MilvusClient) -> None:
            for name in collections:
                client.flush(name, timeout=FLUSH_TIMEOUT_S)

        await self._run(work)

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

    async def ping(self, collections: Sequence[str]) -> None:
        def work(client: MilvusClient) -> None:
            for name in collections:
                if client.get_load_state(name, timeout=2.0)["state"] != LoadState.Loaded:
                    raise ConnectionError(f"{name} is not loaded")

        await self._run(work)

    async def point_alias(self, alias: str, collection: str) -> None:
        def work(client: MilvusClient) -> None:
            try:
                client.alter_alias(collection, alias, timeout=TIMEOUT_S)
            except MilvusException:  # there is none yet
                client.create_alias(collection, alias, timeout=TIMEOUT_S)

        await self._run(work)

    async def keep_only(self, collections: Collection[str]) -> list[str]:
        def work(client: MilvusClient) -> list[str]:
            own = [name for name in client.list_collections(timeout=TIMEOUT_S) if name.startswith(PREFIX)]
            dropped = [name for name in own if name not in collections]
            for name in dropped:
                client.drop_collection(name, timeout=TIMEOUT_S)
            return dropped

        return await self._run(work)

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


def _in(ids: Sequence[str]) -> str:
    return f"product_id in [{', '.join(map(quoted, ids))}]"


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
