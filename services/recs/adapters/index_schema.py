"""How a release's collection looks in Milvus. The trainers make the same; what one adds the other may lack."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pymilvus import CollectionSchema, DataType, MilvusClient
from pymilvus.milvus_client.index import IndexParams

from services.kit.filters import And, Comparison, Expr, FieldType, Not, Or

ALIAS = "items_current"
CONSISTENCY = "Bounded"
"""A vector that was written a second ago may be missing from an answer; waiting for it would cost 200 ms."""
DEPTH = 8
"""Levels of categories that have a column of their own; an import allows no more."""
LEVELS = tuple(f"category_{i}" for i in range(DEPTH))


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
    for level in LEVELS:
        made.add_field(level, DataType.VARCHAR, max_length=256)
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


def on_columns(expression: Expr, columns: frozenset[str]) -> Expr:
    """The filter on what the collection has.

    Milvus Lite looks into an array row by row in Python (55 ms for 9,000 rows, 4 ms for columns), so categories are
    compared by level where the levels are there.
    """
    if not columns.issuperset(LEVELS):
        return expression
    match expression:
        case And():
            return And(tuple(on_columns(operand, columns) for operand in expression.operands))
        case Or():
            return Or(tuple(on_columns(operand, columns) for operand in expression.operands))
        case Not():
            return Not(on_columns(expression.operand, columns))
        case Comparison(type=FieldType.PATH):
            same = replace(expression, operator="=", type=FieldType.TEXT)
            anywhere = Or(tuple(replace(same, field=level) for level in LEVELS))
            return Not(anywhere) if expression.operator == "!=" else anywhere
    return expression
