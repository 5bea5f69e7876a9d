"""How likely it is that a shopper with a taste opens what was opened, and does with it what was done."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainers.datasets.tables import Floats, Ints
from trainers.simulator.posterior.visits import Visit
from trainers.simulator.shoppers.items import Items
from trainers.simulator.shoppers.tastes import BRAND, DISLIKED, MATCH, PRICE, VALUE

OPENED, SHOWN = 1.1, 0.3
"""How strongly utility and general appeal decide what is opened, the place on the page included: places are not seen,
but what is wanted and what is popular stands higher. Maximum likelihood with the planted tastes."""
Logits = NDArray[np.float32]


@dataclass(frozen=True)
class Looks:
    """Every view of some visits as arrays: the products of the page, the opened one first."""

    which: Ints
    """The products of all pages."""
    page: Ints
    """Places in `which` [views, places]; the opened product where there is none."""
    there: Logits
    """1 where there is a product [views, places]"""
    fresh: Logits
    """1 for those that this visit has not opened before [views, places]."""
    appeal: Logits
    """Of everybody [views, places]."""
    match: Logits
    """What going with the last purchase adds [views, places]."""
    visit: Ints
    """Number of the visit [views]."""
    liked: NDArray[np.bool_]
    disliked: NDArray[np.bool_]
    carted: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.page)


def looks(items: Items, visits: Sequence[Visit]) -> Looks:
    """The views of visits."""
    rows = [(number, visit, place) for number, visit in enumerate(visits) for place in range(len(visit.views))]
    width = max((len(items.members[visit.leaf]) for visit in visits), default=1)
    shape = (len(rows), width)
    page, there, fresh = np.zeros(shape, np.int64), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    appeal, match = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row, (_, visit, place) in enumerate(rows):
        which = page_of(items, visit, visit.views[place].item)
        size = len(which)
        page[row], page[row, :size] = which[0], which
        there[row, :size] = 1
        fresh[row, :size] = ~np.isin(which, [view.item for view in visit.views[:place]])
        fresh[row, 0] = 1
        appeal[row, :size] = items.appeal(which, visit.start)
        match[row, :size] = matching(items, which, visit.partner)
    views = [visit.views[place] for _, visit, place in rows]
    which, page = np.unique(page, return_inverse=True)
    return Looks(
        which,
        page.reshape(shape),
        there,
        fresh,
        appeal,
        match,
        np.array([number for number, _, _ in rows], np.int64),
        *(np.array([getattr(view, name) for view in views], bool) for name in ("liked", "disliked", "carted")),
    )


def page_of(items: Items, visit: Visit, first: int = -1) -> Ints:
    """What a visit's page can show, `first` in front."""
    which = items.members[visit.leaf]
    which = which[(items.launch[which] <= visit.start) & ~np.isin(which, list(visit.taken)) & (which != first)]
    return np.concatenate([[first], which]) if first >= 0 else which


def matching(items: Items, which: Ints, partner: int) -> Floats:
    """What it adds to products that they go with another one."""
    if partner < 0:
        return np.zeros(len(which))
    same = (items.values[which] == items.values[partner]) & (items.values[which] >= 0)
    found: Floats = MATCH * same.sum(1)
    return found


def liking(items: Items, which: Ints, likes: Ints, brands: Ints, dislikes: Ints, level: Floats) -> Logits:
    """What tastes add to products: [tastes, products].

    `likes` [tastes, keys], `brands` and `dislikes` [tastes, some], `level` [tastes].
    """
    rows = np.arange(len(level))[:, None]
    # The last entry is that of a value that a product has not.
    values = np.zeros((len(level), len(items.attributes) + 1), np.float32)
    values[rows, likes] = VALUE
    values[rows, dislikes] += DISLIKED
    values[:, -1] = 0
    liked = np.zeros((len(level), len(items.brands)), np.float32)
    liked[rows, brands] = BRAND
    distance = items.level[which].astype(np.float32) - level[:, None].astype(np.float32)
    found = liked[:, items.brand[which]] - PRICE * distance**2
    for key in range(items.values.shape[1]):
        found += values[:, items.values[which, key]]
    return found


def log_likelihood(seen: Looks, liked: Logits) -> Logits:
    """Of each view [tastes, views], given what tastes add to `which` [tastes, products]."""
    utility = liked[:, seen.page] + seen.appeal + seen.match
    logits = OPENED * utility + SHOWN * seen.appeal
    chances = np.exp(logits - logits[..., :1])
    found = -np.log(np.einsum("tvp,vp->tv", chances, seen.fresh))
    count = seen.there.sum(-1)
    mean = np.einsum("tvp,vp->tv", utility, seen.there) / count
    squares = np.einsum("tvp,tvp,vp->tv", utility, utility, seen.there) / count
    spread = np.sqrt(np.maximum(squares - mean**2, 0))
    above = (utility[..., 0] - mean) / np.maximum(spread, 0.5)
    like, dislike = 0.14 * _sigmoid(3 * (above - 0.5)), 0.08 * _sigmoid(-3 * (above + 0.3))
    cart = 0.45 * _sigmoid(2.5 * (above - 0.8))
    mood = np.where(seen.liked, like, np.where(seen.disliked, dislike, 1 - like - dislike))
    total = found + np.log(mood) + np.log(np.where(seen.carted, cart, 1 - cart))
    return np.asarray(total, np.float32)


def _sigmoid(value: Logits) -> Logits:
    return np.asarray(1 / (1 + np.exp(-value)), np.float32)
