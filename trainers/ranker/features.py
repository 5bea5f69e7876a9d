"""What the ranker is told of a shopper and a candidate: fits and recency, beside the towers' score.

Serving computes the same from the release's feature specification; golden rows in it hold the two to each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import KINDS, Events, Products
from trainers.datasets.tables import Floats, Ints
from trainers.ranker.config import Config
from trainers.two_tower.spec import FeatureSpec

NAMES = (
    "towers",
    "last leaf",
    "last leaf bought",
    "session leaf",
    "leaf share",
    "brand",
    "attributes",
    "attributes of the newest",
    "attributes wanted",
    "price fit",
    "gap",
    "events",
    "price level",
)
UNKNOWN_LEVEL = 0.5
DIGITS = 4
"""Of a price among the quantiles."""
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class History:
    """A shopper at one moment."""

    items: Ints
    """Positions in the catalogue, oldest event first."""
    kinds: Ints
    ages_h: Floats

    @staticmethod
    def of(events: Events, places: Ints, now: float, spec: FeatureSpec) -> "History":
        """The newest of a shopper's events before `now`, in seconds since 1970."""
        kept = places[-spec.history_length :]
        ages = np.maximum(now - events.time[kept], 0) / 3600
        return History(events.item[kept], events.kind[kept], ages)

    def __len__(self) -> int:
        return len(self.items)


class Features:
    """Computes them for one catalogue."""

    def __init__(
        self,
        products: Products,
        spec: FeatureSpec,
        config: Config,
        price_levels: Mapping[str, list[float]] | None = None,
    ) -> None:
        """`price_levels` are those of a release; the catalogue's own if None."""
        self._config = config
        self._given = price_levels
        self._leaf = _codes([path[-1] if path else "" for path in products.categories])
        self._brand = _codes(list(products.brands))
        rows = [sorted(f"{key}={value}" for key, value in row.items()) for row in products.attributes]
        self._attributes = _one_hot([row[: spec.max_attributes] for row in rows])
        self._leaves = [path[-1] if path else "" for path in products.categories]
        self._prices = np.asarray(products.prices, np.float64)
        self._weights = np.ones(max(KINDS.values()) + 1)
        for kind, weight in config.weights.items():
            self._weights[KINDS[kind]] = weight
        self._wanted = np.isin(np.arange(len(self._weights)), [KINDS[kind] for kind in config.wanted])

    @cached_property
    def price_levels(self) -> Mapping[str, list[float]]:
        """Quantiles of the prices by leaf, evenly spaced from 0 to 1; those of all products under ''."""
        if self._given is not None:
            return self._given
        shares, known = np.linspace(0, 1, self._config.quantiles), self._prices > 0
        leaves = np.array(self._leaves, dtype=object)
        found = {"": self._prices[known]} | {
            leaf: self._prices[known & (leaves == leaf)] for leaf in dict.fromkeys(self._leaves) if leaf
        }
        return {
            leaf: np.round(np.quantile(prices, shares), DIGITS).tolist()
            for leaf, prices in found.items()
            if len(prices) or not leaf
        } if known.any() else {"": [0.0, 1.0]}  # fmt: skip

    @cached_property
    def level(self) -> Floats:
        """Where a product's price stands among those of its leaf, from 0 (cheapest) to 1."""
        found = np.full(len(self._prices), UNKNOWN_LEVEL)
        for place, (leaf, price) in enumerate(zip(self._leaves, self._prices.tolist(), strict=True)):
            if price > 0:
                prices = self.price_levels.get(leaf, self.price_levels[""])
                found[place] = np.interp(price, prices, np.linspace(0, 1, len(prices)))
        return found

    def of(self, history: History, candidates: Ints, towers: Rows | Floats) -> Rows:
        """Features [candidates, NAMES].

        Args:
            history: of the shopper.
            candidates: positions in the catalogue.
            towers: inner products of the towers' vectors, by candidate.
        """
        named: dict[str, Any] = {"towers": towers, "price level": self.level[candidates]}
        if len(history):
            named |= self._of_both(history, candidates)
        found = np.zeros((len(candidates), len(NAMES)), np.float32)
        for column, name in enumerate(NAMES):
            found[:, column] = named.get(name, 0.0)
        return found

    def _of_both(self, history: History, candidates: Ints) -> dict[str, Any]:
        config, items, kinds, count = self._config, history.items, history.kinds, len(history)
        weights, gap_h = self._weights[kinds], float(history.ages_h[-1])
        size, session = np.sqrt(count + config.prior), history.ages_h <= config.session_h
        leaves, brands = self._leaf[candidates], self._brand[candidates]
        same_leaf = (leaves[:, None] == self._leaf[items]) & (leaves[:, None] != 0)
        same_brand = (brands[:, None] == self._brand[items]) & (brands[:, None] != 0)
        mine, theirs = self._attributes[candidates], self._attributes[items]
        last = same_leaf[:, -1] / (1 + gap_h)
        home = (self.level[items].sum() + config.prior / 2) / (count + config.prior)
        return {
            "last leaf": last,
            "last leaf bought": last * (kinds[-1] == KINDS["PURCHASE"]),
            "session leaf": (same_leaf * session).sum(1) / max(session.sum(), 1),
            "leaf share": same_leaf.mean(1),
            "brand": (same_brand * weights).sum(1) / size,
            "attributes": mine @ (theirs * weights[:, None]).sum(0) / size,
            "attributes of the newest": mine @ theirs[-config.recent :].mean(0),
            "attributes wanted": mine @ (theirs * (weights * self._wanted[kinds])[:, None]).sum(0) / size,
            "price fit": -((self.level[candidates] - home) ** 2) * np.sqrt(count),
            "gap": np.log1p(gap_h),
            "events": np.log1p(count),
        }


def _codes(names: list[str]) -> Ints:
    """Whole numbers for strings; 0 for the empty one."""
    places = {"": 0}
    return np.array([places.setdefault(name, len(places)) for name in names], np.int64)


def _one_hot(rows: list[list[str]]) -> Rows:
    places = {name: i for i, name in enumerate(sorted({name for row in rows for name in row}))}
    found = np.zeros((len(rows), max(len(places), 1)), np.float32)
    for i, row in enumerate(rows):
        found[i, [places[name] for name in row]] = 1
    return found
