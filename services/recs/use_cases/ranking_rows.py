"""Rows of products for the ranker's features, kept for a while: a request looks at a hundred of them."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.recs.domain.ranker_spec import ProductFacts, RankerSpec
from services.recs.use_cases.products import price
from services.recs.use_cases.ranking_features import Columns

KEPT_S = 60.0
"""After which a changed price or attribute is seen."""
MOST_CODES = 500_000
"""Strings that are told apart; with more of them all begins anew."""
NOWHERE = -1
"""The last row, which stays empty."""


class Rows:
    """Products of one release's ranker, by id."""

    def __init__(self, spec: RankerSpec, max_attributes: int, size: int) -> None:
        """`size` is how many products are kept."""
        self._spec = spec
        self._max_attributes = max_attributes
        self._size = size
        self._levels = {leaf: np.array(prices) for leaf, prices in spec.price_levels.items()}
        self._clear()

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those that are not known, or not known any more."""
        now, until, places = time.monotonic(), self._until, self._places
        return [item for item in dict.fromkeys(ids) if (place := places.get(item)) is None or until[place] < now]

    def learn(self, asked: Sequence[str], products: Mapping[str, ProductFacts]) -> None:
        """Takes products; those that were asked for and are not there are gone."""
        if len(self._places) + len(asked) > self._size or len(self._codes) > MOST_CODES:
            self._clear()
        until = time.monotonic() + KEPT_S
        for item in asked[: self._size]:
            place = self._places.setdefault(item, len(self._places))
            self._until[place], self._there[place] = until, item in products
            if item in products:
                self._put(place, products[item])

    def places(self, ids: Sequence[str]) -> list[int]:
        """Places of products; NOWHERE for those that are not there."""
        found = (self._places.get(item, NOWHERE) for item in ids)
        return [place if self._there[place] else NOWHERE for place in found]

    def columns(self, places: Sequence[int]) -> Columns:
        """Rows by place; empty ones for NOWHERE."""
        return self._columns.take(places)

    def _put(self, place: int, facts: ProductFacts) -> None:
        leaf = facts.category_ids[-1] if facts.category_ids else ""
        texts = sorted(f"{key}={value}" for key, value in facts.attributes.items())[: self._max_attributes]
        columns = self._columns
        columns.leaf[place] = self._code("leaf", leaf)
        columns.brand[place] = self._code("brand", facts.brand)
        columns.level[place] = self._level(leaf, facts.price)
        columns.attributes[place] = 0
        columns.attributes[place, : len(texts)] = [self._code("attribute", text) for text in texts]

    def _code(self, kind: str, text: str) -> int:
        return self._codes.setdefault((kind, text), len(self._codes) + 1) if text else 0

    def _level(self, leaf: str, amount: float) -> float:
        prices = self._levels.get(leaf, self._levels[""])
        return float(np.interp(amount, prices, np.linspace(0, 1, len(prices)))) if amount > 0 else 0.5

    def _clear(self) -> None:
        self._places: dict[str, int] = {}
        self._codes: dict[tuple[str, str], int] = {}
        self._until = np.zeros(self._size)
        rows = self._size + 1
        self._there = np.zeros(rows, bool)
        self._columns = Columns(
            np.zeros(rows, np.int64),
            np.zeros(rows, np.int64),
            np.full(rows, 0.5),
            np.zeros((rows, self._max_attributes), np.int64),
        )


def facts(product: Product) -> ProductFacts:
    """What the features look at."""
    return ProductFacts(tuple(product.category_ids), product.brand, price(product), dict(product.attributes))
