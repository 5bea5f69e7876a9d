"""The questions of a test, asked again by somebody of whom less is known."""

from dataclasses import replace

import numpy as np

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Ints, Products
from trainers.evaluation.protocols import Queries, history_rows

CLICKS = (0, 1, 3, 10)
"""Newest events that are left of each history. Only questions with as many as the most are asked."""
WITHHELD = 0.1
"""Share of the catalogue that nobody has seen yet."""


def eligible(events: Events, queries: Queries) -> Ints:
    """Rows of the questions that can be asked with each of CLICKS, so that all of them are asked the same."""
    return np.flatnonzero(queries.end - events.starts[queries.user] >= max(CLICKS))


def stating(shop: Shop, queries: Queries) -> Ints:
    """Rows of the questions whose shopper said what they like."""
    stated = np.array([name in shop.preferences for name in shop.events.users], bool)
    return np.flatnonzero(stated[queries.user])


def shortened(events: Events, queries: Queries, clicks: int, named: bool) -> tuple[Events, Queries]:
    """The same questions with no more than the newest events before them.

    Args:
        events: where the histories stand.
        queries: the questions.
        clicks: events that are left of each history.
        named: whether they are asked under the shopper's name, by which stated preferences are known. A visitor has
            none.
    """
    rows, places = history_rows(events, queries, clicks) if clicks else (np.zeros(0, int), np.zeros(0, int))
    nothing = events.where(np.zeros(len(events), bool))
    names = [events.users[user] for user in queries.user]
    if not named:
        names = [f"visitors/{name.rpartition('/')[2]}" for name in names]
    columns = {name: getattr(events, name)[places] for name in ("item", "kind", "time", "rating")}
    known = replace(nothing, users=names, user=rows, **columns)
    return known, replace(queries, user=np.arange(len(queries)), end=known.starts[1:])


def withheld(products: Products, events: Events, seed: int) -> Ints:
    """Positions of the products that are taken for new: drawn among those that anybody chose."""
    chosen = np.unique(events.item[events.chosen])
    count = max(1, round(len(products) * WITHHELD))
    return np.sort(np.random.default_rng(seed).choice(chosen, min(count, len(chosen)), replace=False))


def about(queries: Queries, items: Ints) -> Ints:
    """Rows of the questions whose answers are all among these products."""
    inside = np.isin(queries.relevant, items)
    return np.flatnonzero(np.logical_and.reduceat(inside, queries.offsets[:-1])) if len(queries) else np.zeros(0, int)
