"""How a build's collections look in Milvus."""

from collections.abc import Mapping
from typing import Any

from pymilvus import CollectionSchema, DataType, MilvusClient
from pymilvus.milvus_client.index import IndexParams

CONSISTENCY = "Bounded"
"""A vector that was written a second ago may be missing from an answer; waiting for it would cost 200 ms."""
PREFIX = "search_"
"""Of the names of all of search's collections and aliases; recs has the others."""


def schema(dimension: int) -> CollectionSchema:
    """A collection of product vectors."""
    made = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    made.add_field("product_id", DataType.VARCHAR, max_length=128, is_primary=True)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    made.add_field("digest", DataType.VARCHAR, max_length=64)
    made.add_field("category_ids", DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=16, max_length=256)
    made.add_field("brand", DataType.VARCHAR, max_length=1000)
    made.add_field("price", DataType.DOUBLE)
    made.add_field("currency", DataType.VARCHAR, max_length=16)
    made.add_field("in_stock", DataType.BOOL)
    made.add_field("rating", DataType.DOUBLE)
    made.add_field("create_time", DataType.INT64)
    return made


def index() -> IndexParams:
    """Exact search: with every filter, and fast enough for the sizes of Milvus Lite."""
    parameters = MilvusClient.prepare_index_params()
    parameters.add_index("vector", index_type="FLAT", metric_type="IP")
    return parameters


def vector_length(described: Mapping[str, Any]) -> int:
    """Length of the vectors of a described collection; 0 when it has none called `vector`."""
    for field in described["fields"]:
        if field["name"] == "vector":
            return int(field["params"]["dim"])
    return 0
