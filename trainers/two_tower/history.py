"""Histories as the user tower takes them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import Events
from trainers.datasets.tables import Ints
from trainers.evaluation.protocols import Queries, history_rows
from trainers.two_tower.spec import FeatureSpec, Texts

HOUR_S = 3600.0
Preferred = Callable[[str, float], tuple[str, ...]]
"""Preferred category ids of a shopper at a moment, in seconds since 1970."""


@dataclass(frozen=True)
class Histories:
    """The newest events of some shoppers, oldest first, padding in front."""

    items: Ints
    """Positions in the catalogue [shoppers, places]; 0 where there is padding."""
    kinds: Ints
    """[shoppers, places]; 0 is padding."""
    ages_h: NDArray[np.float32]
    """Hours before now [shoppers, places]."""
    preferred: Texts
    """Category ids [shoppers, most], empty strings behind."""

    def __len__(self) -> int:
        return len(self.items)


def cut(events: Events, queries: Queries, spec: FeatureSpec, said: Preferred) -> Histories:
    """What is known of each question's shopper at its moment; `said` knows the preferences."""
    rows, places = history_rows(events, queries, spec.history_length)
    sizes = np.bincount(rows, minlength=len(queries))
    within = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    column = within + spec.history_length - sizes[rows]
    shape = (len(queries), spec.history_length)
    items, kinds, ages = np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.float32)
    items[rows, column] = events.item[places]
    kinds[rows, column] = events.kind[places]
    ages[rows, column] = np.maximum(queries.time[rows] - events.time[places], 0) / HOUR_S
    preferred = np.full((len(queries), spec.max_preferred_categories), "", dtype=object)
    for row, user in enumerate(queries.user):
        chosen = said(events.users[user], float(queries.time[row]))[: spec.max_preferred_categories]
        preferred[row, : len(chosen)] = chosen
    return Histories(items, kinds, ages, preferred)
