"""A connection to Milvus that survives its failures."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymilvus import AsyncMilvusClient
from pymilvus.client.utils import SciPyHelper

T = TypeVar("T")
# pymilvus pings every ten seconds. Servers of gRPC that are not told otherwise, Milvus Lite's too, take that for abuse
# and close the connection after some minutes, calls and all; a client that hangs is noticed by its calls' time limit.
QUIET = {"grpc.keepalive_time_ms": 330_000, "grpc.keepalive_permit_without_calls": 0}
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
        # pymilvus imports SciPy, where it is installed, when it first asks for this: half a second, and better before
        # anybody waits than at the first search.
        SciPyHelper.is_scipy_sparse(())

    async def __call__(self, work: Callable[[AsyncMilvusClient], Awaitable[T]]) -> T:
        """What the work returns; the next call has a new client if it raises."""
        client = self._client
        if client is None:
            client = self._client = AsyncMilvusClient(
                self._uri, token=self._token, timeout=self._timeout_s, dedicated=True, grpc_options=QUIET
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


async def _close(client: AsyncMilvusClient, after_s: float = 0.0) -> None:
    await asyncio.sleep(after_s)
    try:
        await asyncio.wait_for(client.close(), 2.0)
    except Exception:  # it is being thrown away
        return
