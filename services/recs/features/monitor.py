"""Freshness and drift of the views, measured on the files behind them.

What a release learned from is what the files hold up to its registration: they keep what was known at every moment, so
that nobody has to write a reference down, and both sides are measured by the same code.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from services.recs.features.decay import HALF_LIFE
from services.recs.features.definitions import HISTORY, ITEMS, PROFILE, STATISTICS, TIME, View
from services.recs.features.drift import Drift, Values, compare

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Freshness:
    """How new a view is."""

    view: str
    rows: int
    newest: datetime | None
    """Time of its newest value; None while it has none."""


@dataclass(frozen=True)
class Report:
    """All views, measured at one moment."""

    measured: datetime
    release: int
    """Whose training is the reference; 0 before the first."""
    until: datetime | None
    """The release learned from what was known then."""
    freshness: tuple[Freshness, ...]
    drift: Mapping[str, tuple[Drift, ...]]
    """By view."""


def measure(repo: Path, release: int, until: datetime | None) -> Report:
    """Measures the views in a repository."""
    tables = {view: parquet.read_table(view.file(repo)) for view in (HISTORY, PROFILE, ITEMS, STATISTICS)}
    now = datetime.now(UTC)
    fresh = tuple(Freshness(view.name, table.num_rows, _newest(table)) for view, table in tables.items())
    drift = {}
    if until is not None:
        drift = {view.name: tuple(_drift(view, table, until, now)) for view, table in tables.items()}
    return Report(now, release, until, fresh, drift)


def _drift(view: View, table: pa.Table, until: datetime, now: datetime) -> Iterator[Drift]:
    earlier = compute.less_equal(table[TIME], pa.scalar(until, table.schema.field(TIME).type))
    if view is HISTORY:  # each row is a moment at which something could have been recommended
        then, today = table.filter(earlier), table.filter(compute.invert(earlier))
    else:  # a row counts until the next one of its shopper or product
        then, today = _state(table.filter(earlier), view), _state(table, view)
    values = FEATURES[view.name]
    after = values(today, now)
    for feature, before in values(then, until).items():
        yield compare(feature, before, after[feature])


def _state(table: pa.Table, view: View) -> pa.Table:
    """The last row of each shopper or product."""
    names = table[view.entity].to_numpy(zero_copy_only=False).astype(str)
    order = np.lexsort((table[TIME].cast(pa.int64()).to_numpy(), names))
    ends = np.flatnonzero(np.append(names[order][1:] != names[order][:-1], True)) if len(order) else order
    return table.take(order[ends])


def _newest(table: pa.Table) -> datetime | None:
    newest: datetime | None = compute.max(table[TIME]).as_py()
    return newest


def _of_history(table: pa.Table, _: datetime) -> dict[str, Values]:
    """Length, last kind, hours between the last two events, what was bought and disliked."""
    kinds, times = _flat(table["kinds"]), _flat(table["times_ms"])
    lengths = _lengths(table["product_ids"])
    last = np.cumsum(lengths) - 1
    several = last[lengths > 1]
    return {
        "length": lengths,
        "last kind": kinds[last].astype(str),
        "hours between the last two": (times[several] - times[several - 1]) / HOUR_MS,
        "bought": _lengths(table["bought"]),
        "disliked": _lengths(table["disliked"]),
    }


def _of_profile(table: pa.Table, _: datetime) -> dict[str, Values]:
    return {"preferred categories": _flat(table["preferred_categories"]).astype(str)}


def _of_items(table: pa.Table, _: datetime) -> dict[str, Values]:
    categories, lengths = _flat(table["category_ids"]), _lengths(table["category_ids"])
    leaves = categories[(np.cumsum(lengths) - 1)[lengths > 0]]
    return {
        "price": table["price"].to_numpy(),
        "brand": table["brand"].to_numpy(zero_copy_only=False).astype(str),
        "leaf category": leaves.astype(str),
        "attributes": _lengths(table["attributes"]),
    }


def _of_statistics(table: pa.Table, moment: datetime) -> dict[str, Values]:
    passed = moment.timestamp() - table["as_of_ms"].to_numpy() / 1000
    left = 0.5 ** (np.maximum(passed, 0) / HALF_LIFE.total_seconds())
    # Thousandths: what faded to nothing is the same nothing.
    return {name: np.round(table[name].to_numpy() * left, 3) for name in ("views", "carts", "purchases")}


FEATURES: Mapping[str, Callable[[pa.Table, datetime], dict[str, Values]]] = {
    HISTORY.name: _of_history,
    PROFILE.name: _of_profile,
    ITEMS.name: _of_items,
    STATISTICS.name: _of_statistics,
}


def _lengths(column: pa.ChunkedArray) -> Values:
    return np.asarray(compute.fill_null(compute.list_value_length(column), 0).to_numpy(), np.int64)


def _flat(column: pa.ChunkedArray) -> Values:
    values: Any = compute.list_flatten(column).to_numpy(zero_copy_only=False)
    return np.asarray(values)
