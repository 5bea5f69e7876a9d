"""What of a filter a facet's own ticks are: without them its other values are counted, too."""

from collections.abc import Iterator

from services.kit.filters import And, Comparison, Expr, Or, fields


def without(where: Expr | None, field: str) -> Expr | None:
    """The filter without what a facet's ticks made of it; the same when they made nothing.

    What a field must not be stays: that is no value that a shopper chose.
    """
    if where is None or _is_ticked(where, field):
        return None
    if not isinstance(where, And):
        return where
    kept = [part for operand in where.operands if (part := without(operand, field)) is not None]
    if len(kept) == len(where.operands) and all(a is b for a, b in zip(kept, where.operands, strict=True)):
        return where
    return And(tuple(kept)) if len(kept) > 1 else next(iter(kept), None)


def ticked(where: Expr | None, field: str) -> set[str]:
    """Values of a field that the filter lets through beside others of its kind."""
    if where is None:
        return set()
    if _is_ticked(where, field):
        return {str(comparison.value) for comparison in _comparisons(where)}
    return set().union(*(ticked(part, field) for part in where.operands)) if isinstance(where, And) else set()


def _is_ticked(where: Expr, field: str) -> bool:
    if set(fields(where)) != {field}:
        return False
    return all(comparison.operator != "!=" for comparison in _comparisons(where)) and not _denies(where)


def _denies(where: Expr) -> bool:
    if isinstance(where, And | Or):
        return any(map(_denies, where.operands))
    return not isinstance(where, Comparison)


def _comparisons(where: Expr) -> Iterator[Comparison]:
    match where:
        case Comparison():
            yield where
        case And() | Or():
            for operand in where.operands:
                yield from _comparisons(operand)
        case _:
            yield from _comparisons(where.operand)
