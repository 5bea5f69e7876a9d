"""Which rows pass a filter: services.kit.filters over whole columns, with the meaning that ListProducts gives it."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.kit.filters import And, Comparison, Expr, FieldType, Not, Or
from services.search.ports import Rows, Scores
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.categories import NONE

Mask = np.ndarray[Any, np.dtype[np.bool_]]
"""[rows] whether each passes."""
SPARE = 1.25
"""Times as many are looked at as are enough on average: a single one that is left out makes nobody ask again."""
FARTHER = 8
"""Times as many products are looked at where too few of the first pass."""
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Filtered:
    """A mask, and what only a walk over the whole catalogue can say of it: made once, for all requests that ask it."""

    passes: Mask
    is_all: bool
    """Whether every product passes."""


def mask(catalogue: Catalogue, where: Expr | None) -> Mask:
    """Rows of products that pass; an absent value fails every comparison but `!=`."""
    alive: Mask = catalogue.alive[: catalogue.size]
    return alive.copy() if where is None else alive & _passes(catalogue, where)


def passing(passes: Mask, found: tuple[Rows, Scores]) -> tuple[Rows, Scores]:
    """What passes of what was found, in its order."""
    rows, scores = found
    # A product that came a moment ago may have a row that the mask does not know yet.
    kept = rows < len(passes)
    kept[kept] = passes[rows[kept]]
    return rows[kept], scores[kept]


def enough(passes: Mask, search: Callable[[int], tuple[Rows, Scores]], least: int) -> tuple[Rows, Scores]:
    """So many of what `search` finds, best first, that at least so many of them pass; all of it where fewer do.

    Args:
        passes: [rows] whether each passes.
        search: the first rows of what it finds, with their scores, as many as it is asked for.
        least: how many have to pass.
    """
    passing_rows = max(1, int(np.count_nonzero(passes)))
    # As if those that pass lay as close together among what is found as in the whole table, and a little worse.
    spread = least if passing_rows == len(passes) else int(SPARE * least * len(passes) / passing_rows)
    most = max(1, least, spread)  # a shop without products has no rows, and the index may have some already
    while len((found := search(most))[0]) >= most and len(passing(passes, found)[0]) < least:
        most *= FARTHER
    return found


def _passes(catalogue: Catalogue, where: Expr) -> Mask:
    match where:
        case And():
            return np.asarray(np.all([_passes(catalogue, part) for part in where.operands], axis=0), bool)
        case Or():
            return np.asarray(np.any([_passes(catalogue, part) for part in where.operands], axis=0), bool)
        case Not():
            return ~_passes(catalogue, where.operand)
        case Comparison():
            return _comparison(catalogue, where)


def _comparison(catalogue: Catalogue, comparison: Comparison) -> Mask:
    size, field = catalogue.size, comparison.field
    if comparison.type is FieldType.PATH:
        code = catalogue.category_ids.find(str(comparison.value))
        inside: Mask = (catalogue.categories[:size] == code).any(axis=1) if code != NONE else np.zeros(size, bool)
        return ~inside if comparison.operator == "!=" else inside
    if comparison.type is FieldType.BOOLEAN:
        return np.asarray(COMPARE[comparison.operator](catalogue.in_stock[:size], comparison.value), bool)
    if field in catalogue.numbers:
        # NaN, which stands for what is absent, fails every comparison but `!=` by itself.
        return np.asarray(COMPARE[comparison.operator](catalogue.numbers[field][:size], comparison.value), bool)
    passes = _text(comparison)
    if field == "id":
        return np.fromiter(map(passes, catalogue.ids), bool, size)
    if field == "title":
        return np.fromiter((passes(title) for title in catalogue.titles()), bool, size)
    return _coded(catalogue, comparison, passes)


def _coded(catalogue: Catalogue, comparison: Comparison, passes: Callable[[str], bool]) -> Mask:
    found = catalogue.codes(comparison.field)
    absent = comparison.operator == "!="
    if found is None:
        return np.full(catalogue.size, absent)
    codes, values = found
    # One answer a distinct value, the last one for what is absent: -1 counts from the end.
    answers = np.fromiter((*map(passes, values.all), absent), bool, len(values.all) + 1)
    return np.asarray(answers[codes], bool)


def _text(comparison: Comparison) -> Callable[[str], bool]:
    wanted = str(comparison.value)
    if comparison.operator == ":":
        folded = wanted.lower()
        return lambda value: folded in value.lower()
    compare = COMPARE[comparison.operator]
    return lambda value: bool(compare(value, wanted))
