"""A release's item vectors in a Milvus collection of their own. Its shape is that of recs, which goes on writing it."""

from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from pymilvus import CollectionSchema, DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from trainers.datasets.aisle import price
from trainers.release.errors import ReleaseError, Unavailable

ROWS = 500
"""Rows of one insert."""
TIMEOUT_S = 60.0
"""Of one call. The client's own timeout is that of connecting: a call without one waits for a server that hangs."""
READY_S = 5.0
FLUSH_S = 300.0
QUIET = {"grpc.keepalive_time_ms": 330_000, "grpc.keepalive_permit_without_calls": 0}
"""pymilvus pings every ten seconds, which Milvus Lite takes for abuse: it closes the connection, calls and all."""
COMPARED = 100
"""Vectors that are read back."""
Failures = (MilvusException, grpc.RpcError)
"""pymilvus lets some of gRPC's errors through: a deadline, a token that is refused."""


@dataclass(frozen=True)
class Index:
    """A vector server."""

    uri: str
    token: str = ""

    def fill(self, collection: str, vectors_file: Path, products_file: Path) -> int:
        """Creates the collection anew, writes every item, flushes, and reads back what was written.

        Returns the number of items.

        Raises:
            ReleaseError: the server does not answer, or does not give back what it was given.
        """
        vectors, products = parquet.read_table(vectors_file), parquet.read_table(products_file)
        try:
            with closing(self._connect()) as client:
                return _fill(client, collection, vectors, products)
        except Failures as error:
            raise ReleaseError(f"Milvus at {self.uri} does not take the item vectors: {_said(error)}") from error

    def ready(self) -> None:
        """Asks the server for something.

        Raises:
            Unavailable: it does not answer.
        """
        try:
            with closing(self._connect(READY_S)) as client:
                client.list_collections(timeout=READY_S)
        except Failures as error:
            raise Unavailable(f"Milvus at {self.uri} does not answer: {_said(error)}") from error

    def drop(self, collections: Collection[str]) -> list[str]:
        """Drops those of the collections that there are; returns them.

        Raises:
            ReleaseError: the server does not answer, or keeps one.
        """
        try:
            with closing(self._connect()) as client:
                there = sorted(set(collections) & set(client.list_collections(timeout=TIMEOUT_S)))
                for collection in there:
                    client.drop_collection(collection, timeout=TIMEOUT_S)
        except Failures as error:
            raise ReleaseError(f"Milvus at {self.uri} does not drop old item vectors: {_said(error)}") from error
        return there

    def drop_quietly(self, collection: str) -> None:
        """Removes what a release that came to nothing has left; the next one of this number starts anew anyway."""
        with suppress(*Failures), closing(self._connect()) as client:
            client.drop_collection(collection, timeout=TIMEOUT_S)

    def _connect(self, timeout_s: float | None = None) -> MilvusClient:
        return MilvusClient(
            self.uri, token=self.token, timeout=timeout_s or TIMEOUT_S, dedicated=True, grpc_options=QUIET
        )


def _said(error: MilvusException | grpc.RpcError) -> str:
    return f"{error.code().name}: {error.details()}" if isinstance(error, grpc.RpcError) else str(error.message)


def schema(dimension: int) -> CollectionSchema:
    """The collection of a release."""
    made = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    made.add_field("product_id", DataType.VARCHAR, max_length=128, is_primary=True)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    made.add_field("category_ids", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=16, max_length=256)
    made.add_field("brand", DataType.VARCHAR, max_length=1000)
    made.add_field("price", DataType.DOUBLE)
    made.add_field("currency", DataType.VARCHAR, max_length=16)
    made.add_field("in_stock", DataType.BOOL)
    made.add_field("rating", DataType.DOUBLE)
    made.add_field("create_time", DataType.INT64)
    return made


def _fill(client: MilvusClient, collection: str, vectors: pa.Table, products: pa.Table) -> int:
    if client.has_collection(collection, timeout=TIMEOUT_S):
        client.drop_collection(collection, timeout=TIMEOUT_S)
    width = vectors.schema.field("vector").type.list_size
    # Exact search: with every filter, and fast enough for the sizes of Milvus Lite.
    index = MilvusClient.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="IP")
    client.create_collection(collection, schema=schema(width), index_params=index, timeout=FLUSH_S)
    matrix = np.asarray(vectors["vector"].combine_chunks().values).reshape(-1, width)
    rows = list(_rows(vectors["product_id"].to_pylist(), matrix, products))
    for begin in range(0, len(rows), ROWS):
        client.insert(collection, rows[begin : begin + ROWS], timeout=TIMEOUT_S)
    client.flush(collection, timeout=FLUSH_S)
    client.load_collection(collection, timeout=FLUSH_S)
    _read_back(client, collection, rows)
    return len(rows)


def _rows(ids: list[str], matrix: np.ndarray[Any, Any], products: pa.Table) -> Iterator[dict[str, Any]]:
    facts = {product["id"]: product for product in products.to_pylist()}
    for product, vector in zip(ids, matrix, strict=True):
        known = facts[product]
        created = known["create_time"]
        yield {
            "product_id": product,
            "vector": vector.tolist(),
            "category_ids": known["category_ids"] or [],
            "brand": known["brand"] or "",
            "price": price(known["price"]),
            "currency": known["currency"] or "",
            "in_stock": (known["stock"] or 0) > 0,
            "rating": known["rating"] or 0.0,
            "create_time": int(created.timestamp()) if created else 0,
        }


def _read_back(client: MilvusClient, collection: str, rows: list[dict[str, Any]]) -> None:
    counting = client.query(collection, output_fields=["count(*)"], consistency_level="Strong", timeout=TIMEOUT_S)
    counted = counting[0]["count(*)"]
    if counted != len(rows):
        raise ReleaseError(f"Milvus holds {counted} of {len(rows)} items of {collection} after a flush.")
    some = {row["product_id"]: row["vector"] for row in rows[:: max(1, len(rows) // COMPARED)]}
    found = client.get(collection, ids=list(some), output_fields=["product_id", "vector"], timeout=TIMEOUT_S)
    stored = {row["product_id"]: row["vector"] for row in found}
    if stored.keys() != some.keys() or any(not np.allclose(stored[key], some[key], atol=1e-6) for key in some):
        raise ReleaseError(f"Milvus gives back other vectors than were written to {collection}.")
