"""Tastes: what a shopper likes, and how that changes."""

from dataclasses import dataclass

import numpy as np

from trainers.datasets.tables import Floats, Ints
from trainers.simulator.shoppers.items import Items

LEAVES = 4
"""Leaves of the category tree that a shopper comes for."""
LEAF_WEIGHTS = np.array([0.5, 0.25, 0.15, 0.1])
SAME_DEPARTMENT = 0.6
BRANDS = 3
TASTE_CHANGES = (0.45, 0.4, 0.15)
"""Shares of shoppers whose taste never changes, changes once, and twice while they are watched."""
DISLIKES = 2

BRAND, VALUE, DISLIKED, PRICE = 1.2, 1.3, -1.3, 6.0
"""Weights of the utility, in logits. PRICE is per squared distance between 0 (cheapest) and 1 (dearest)."""
MATCH = 1.2
"""What it adds to a product that goes with another one, for each attribute that they share."""


@dataclass(frozen=True)
class Taste:
    """What a shopper likes from a moment on."""

    since: float
    leaves: Ints
    weights: Floats
    """Of the leaves; they sum to 1."""
    brands: Ints
    level: float
    """Where between the cheapest (0) and the dearest (1) of a leaf the shopper is at home."""
    likes: Ints
    """Attribute values, one a key."""
    dislikes: Ints

    def utility(self, items: Items, which: Ints, time: float, partner: int = -1) -> Floats:
        """How much the shopper wants products of one leaf at a moment, in logits.

        `partner` is a product that they should go with; -1 for none.
        """
        values = items.values[which]
        found: Floats = items.appeal(which, time) - PRICE * (items.level[which] - self.level) ** 2
        # Comparing with the few that a taste has is much faster than np.isin for a leaf of some dozens.
        found = found + BRAND * (items.brand[which, None] == self.brands).any(1)
        found = found + VALUE * (values[:, :, None] == self.likes).sum((1, 2))
        found = found + DISLIKED * (values[:, :, None] == self.dislikes).sum((1, 2))
        if partner >= 0:
            same = (values == items.values[partner]) & (values >= 0)
            found = found + MATCH * same.sum(1)
        return found


@dataclass(frozen=True)
class Shopper:
    """A shopper, with the tastes one after the other."""

    id: str
    tastes: tuple[Taste, ...]
    sessions: float
    """How many a year; few come often."""
    pickiness: float
    """Stars are given around a mean that differs from one to the next."""

    def taste(self, time: float) -> Taste:
        """The taste at a moment."""
        return next(taste for taste in reversed(self.tastes) if taste.since <= time or taste is self.tastes[0])


def make_shopper(number: int, items: Items, seed: int, start: float, until: float, prefix: str) -> Shopper:
    """The shopper of that number: the same for the same seed, however many there are."""
    random = np.random.default_rng([seed, 3, number])
    changes = int(random.choice(len(TASTE_CHANGES), p=TASTE_CHANGES))
    moments = np.sort(random.uniform(start, until, changes))
    tastes = [_taste(items, random)]
    for moment in moments:
        tastes.append(_changed(tastes[-1], items, random, float(moment)))
    return Shopper(
        id=f"{prefix}{number:06d}",
        tastes=tuple(tastes),
        sessions=float(random.lognormal(0, 0.8)),
        pickiness=float(random.normal(0, 0.4)),
    )


def _taste(items: Items, random: np.random.Generator) -> Taste:
    leaves = _leaves(items, random)
    weights = LEAF_WEIGHTS[: len(leaves)]
    offered = np.unique(np.concatenate([items.brands_of[leaf] for leaf in leaves]))
    likes, dislikes = _values(items, random)
    return Taste(
        since=-np.inf,
        leaves=leaves,
        weights=weights / weights.sum(),
        brands=random.choice(offered, min(BRANDS, len(offered)), replace=False),
        level=float(random.beta(1.3, 1.3)),
        likes=likes,
        dislikes=dislikes,
    )


def _leaves(items: Items, random: np.random.Generator) -> Ints:
    """Mostly of one department, popular leaves more often."""
    shares = popularity(items)
    first = int(random.choice(len(shares), p=shares))
    root = items.leaves[first][0]
    near = np.array([path[0] == root for path in items.leaves])
    chosen = [first]
    while len(chosen) < min(LEAVES, len(shares)):
        pool = shares * (near if random.random() < SAME_DEPARTMENT else 1.0)
        pool[chosen] = 0
        if pool.sum() == 0:
            pool = shares.copy()
            pool[chosen] = 0
        chosen.append(int(random.choice(len(pool), p=pool / pool.sum())))
    return np.array(chosen, np.int64)


def popularity(items: Items) -> Floats:
    """Leaves differ as 1 / place (Zipf), in an order that the planted seasons shuffle."""
    places = np.argsort(np.argsort(items.season))
    weights = 1.0 / (places + 8.0)
    shares: Floats = weights / weights.sum()
    return shares


def _values(items: Items, random: np.random.Generator) -> tuple[Ints, Ints]:
    """One value to like of each attribute, and some of any to dislike."""
    likes = [int(present[random.integers(len(present))]) for present in items.present]
    others = np.setdiff1d(np.arange(len(items.attributes)), likes)
    dislikes = random.choice(others, min(DISLIKES, len(others)), replace=False)
    return np.array(likes, np.int64), dislikes.astype(np.int64)


def _changed(old: Taste, items: Items, random: np.random.Generator, since: float) -> Taste:
    """Another taste that keeps half of the old one: the leaves of second rank come first, one leaf is new."""
    new = _taste(items, random)
    leaves = np.array(list(dict.fromkeys([int(new.leaves[0]), *old.leaves[1:].tolist(), *new.leaves.tolist()])))
    leaves = leaves[: len(old.leaves)]
    keep = random.random(len(old.likes)) < 0.5
    return Taste(
        since=since,
        leaves=leaves,
        weights=old.weights,
        brands=np.unique(np.concatenate([old.brands[:2], new.brands[:1]])),
        level=float(np.clip(old.level + random.normal(0, 0.15), 0, 1)),
        likes=np.where(keep, old.likes, new.likes),
        dislikes=np.setdiff1d(old.dislikes, new.likes),
    )
