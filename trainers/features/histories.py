"""Holds the histories that the towers learn from, as their training cuts them, to those of the views: on a sample.

That the log has the histories of the view at every moment, each training of a release sees to
(trainers.features.training). This looks at what is made of the log then.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trainers.datasets import Shop
from trainers.evaluation.protocols import Queries
from trainers.features.views import PRODUCT, SHOPPER, TIME, Views
from trainers.two_tower import history
from trainers.two_tower.spec import FeatureSpec

HISTORY = "shopper_history"
TOLERANCE_H = 1e-3
"""Ages in hours are 32-bit numbers: of a year's, the last bit is a second and a half."""


@dataclass(frozen=True)
class Difference:
    """A question whose history the two tell differently."""

    shopper: str
    time: float
    towers: list[tuple[str, int]]
    """(product, kind), oldest first."""
    view: list[tuple[str, int]]


def labels(shop: Shop, queries: Queries) -> pd.DataFrame:
    """Questions as labels."""
    row = np.repeat(np.arange(len(queries)), np.diff(queries.offsets))
    micros = np.round(queries.time[row] * 1e6).astype("datetime64[us]")
    return pd.DataFrame(
        {
            SHOPPER: [shop.events.users[user] for user in queries.user[row]],
            PRODUCT: [shop.products.ids[item] for item in queries.relevant],
            TIME: pd.Series(micros).dt.tz_localize("UTC"),
        }
    )


def compare(
    shop: Shop, queries: Queries, spec: FeatureSpec, views: Views, tick: Callable[[int], None] = lambda _: None
) -> Iterator[Difference]:
    """Questions with one label each whose history the towers' training and the view tell differently."""
    cut = history.cut(shop.events, queries, spec, lambda *_: ())
    rows = views.at(labels(shop, queries).drop(columns=PRODUCT), tick)
    columns = {name: rows[f"{HISTORY}__{name}"].tolist() for name in ("product_ids", "kinds", "times_ms")}
    for row in range(len(queries)):
        there = cut.kinds[row] != 0
        items, kinds, ages = cut.items[row][there], cut.kinds[row][there], cut.ages_h[row][there]
        own = [(shop.products.ids[item], int(kind)) for item, kind in zip(items, kinds, strict=True)]
        products, codes, times = (_listed(column[row]) for column in columns.values())
        told = [(str(product), int(code)) for product, code in zip(products, codes, strict=True)]
        theirs = np.array([(queries.time[row] - time / 1000) / 3600 for time in times])
        if own != told or not np.allclose(ages, theirs, rtol=1e-6, atol=TOLERANCE_H):
            yield Difference(shop.events.users[queries.user[row]], float(queries.time[row]), own, told)


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | np.ndarray) else []
