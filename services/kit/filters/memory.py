"""Whether a record that is already here passes a filter."""

import operator
from collections.abc import Mapping
from typing import Any

from services.kit.filters.expression import And, Comparison, Expr, FieldType, Not, Or

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def matches(expression: Expr, record: Mapping[str, Any]) -> bool:
    """Evaluates the filter on values by field; a field that is absent fails every comparison but `!=`."""
    match expression:
        case And():
            return all(matches(operand, record) for operand in expression.operands)
        case Or():
            return any(matches(operand, record) for operand in expression.operands)
        case Not():
            return not matches(expression.operand, record)
        case Comparison():
            return _compare(expression, record.get(expression.field))


def _compare(comparison: Comparison, value: Any) -> bool:
    if value is None:
        return comparison.operator == "!="
    if comparison.type is FieldType.PATH:
        return (comparison.value in value) != (comparison.operator == "!=")
    if comparison.operator == ":":
        return str(comparison.value).lower() in str(value).lower()
    return bool(COMPARE[comparison.operator](value, comparison.value))
