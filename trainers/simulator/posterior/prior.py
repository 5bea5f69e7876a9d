"""How tastes are drawn, and how one follows another: what the sampler believes before it has seen anything."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainers.datasets.tables import Floats
from trainers.simulator.shoppers.items import Items
from trainers.simulator.shoppers.tastes import SAME_DEPARTMENT, TASTE_CHANGES, popularity

KEPT_LIKES, KEPT_BRANDS, KEPT_DISLIKES = 0.5, 2 / 3, 0.95
"""Of a taste when it changes; roughly, for brands and dislikes."""
DRIFT = 0.15
"""Deviation of the price level when the taste changes."""
LEVELS = np.linspace(0.025, 0.975, 20)


@dataclass(frozen=True)
class Prior:
    """The simulation's own, for one catalogue and one watch."""

    items: Items
    start: float
    until: float

    @cached_property
    def likes(self) -> list[Floats]:
        """By key: the share of each value among the products, over all values."""
        size = len(self.items.attributes)
        return [np.bincount(present, minlength=size) / max(len(present), 1) for present in self.items.present]

    @cached_property
    def level(self) -> Floats:
        """Of LEVELS: beta(1.3, 1.3)."""
        found = (LEVELS * (1 - LEVELS)) ** 0.3
        return np.asarray(found / found.sum())

    @cached_property
    def drift(self) -> Floats:
        """Chances of a level after a change, by the one before it [before, after]."""
        found = np.exp(-((LEVELS[:, None] - LEVELS[None]) ** 2) / (2 * DRIFT**2))
        return np.asarray(found / found.sum(1, keepdims=True))

    @cached_property
    def lead(self) -> Floats:
        """Chances of the first leaf."""
        return popularity(self.items)

    @cached_property
    def others(self) -> Floats:
        """Chances of another leaf, by the first [first, other]."""
        roots = np.array([path[0] for path in self.items.leaves], dtype=object)
        near = self.lead * (roots[:, None] == roots[None])
        near = near / near.sum(1, keepdims=True)
        return np.asarray(SAME_DEPARTMENT * near + (1 - SAME_DEPARTMENT) * self.lead)

    @cached_property
    def offered(self) -> Floats:
        """Whether a leaf has a brand [leaves, brands]."""
        found = np.zeros((len(self.items.leaves), len(self.items.brands)))
        for leaf, brands in enumerate(self.items.brands_of):
            found[leaf, brands] = 1.0
        return found

    def changes(self, starts: Floats, now: float) -> Floats:
        """Log chances of the moments at which the taste changed: between which visits, [first, second].

        With n visits there are n + 1 gaps, of which the last is from the newest visit to now; n + 1 is never.
        """
        borders = np.concatenate([[self.start], starts, [now]])
        share = np.maximum(np.diff(borders), 1.0) / (self.until - self.start)
        later = max(0.0, 1.0 - share.sum())
        _, once, twice = TASTE_CHANGES
        size = len(share) + 1
        found = np.zeros((size, size))
        found[:-1, :-1] = np.triu(twice * 2 * share[:, None] * share[None], 1) + np.diag(twice * share**2)
        found[:-1, -1] = share * (once + 2 * twice * later)
        found[-1, -1] = TASTE_CHANGES[0] + once * later + twice * later**2
        with np.errstate(divide="ignore"):
            return np.log(found)
