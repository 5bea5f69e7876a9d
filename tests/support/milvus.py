"""A client of Milvus that a test asks the index with."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymilvus import MilvusClient

from services.kit.milvus import QUIET


@contextmanager
def index_client(uri: str, timeout_s: float = 10.0) -> Iterator[MilvusClient]:
    """A client that ends, and does not ping, which the server takes for abuse: it closes the connections of all."""
    client = MilvusClient(uri, timeout=timeout_s, dedicated=True, grpc_options=QUIET)
    try:
        yield client
    finally:
        client.close()
