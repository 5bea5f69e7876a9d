"""Filter to SQLAlchemy condition."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_

from services.kit.filters.expression import And, Comparison, Expr, FieldType, Not, Or
from services.kit.filters.memory import COMPARE

Columns = Mapping[str, Any]
"""Column by field; under `attributes.*` a function from the key to a column."""


def to_sql(expression: Expr, columns: Columns) -> ColumnElement[bool]:
    """The condition. Values are bound, never pasted; an absent value fails every comparison but `!=`."""
    match expression:
        case And():
            return and_(*(to_sql(operand, columns) for operand in expression.operands))
        case Or():
            return or_(*(to_sql(operand, columns) for operand in expression.operands))
        case Not():
            return not_(to_sql(expression.operand, columns))
        case Comparison():
            return _comparison(expression, columns)


def _column(field: str, columns: Columns) -> Any:
    if field in columns:
        return columns[field]
    family, _, key = field.partition(".")
    make: Callable[[str], Any] = columns[f"{family}.*"]
    return make(key)


def _comparison(comparison: Comparison, columns: Columns) -> ColumnElement[bool]:
    column, value = _column(comparison.field, columns), comparison.value
    if comparison.type is FieldType.PATH:
        inside: ColumnElement[bool] = column.contains([value])
        if getattr(column, "nullable", True):  # of a column that is never NULL an index can answer
            inside = func.coalesce(inside, False)
        return not_(inside) if comparison.operator == "!=" else inside
    if comparison.operator == ":":
        return func.coalesce(column.icontains(str(value), autoescape=True), False)
    if comparison.type is FieldType.TIME:
        value = datetime.fromtimestamp(float(value), UTC)  # type: ignore[assignment]
    compared = COMPARE[comparison.operator](column, value)
    return func.coalesce(compared, comparison.operator == "!=")
