"""Cuts what was seen of a shopper into visits: views of one leaf, one after the other, with what came of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from trainers.datasets import KINDS
from trainers.datasets.tables import Floats, Ints
from trainers.simulator.shoppers.items import Items

PAUSE_S = 150.0
"""Within a session a minute at most lies between two events, two with a search that is not seen."""


@dataclass
class View:
    """A product that was opened, and what was done with it."""

    item: int
    liked: bool = False
    disliked: bool = False
    carted: bool = False


@dataclass
class Visit:
    """One leaf looked at in one session, as far as it can be told from the events."""

    start: float
    leaf: int
    place: int
    """In the session, 0 is its first."""
    partner: int
    """The product bought before in the session, where the leaf is one that goes with it; -1 for none."""
    after_purchase: bool
    """Whether the visit before it, in the same session, ended with a purchase."""
    taken: frozenset[int]
    """Products bought earlier: the page leaves them out."""
    views: list[View] = field(default_factory=list)
    bought: int = -1
    """The last product that was bought in it."""


def cut(items: Items, item: Ints, kind: Ints, time: Floats) -> list[Visit]:
    """Visits of a shopper's events in the order of time."""
    found: list[Visit] = []
    bought: set[int] = set()
    last = -np.inf
    for which, what, when in zip(item.tolist(), kind.tolist(), time.tolist(), strict=True):
        if what == KINDS["RATE"]:  # Days later, and about what was bought.
            continue
        if what == KINDS["VIEW"]:
            leaf, paused = int(items.leaf[which]), when - last > PAUSE_S
            if paused or found[-1].leaf != leaf:
                found.append(_opened(items, found[-1:] if not paused else [], when, leaf, frozenset(bought)))
            found[-1].views.append(View(which))
        elif found:
            _note(found[-1], which, what, bought)
        last = when
    return found


def _opened(items: Items, before: Sequence[Visit], when: float, leaf: int, taken: frozenset[int]) -> Visit:
    earlier = before[0] if before else None
    bought = earlier.bought if earlier else -1
    partner = bought if bought >= 0 and leaf in items.partner[items.leaf[bought]] else -1
    place = earlier.place + 1 if earlier else 0
    return Visit(when, leaf, place, partner, bought >= 0, taken)


def _note(visit: Visit, item: int, kind: int, bought: set[int]) -> None:
    view = next((view for view in reversed(visit.views) if view.item == item), None)
    if view is None:
        return
    view.liked |= kind == KINDS["LIKE"]
    view.disliked |= kind == KINDS["DISLIKE"]
    view.carted |= kind == KINDS["ADD_TO_CART"]
    if kind == KINDS["PURCHASE"]:
        visit.bought = item
        bought.add(item)
