"""One filter language for every List, Recommend and Search: the comparisons and logic of AIP-160.

    category = "shoes" AND (price < 50 OR brand:"Nor") AND NOT attributes.colour = "Red"

`parse` checks fields and types against a schema; `to_sql`, `to_milvus` and `matches` evaluate the result;
`Indexed` says what of it an index can decide.
"""

from services.kit.filters.expression import And, Comparison, Expr, FieldType, Not, Or, fields
from services.kit.filters.memory import matches
from services.kit.filters.milvus import to_milvus
from services.kit.filters.parser import parse
from services.kit.filters.sql import to_sql
from services.kit.filters.widening import Indexed

__all__ = [
    "And",
    "Comparison",
    "Expr",
    "FieldType",
    "Indexed",
    "Not",
    "Or",
    "fields",
    "matches",
    "parse",
    "to_milvus",
    "to_sql",
]
