"""The one writer of Milvus collections (docs/adr/0004): what all that write an index have in common."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pymilvus import CollectionSchema, MilvusClient
from pymilvus.client.types import LoadState
from pymilvus.exceptions import MilvusException
from pymilvus.milvus_client.index import IndexParams

from services.kit.filters.milvus import quoted
from services.kit.lifeline import Lifeline
from services.kit.milvus import QUIET

T = TypeVar("T")
TIMEOUT_S = 10.0
FLUSH_TIMEOUT_S = 60.0
"""A large Milvus limits how often one flushes, and pymilvus waits until it may."""
LOAD_TIMEOUT_S = 3.0
"""After it the collection is loaded again. When Milvus Lite has just started, two calls at once can open a collection
twice, and what was loaded is replaced by what was not: to wait for it took 60 s and was in vain. A large Milvus goes on
loading meanwhile."""
PING_TIMEOUT_S = 2.0
ROWS = 500
"""Written or asked for in one call."""
IDS = 10_000
"""Ids asked for in one query; Milvus gives 16,384 at most."""


class Writer:
    """Writes on one thread, so that writes come one after the other: several writers at once lost acknowledged rows.

    Whatever fails, and every call after the server was away, raises; the next call has a new client.
    """

    def __init__(self, uri: str, token: str, flush_apart: bool = False) -> None:
        """`flush_apart`: others write while a flush goes on, which Milvus Lite does not bear."""
        self._uri, self._token = uri, token
        self._client: MilvusClient | None = None
        self._flushing: MilvusClient | None = None
        self._ends = threading.Lock()
        self._closed = False
        self._lifeline = Lifeline(uri)
        self._thread = ThreadPoolExecutor(1, "index-writer")
        self._flusher = ThreadPoolExecutor(1, "index-flusher") if flush_apart else None

    async def run(self, work: Callable[[MilvusClient], T]) -> T:
        """What the work returns, done on the writer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._call, work)

    def begin(self) -> None:
        """Waits for the server, and from now on notices when it goes away; part of the first work."""
        self._lifeline.begin()

    async def upsert(self, collection: str, rows: Sequence[dict[str, Any]]) -> None:
        """Writes rows, which are found after the next flush at the latest."""

        def work(client: MilvusClient) -> None:
            for at in range(0, len(rows), ROWS):
                client.upsert(collection, list(rows[at : at + ROWS]), timeout=TIMEOUT_S)

        await self.run(work)

    async def remove(self, collection: str, ids: Sequence[str]) -> None:
        """Removes rows; those that are not there do no harm."""

        def work(client: MilvusClient) -> None:
            for at in range(0, len(ids), ROWS):
                client.delete(collection, filter=among(ids[at : at + ROWS]), timeout=TIMEOUT_S)

        await self.run(work)

    async def flush(self, collections: Sequence[str]) -> None:
        """Makes durable what was written."""
        if self._flusher is not None:
            await asyncio.get_running_loop().run_in_executor(self._flusher, self._flush_apart, collections)
        else:
            await self.run(lambda client: _flush(client, collections))

    async def ids(self, collection: str) -> set[str]:
        """Ids of all rows, those of this moment too."""

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

        return await self.run(work)

    async def ping(self, collections: Sequence[str]) -> None:
        """Raises where one is not loaded, or the server was away."""

        def work(client: MilvusClient) -> None:
            for name in collections:
                if client.get_load_state(name, timeout=PING_TIMEOUT_S)["state"] != LoadState.Loaded:
                    raise ConnectionError(f"{name} is not loaded")

        await self.run(work)

    def close(self) -> None:
        """Ends the threads and closes the clients; a flush apart that is under way fails, other work ends first."""
        with self._ends:
            self._closed = True
            if self._flushing is not None:
                self._flushing.close()
        if self._flusher is not None:
            self._flusher.shutdown(wait=False, cancel_futures=True)
        self._thread.shutdown(cancel_futures=True)
        if self._client is not None:
            self._client.close()
        self._lifeline.close()

    def _flush_apart(self, collections: Sequence[str]) -> None:
        client = self._connect()
        try:
            with self._ends:
                if self._closed:
                    raise ConnectionError("the writer is closed")
                self._flushing = client
            _flush(client, collections)
        finally:
            with self._ends:
                self._flushing = None
            client.close()
        self._check()

    def _call(self, work: Callable[[MilvusClient], T]) -> T:
        if self._client is None:
            self._client = self._connect()
        try:
            done = work(self._client)
            self._check()
            return done
        except Exception:
            # A new client connects at once; this one's channel waits ever longer between its tries.
            old, self._client = self._client, None
            old.close()
            raise

    def _connect(self) -> MilvusClient:
        return MilvusClient(self._uri, token=self._token, timeout=TIMEOUT_S, dedicated=True, grpc_options=QUIET)

    def _check(self) -> None:
        if self._lifeline.lost:
            raise ConnectionError("the index was away: what was not flushed may be lost")


def create(client: MilvusClient, collection: str, schema: CollectionSchema, index: IndexParams) -> bool:
    """Makes a collection; whether there was none."""
    if client.has_collection(collection, timeout=TIMEOUT_S):
        return False
    client.create_collection(collection, schema=schema, index_params=index, timeout=TIMEOUT_S)
    return True


def point_alias(client: MilvusClient, alias: str, collection: str) -> None:
    """Lets an alias name a collection from now on."""
    try:
        client.alter_alias(collection, alias, timeout=TIMEOUT_S)
    except MilvusException:  # there is none yet
        client.create_alias(collection, alias, timeout=TIMEOUT_S)


def among(ids: Sequence[str]) -> str:
    """A filter of rows by their ids."""
    return f"product_id in [{', '.join(map(quoted, ids))}]"


def _flush(client: MilvusClient, collections: Sequence[str]) -> None:
    for name in collections:
        client.flush(name, timeout=FLUSH_TIMEOUT_S)
