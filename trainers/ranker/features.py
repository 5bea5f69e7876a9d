"""What is told to the ranker of a shopper and a candidate: counts, fits and recency, beside the towers' score."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import KINDS, Events, Shop
from trainers.datasets.tables import Floats, Ints
from trainers.evaluation.baselines import ItemKnn, RecentPopularity

NAMES = (
    "towers",
    "same leaf as the last event",
    "leaf share",
    "brand affinity",
    "attribute affinity",
    "attribute affinity of the newest",
    "price fit",
    "popularity",
    "popularity of the last weeks",
    "together with the newest",
    "gap",
    "events",
    "price level",
)
LIKES = {KINDS["ADD_TO_CART"]: 1.5, KINDS["PURCHASE"]: 2.0, KINDS["LIKE"]: 2.0, KINDS["DISLIKE"]: -2.0}
"""What an event says of its product, where a view says 1."""
NEWEST = 6
TOGETHER = 10
HALF_LIFE_DAYS = 14.0
PRIOR = 3.0
"""Events added to a shopper's, so that the first few do not speak as loudly as many."""
Rows = NDArray[np.float32]


class Features:
    """Computes them for one shop; counts are those of the events that it was made with."""

    def __init__(self, shop: Shop) -> None:
        products = shop.products
        self._leaf = _codes([path[-1] if path else "" for path in products.categories])
        self._brand = _codes(products.brands)
        self._attributes = _one_hot([[f"{k}={v}" for k, v in row.items()] for row in products.attributes])
        self._prices = products.prices
        counted = shop.events.item[shop.events.chosen & shop.events.first]
        self._popularity = np.log1p(np.bincount(counted, minlength=len(products)))
        recent = RecentPopularity(half_life_days=HALF_LIFE_DAYS)
        recent.refit(shop)
        self._recent = np.log1p(recent.weights)
        neighbours = ItemKnn()
        neighbours.refit(shop)
        self._similar = neighbours.similar

    @cached_property
    def level(self) -> Floats:
        """Where a product's price stands among those of its leaf, from 0 (cheapest) to 1."""
        found = np.zeros(len(self._leaf))
        for leaf in np.unique(self._leaf):
            rows = np.flatnonzero(self._leaf == leaf)
            places = np.argsort(np.argsort(self._prices[rows], kind="stable"), kind="stable")
            found[rows] = places / max(len(rows) - 1, 1)
        return found

    def of(self, events: Events, history: Ints, now: float, candidates: Ints, towers: Rows) -> Rows:
        """Features [candidates, NAMES] of one shopper at one moment.

        Args:
            events: where the history stands.
            history: positions of the shopper's events, oldest first.
            now: seconds since 1970.
            candidates: positions in the catalogue.
            towers: inner products of the towers' vectors, by candidate.
        """
        found = np.zeros((len(candidates), len(NAMES)), np.float32)
        found[:, 0], found[:, 7], found[:, 8] = towers, self._popularity[candidates], self._recent[candidates]
        found[:, 12] = self.level[candidates]
        if not len(history):
            return found
        items = events.item[history]
        weights = np.array([LIKES.get(kind, 1.0) for kind in events.kind[history].tolist()])
        size = np.sqrt(len(items) + PRIOR)
        gap_h = max(now - events.time[history[-1]], 0) / 3600
        leaves, brands = self._leaf[candidates], self._brand[candidates]
        found[:, 1] = (leaves == self._leaf[items[-1]]) / (1 + gap_h)
        found[:, 2] = (leaves[:, None] == self._leaf[items]).mean(1)
        found[:, 3] = ((brands[:, None] == self._brand[items]) * weights).sum(1) / size
        mine = self._attributes[candidates]
        found[:, 4] = mine @ (self._attributes[items] * weights[:, None]).sum(0) / size
        found[:, 5] = mine @ self._attributes[items[-NEWEST:]].mean(0)
        home = (self.level[items].sum() + PRIOR / 2) / (len(items) + PRIOR)
        found[:, 6] = -((self.level[candidates] - home) ** 2) * np.sqrt(len(items))
        found[:, 9] = self._together(items[-TOGETHER:], candidates)
        found[:, 10], found[:, 11] = np.log1p(gap_h), np.log1p(len(items))
        return found

    def _together(self, items: Ints, candidates: Ints) -> Floats:
        """How often the candidates were chosen by those who chose the newest products (item-kNN)."""
        found = np.asarray(self._similar[items].sum(0)).ravel()
        return np.asarray(found[candidates], np.float64)


def _codes(names: object) -> Ints:
    return np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)


def _one_hot(rows: list[list[str]]) -> Rows:
    places = {name: i for i, name in enumerate(sorted({name for row in rows for name in row}))}
    found = np.zeros((len(rows), max(len(places), 1)), np.float32)
    for i, row in enumerate(rows):
        found[i, [places[name] for name in row]] = 1
    return found
