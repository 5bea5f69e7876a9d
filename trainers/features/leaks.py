"""Refuses training data that tells of what happened after its labels.

A point-in-time join keeps rows of later out. It cannot see that a row says more than its time admits: a statistic of
the whole year that is stamped with January, a history that holds the very choice that is to be predicted. Models
learned from such rows are wonderful until they serve. So the views carry the times of what they were made from, and
these are held against the label's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trainers.features.errors import LeakError
from trainers.features.views import AS_OF, FADING, PRODUCT, SHOPPER, TIME

HISTORY = "shopper_history"
SHOWN = 3
"""Leaks that the error tells of."""


@dataclass(frozen=True)
class Leak:
    """A row that knows too much."""

    row: int
    who: str
    what: str


def find(rows: pd.DataFrame) -> Iterator[Leak]:
    """Leaks in what `Views.at` returned."""
    moments = pd.to_datetime(rows[TIME], utc=True).astype("datetime64[us, UTC]").astype(np.int64)
    times_ms = np.asarray((moments + 500) // 1000)
    columns = {name: rows[name].tolist() for name in rows.columns}
    nobody = [""] * len(rows)
    for row, moment in enumerate(times_ms.tolist()):
        who = f"{columns.get(SHOPPER, nobody)[row]} {columns.get(PRODUCT, nobody)[row]}".strip()
        for what in _of_row(columns, row, moment):
            yield Leak(row, who, what)


def refuse(rows: pd.DataFrame) -> None:
    """Lets only rows without leaks pass.

    Raises:
        LeakError: a row has one.
    """
    leaks = list(find(rows))
    if not leaks:
        return
    told = "; ".join(f"row {leak.row} ({leak.who}): {leak.what}" for leak in leaks[:SHOWN])
    raise LeakError(
        f"{len({leak.row for leak in leaks}):,} of {len(rows):,} rows tell of what happened after their label: {told}. "
        "Write the files of the views anew (python -m services.recs.features build), and do not train on these."
    )


def _of_row(columns: dict[str, list[object]], row: int, moment: int) -> Iterator[str]:
    times = _listed(columns, f"{HISTORY}__times_ms", row)
    if times and (late := max(times) - moment) > 0:
        yield f"{HISTORY} holds an event {late / 1000:,.3f} s later"
    products = _listed(columns, f"{HISTORY}__product_ids", row)
    own = columns[PRODUCT][row] if PRODUCT in columns else None
    if any(product == own and time == moment for product, time in zip(products, times, strict=True)):
        yield f"{HISTORY} holds the label itself"
    name = f"{FADING}__{AS_OF}"
    as_of = columns[name][row] if name in columns else None
    if isinstance(as_of, int | float) and as_of > moment:  # NaN is no leak, and compares so
        yield f"{FADING} counts events up to {(as_of - moment) / 1000:,.3f} s later"


def _listed(columns: dict[str, list[object]], name: str, row: int) -> list[int]:
    found = columns[name][row] if name in columns else None
    return list(found) if isinstance(found, list | np.ndarray) else []
