"""What of a filter the index can decide.

The index knows less than the catalogue: an absent price is 0 there, times are whole seconds, and texts cannot be
searched for a part whatever the case. So the index gets a wider filter that no product fails which passes the real
one; the real one is checked on the products themselves.
"""

import math

from services.kit.filters import And, Comparison, Expr, FieldType, Not, Or

INDEXED = {"id", "category", "brand", "price", "currency", "in_stock", "rating", "create_time"}
"""Fields that the index has."""
ABSENT_POSSIBLE = {"price", "currency"}
"""Fields that a product may lack; the index holds a value for them all the same."""


def wider(expression: Expr | None) -> Expr | None:
    """A filter implied by this one that the index decides exactly; None when there is none."""
    match expression:
        case And():
            kept = [part for operand in expression.operands if (part := wider(operand)) is not None]
            return And(tuple(kept)) if len(kept) > 1 else (kept[0] if kept else None)
        case Or():
            parts = [wider(operand) for operand in expression.operands]
            return None if None in parts else Or(tuple(part for part in parts if part is not None))
        case Not():
            return expression if _exact(expression.operand) else None
        case Comparison():
            return _comparison(expression)
    return None


def _comparison(comparison: Comparison) -> Comparison | None:
    if comparison.field not in INDEXED:
        return None
    if comparison.type is FieldType.TIME:
        whole = float(math.floor(float(comparison.value)))
        operator = {">": ">=", "<": "<="}.get(comparison.operator, comparison.operator)
        if operator == "!=":
            return None
        return Comparison(comparison.field, operator, whole, comparison.type)
    if comparison.operator == ":" and comparison.type is FieldType.TEXT:
        return None
    absent = comparison.field in ABSENT_POSSIBLE and comparison.operator == "!="
    return None if absent else comparison


def _exact(expression: Expr) -> bool:
    match expression:
        case And() | Or():
            return all(_exact(operand) for operand in expression.operands)
        case Not():
            return _exact(expression.operand)
        case Comparison():
            if expression.field not in INDEXED or expression.field in ABSENT_POSSIBLE:
                return False
            if expression.type is FieldType.TIME:
                return False
            return expression.type is not FieldType.TEXT or expression.operator != ":"
