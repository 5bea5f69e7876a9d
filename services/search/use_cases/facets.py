"""Counts of a field's values among found products."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.kit.errors import InvalidArgument
from services.search.ports import Rows
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.categories import NONE

PLAIN = ("category", "brand", "price", "rating", "in_stock")
MOST_VALUES = 100
"""Of one facet: nobody reads on."""
BANDS = 6
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Prices are cut at round numbers: these and their tenfolds."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value and how many of the found products have it."""

    value: str
    count: int
    display_name: str


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of a field, the most frequent first; of ranges in their order. What is ticked is always among them."""

    field: str
    values: tuple[Value, ...]


def check(fields: tuple[str, ...]) -> None:
    """Refuses what cannot be counted.

    Raises:
        InvalidArgument: a field is unknown or named twice.
    """
    for field in fields:
        if field not in PLAIN and not (field.startswith("attributes.") and len(field) > len("attributes.")):
            known = ", ".join((*PLAIN, "attributes.<key>"))
            raise InvalidArgument.field("facets", f"knows no field {field[:40]!r}; fields: {known}")
        if fields.count(field) > 1:
            raise InvalidArgument.field("facets", f"names {field[:40]} twice")


def count(catalogue: Catalogue, rows: Rows, field: str, ticked: Collection[str] = ()) -> Facet:
    """The facet of found rows; of categories, when some were ticked, only those around these.

    Ticked values that were found are in it, however many others are more frequent.
    """
    if field == "category":
        return Facet(field, _categories(catalogue, rows, ticked))
    if field == "price":
        return Facet(field, _prices(catalogue.numbers["price"][rows]))
    if field == "rating":
        return Facet(field, _ratings(catalogue.numbers["rating"][rows]))
    if field == "in_stock":
        there = int(catalogue.in_stock[rows].sum())
        both = (("true", there), ("false", len(rows) - there))
        return Facet(field, tuple(Value(value, many, value) for value, many in both if many))
    return Facet(field, _coded(catalogue, rows, field, ticked))


def beside(found: Facet, shown: Facet, ticked: Collection[str]) -> Facet:
    """The facet of what was found without its own ticks, and what is shown instead, which nothing found is among.

    Prices stay as they are: bands of one and of the other are cut at other places. Of categories ticked ones are added
    alone: one above has more that would be shown.
    """
    if found.field == "price":
        return found
    there = {value.value for value in found.values}
    instead = (value for value in shown.values if found.field != "category" or value.value in ticked)
    values = [*found.values, *(value for value in instead if value.value not in there)]
    if found.field == "rating":
        return Facet(found.field, tuple(sorted(values, key=lambda value: value.value, reverse=True)))
    kept = sorted(values, key=lambda value: (value.value not in ticked, -value.count))[:MOST_VALUES]
    return Facet(found.field, tuple(sorted(kept, key=lambda value: -value.count)))


def _categories(catalogue: Catalogue, rows: Rows, ticked: Collection[str]) -> tuple[Value, ...]:
    codes = catalogue.categories[rows].ravel()
    counts = np.bincount(codes[codes != NONE], minlength=0)
    if ticked:
        # Where they lie, all products say: of a ticked one none may have been found.
        around = set[int]().union(*(catalogue.tree.around(catalogue.category_ids.find(item)) for item in ticked))
        counts[np.setdiff1d(np.arange(len(counts)), list(around))] = 0
    ids, names = catalogue.category_ids.all, catalogue.category_names
    found = _most(counts, map(catalogue.category_ids.find, ticked))
    return tuple(Value(ids[code], many, names.get(ids[code], ids[code])) for code, many in found)


def _coded(catalogue: Catalogue, rows: Rows, field: str, ticked: Collection[str]) -> tuple[Value, ...]:
    found = catalogue.codes(field)
    if found is None:
        return ()
    codes, values = found[0][rows], found[1].all
    counts = np.bincount(codes[codes != NONE], minlength=0)
    most = _most(counts, map(found[1].find, ticked))
    return tuple(Value(values[code], many, values[code]) for code, many in most if values[code])


def _most(counts: np.ndarray, ticked: Iterable[int]) -> list[tuple[int, int]]:
    """Codes with how often each was found, the most frequent first, and ticked ones among them."""
    best = np.argsort(-counts, kind="stable")
    best = best[counts[best] > 0]
    is_ticked = np.isin(best, list(ticked))
    kept = np.sort(np.concatenate([np.flatnonzero(is_ticked), np.flatnonzero(~is_ticked)])[:MOST_VALUES])
    return [(int(code), int(counts[code])) for code in best[kept]]


def _prices(prices: np.ndarray) -> tuple[Value, ...]:
    known = prices[~np.isnan(prices)]
    if not len(known):
        return ()
    # By quantiles: in most shops the dearest product costs a hundred times what most do.
    quantiles = np.quantile(known, np.linspace(0, 1, BANDS + 1)[1:-1])
    edges = sorted({_round(float(edge)) for edge in quantiles if edge > 0})
    bounds = [-math.inf, *edges, math.inf]
    values = []
    for low, high in pairwise(bounds):
        many = int(((known >= low) & (known < high)).sum())
        if many:
            text = f"{_number(low)}..{_number(high)}"
            values.append(Value(text, many, text))
    return tuple(values)


def _number(edge: float) -> str:
    """As the filter grammar takes it, which knows no exponents; nothing where a range is open."""
    return np.format_float_positional(edge, trim="-") if math.isfinite(edge) else ""


def _round(price: float) -> float:
    """The nearest round number."""
    magnitude = 10.0 ** math.floor(math.log10(price))
    return min((step * magnitude for step in STEPS), key=lambda edge: abs(edge - price))


def _ratings(ratings: np.ndarray) -> tuple[Value, ...]:
    # What nobody rated is 0, and in none of them.
    bands = {"4..": (4, math.inf), "3..4": (3, 4), "2..3": (2, 3), "1..2": (1, 2)}
    counts = {text: int(((ratings >= low) & (ratings < high)).sum()) for text, (low, high) in bands.items()}
    return tuple(Value(text, many, text) for text, many in counts.items() if many)
