"""What a release's ranker is told of a shopper and a candidate, as data that the trainer wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

FEATURES = frozenset(
    {
        "towers",
        "last leaf",
        "last leaf bought",
        "session leaf",
        "leaf share",
        "brand",
        "attributes",
        "attributes of the newest",
        "attributes wanted",
        "price fit",
        "gap",
        "events",
        "price level",
    }
)
"""Those that `services.recs.use_cases.ranking_features` computes."""


@dataclass(frozen=True)
class GoldenRow:
    """A shopper and candidates with the features that the trainer computed. Products are places in `GoldenRows`."""

    history: tuple[int, ...]
    """Oldest first."""
    kinds: tuple[int, ...]
    """Codes of the user tower."""
    ages_h: tuple[float, ...]
    candidates: tuple[int, ...]
    towers: tuple[float, ...]
    features: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class ProductFacts:
    """What the features look at."""

    category_ids: tuple[str, ...]
    brand: str
    price: float
    """In units of the currency; 0 when unknown."""
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class GoldenRows:
    """Who computes the features of these must find the same."""

    products: tuple[ProductFacts, ...]
    rows: tuple[GoldenRow, ...]


@dataclass(frozen=True)
class RankerSpec:
    """A ranker's part of the feature specification, read."""

    features: tuple[str, ...]
    """Their order."""
    candidates: int
    """Of the towers' best that are ordered again."""
    neighbours_of: int
    """Newest events whose products' neighbours the model looks up."""
    recent: int
    """Newest events that are looked at apart."""
    session_h: float
    prior: float
    """Events added to a shopper's, so that the first few do not speak as loudly as many."""
    weights: Mapping[int, float]
    """What an event says of its product, by the user tower's code of its kind; 1 where none is named."""
    wanted: frozenset[int]
    """Codes of the kinds that say more than a view."""
    bought: int
    """Code of a purchase."""
    price_levels: Mapping[str, tuple[float, ...]]
    """Quantiles of the prices by leaf category, evenly spaced from 0 to 1; those of all products under ''."""
    golden: GoldenRows


def parse(given: Any, kinds: Mapping[str, int]) -> RankerSpec:
    """Reads the part of a specification. `kinds` are the user tower's codes by event kind.

    Raises:
        ValueError: an entry is missing or wrong; says which.
    """
    if not isinstance(given, dict):
        raise ValueError("needs `ranker` to be an object")
    features = _texts(given, "features")
    if unknown := sorted(set(features) - FEATURES):
        raise ValueError(f"names features in `ranker.features` that are not computed here: {', '.join(unknown)}")
    try:
        return RankerSpec(
            features=features,
            candidates=_count(given, "candidates"),
            neighbours_of=_count(given, "neighbours_of"),
            recent=_count(given, "recent"),
            session_h=float(given["session_h"]),
            prior=float(given["prior"]),
            weights={kinds[name]: float(value) for name, value in given["weights"].items() if name in kinds},
            wanted=frozenset(kinds[name] for name in given["wanted"] if name in kinds),
            bought=kinds.get("PURCHASE", -1),
            price_levels=_levels(given["price_levels"]),
            golden=_golden(given["golden"]),
        )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"has a `ranker` that cannot be read: {type(error).__name__} at {error}") from None


def _count(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if type(value) is not int or not 1 <= value <= 1000:
        raise ValueError(f"needs `ranker.{name}`, a number from 1 to 1000")
    return value


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = given.get(name)
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        raise ValueError(f"needs `ranker.{name}`, names")
    return tuple(values)


def _levels(given: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, ...]]:
    if "" not in given:
        raise ValueError("needs `ranker.price_levels` of all products, under ''")
    return {leaf: _rising(values) for leaf, values in given.items()}


def _rising(values: Sequence[float]) -> tuple[float, ...]:
    found = tuple(float(value) for value in values)
    if len(found) < 2 or any(later < earlier for earlier, later in pairwise(found)):
        raise ValueError("needs `ranker.price_levels` with two rising prices or more for each category")
    return found


def _golden(given: Mapping[str, Any]) -> GoldenRows:
    products = tuple(
        ProductFacts(
            category_ids=tuple(map(str, row["category_ids"])),
            brand=str(row["brand"]),
            price=float(row["price"]),
            attributes={str(key): str(value) for key, value in row["attributes"].items()},
        )
        for row in given["products"]
    )
    rows = tuple(_row(row, len(products)) for row in given["rows"])
    return GoldenRows(products, rows)


def _row(given: Mapping[str, Any], products: int) -> GoldenRow:
    row = GoldenRow(
        history=tuple(map(int, given["history"])),
        kinds=tuple(map(int, given["kinds"])),
        ages_h=tuple(map(float, given["ages_h"])),
        candidates=tuple(map(int, given["candidates"])),
        towers=tuple(map(float, given["towers"])),
        features=tuple(tuple(map(float, values)) for values in given["features"]),
    )
    if not len(row.history) == len(row.kinds) == len(row.ages_h):
        raise ValueError("has a golden row in `ranker` whose history, kinds and ages differ in length")
    if not len(row.candidates) == len(row.towers) == len(row.features):
        raise ValueError("has a golden row in `ranker` whose candidates, towers and features differ in length")
    if not all(0 <= place < products for place in (*row.history, *row.candidates)):
        raise ValueError("has a golden row in `ranker` of products that are not there")
    return row
