"""The parsed filter."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

Value = str | float | bool


class FieldType(Enum):
    """What a field holds, and so what it can be compared with."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    """RFC 3339 in the filter, seconds since 1970 in the expression."""
    PATH = "path"
    """Ids from a root to a leaf: `=` holds when the value is any of them."""


@dataclass(frozen=True)
class Comparison:
    """`field operator value`; `:` on text means that it contains the value, whatever the case."""

    field: str
    operator: str
    value: Value
    type: FieldType


@dataclass(frozen=True)
class Not:
    """The operand does not hold."""

    operand: "Expr"


@dataclass(frozen=True)
class And:
    """All operands hold."""

    operands: "tuple[Expr, ...]"


@dataclass(frozen=True)
class Or:
    """At least one operand holds."""

    operands: "tuple[Expr, ...]"


Expr = Comparison | Not | And | Or


def fields(expression: Expr) -> Iterator[str]:
    """Every field that the expression mentions."""
    match expression:
        case Comparison():
            yield expression.field
        case Not():
            yield from fields(expression.operand)
        case And() | Or():
            for operand in expression.operands:
                yield from fields(operand)
