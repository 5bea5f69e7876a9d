"""What is opened next by somebody with a taste, after what was seen: the simulation's laws, leaf and product."""

import math
from collections.abc import Sequence

import numpy as np

from trainers.datasets.tables import Floats
from trainers.simulator.posterior.likelihood import OPENED, SHOWN, matching
from trainers.simulator.posterior.visits import PAUSE_S, Visit
from trainers.simulator.shoppers.items import Items
from trainers.simulator.shoppers.sessions import FOLLOWED, NEXT_LEAF, VIEWS

MOST_VISITS = 3
"""Of a session."""
NOWHERE = 1e-4
"""Chance that is spread over all leaves: cuts into visits can be wrong."""


def chances(items: Items, visits: Sequence[Visit], paused: bool, now: float, leaves: Floats, liked: Floats) -> Floats:
    """Chance of each product to be opened next.

    Args:
        items: the catalogue.
        visits: what was seen before.
        paused: whether the last event is longer ago than a session's pause.
        now: the moment.
        leaves: the chance of each leaf, where one is chosen freely.
        liked: what the taste adds to each product.
    """
    appeal = items.appeal(np.arange(len(items)), now)
    if not visits or paused:
        return _within(items, NOWHERE / len(leaves) + leaves, liked, appeal, now, frozenset(), -1)
    last = visits[-1]
    taken = last.taken | ({last.bought} if last.bought >= 0 else set())
    stay = going_on(len(last.views))
    follow = FOLLOWED if last.bought >= 0 else 0.0
    more = last.place + 1 < MOST_VISITS
    goes, roams = (1 - stay) * follow * more, (1 - stay) * (1 - follow) * NEXT_LEAF * more
    here = np.zeros(len(leaves))
    here[last.leaf] = stay
    shown = last.taken | {view.item for view in last.views}
    found = _within(items, here, liked, appeal, now, shown, last.partner)
    found += _within(items, roams * leaves + NOWHERE / len(leaves), liked, appeal, now, taken, -1)
    if goes:
        partners = np.zeros(len(leaves))
        np.add.at(partners, items.partner[items.leaf[last.bought]], goes / items.partner.shape[1])
        found += _within(items, partners, liked, appeal, now, taken, last.bought)
    return found


def going_on(views: int) -> float:
    """Chance that a visit of so many views has another one: 1 and a Poisson number are opened."""
    weights = [math.exp(-VIEWS) * VIEWS**k / math.factorial(k) for k in range(30)]
    left = sum(weights[max(views - 1, 0) :])
    return sum(weights[views:]) / left if left else 0.0


def in_session(now: float, last: float) -> bool:
    """Whether a question belongs to the session of the last event."""
    return now - last <= PAUSE_S


def _within(
    items: Items, leaves: Floats, liked: Floats, appeal: Floats, now: float, without: frozenset[int], partner: int
) -> Floats:
    utility = liked + appeal + matching(items, np.arange(len(items)), partner)
    logits = OPENED * utility + SHOWN * appeal
    weights = np.exp(logits - logits.max()) * (items.launch <= now)
    weights[list(without)] = 0
    total = np.bincount(items.leaf, weights, len(leaves))
    found: Floats = leaves[items.leaf] * weights / np.maximum(total[items.leaf], 1e-300)
    return found
