"""What of a filter a vector index can decide.

An index knows less than the catalogue: not every field, 0 for a price that is absent, times in whole seconds, and no
part of a text whatever its case. So it gets a wider filter that no product fails which passes the real one; the real
one is checked on the products themselves.
"""

import math
from collections.abc import Set
from dataclasses import dataclass

from services.kit.filters.expression import And, Comparison, Expr, FieldType, Not, Or


@dataclass(frozen=True)
class Indexed:
    """Fields that an index has."""

    fields: Set[str]
    may_lack: Set[str] = frozenset()
    """Those that a product may lack; the index holds a value for them all the same."""

    def wider(self, expression: Expr | None) -> Expr | None:
        """A filter implied by this one that the index decides exactly; None when there is none."""
        match expression:
            case And():
                kept = [part for operand in expression.operands if (part := self.wider(operand)) is not None]
                return And(tuple(kept)) if len(kept) > 1 else (kept[0] if kept else None)
            case Or():
                parts = [self.wider(operand) for operand in expression.operands]
                return None if None in parts else Or(tuple(part for part in parts if part is not None))
            case Not():
                return expression if self._exact(expression.operand) else None
            case Comparison():
                return self._comparison(expression)
        return None

    def _comparison(self, comparison: Comparison) -> Comparison | None:
        if comparison.field not in self.fields:
            return None
        if comparison.type is FieldType.TIME:
            whole = float(math.floor(float(comparison.value)))
            operator = {">": ">=", "<": "<="}.get(comparison.operator, comparison.operator)
            if operator == "!=":
                return None
            return Comparison(comparison.field, operator, whole, comparison.type)
        if comparison.operator == ":" and comparison.type is FieldType.TEXT:
            return None
        absent = comparison.field in self.may_lack and comparison.operator == "!="
        return None if absent else comparison

    def _exact(self, expression: Expr) -> bool:
        match expression:
            case And() | Or():
                return all(self._exact(operand) for operand in expression.operands)
            case Not():
                return self._exact(expression.operand)
            case Comparison():
                if expression.field not in self.fields or expression.field in self.may_lack:
                    return False
                if expression.type is FieldType.TIME:
                    return False
                return expression.type is not FieldType.TEXT or expression.operator != ":"
