"""The order of found products."""

from dataclasses import dataclass

import numpy as np

from services.kit.errors import InvalidArgument
from services.search.ports import Rows
from services.search.use_cases.catalogue import Catalogue, Column
from services.search.use_cases.position import Position, digest

RELEVANCE = "relevance"
ORDERS = {
    "": (RELEVANCE, True),
    "relevance": (RELEVANCE, True),
    "relevance desc": (RELEVANCE, True),
    "price": ("price", False),
    "price asc": ("price", False),
    "price desc": ("price", True),
    "rating desc": ("rating", True),
    "create_time desc": ("create_time", True),
}


@dataclass(frozen=True)
class Ordered:
    """Rows in their order, with what put them there: first `tiers`, then `keys`, the highest first in both."""

    rows: Rows
    tiers: Column
    keys: Column
    ties: Column
    """Digests of ids, the lowest first among equals."""

    def __len__(self) -> int:
        return len(self.rows)

    def first(self, count: int) -> "Ordered":
        """The first of them."""
        return self.where(slice(count))

    def where(self, kept: Column | slice) -> "Ordered":
        """Those of them that are kept, by a [found] of bool or a slice."""
        return Ordered(self.rows[kept], self.tiers[kept], self.keys[kept], self.ties[kept])


def parse(order_by: str) -> tuple[str, bool]:
    """Field and whether it descends.

    Raises:
        InvalidArgument: it is no order.
    """
    order = ORDERS.get(" ".join(order_by.split()))
    if order is None:
        known = ", ".join(sorted(name for name in ORDERS if name and not name.endswith("asc")))
        raise InvalidArgument.field("order_by", f"is not one of {known}")
    return order


def ordered(catalogue: Catalogue, rows: Rows, tiers: Column, keys: Column) -> Ordered:
    """Highest tier first, in it highest key first; the order of equals is that of their digests."""
    # A page token holds a float of Python's: what is compared with it has to be as precise.
    tiers, keys = tiers.astype(np.float64), keys.astype(np.float64)
    ties = catalogue.digests[rows]
    order = np.lexsort((ties, -keys, -tiers))
    return Ordered(rows[order], tiers[order], keys[order], ties[order])


def by_field(catalogue: Catalogue, rows: Rows, field: str, descending: bool) -> Ordered:
    """By price, rating or time; what has no value comes last."""
    values = catalogue.numbers[field][rows]
    keys = np.where(np.isnan(values), -np.inf, values if descending else -values)
    if field == "rating":
        # Of two with the same mean, the one that more people rated: less than a hundredth of a star in all.
        keys = keys + np.minimum(np.log1p(catalogue.rating_count[rows]), 20.0) / 2000.0
    return ordered(catalogue, rows, np.zeros(len(rows)), keys)


def page(catalogue: Catalogue, found: Ordered, after: Position | None, size: int) -> Rows:
    """Places in `found` of the next page: what was not shown yet."""
    if after is None:
        return np.arange(min(size, len(found)))
    places = np.arange(len(found))
    if after.forgets:
        lower = (found.keys < after.key) | ((found.keys == after.key) & (found.ties > after.tie))
        places = places[(found.tiers < after.tier) | ((found.tiers == after.tier) & lower)]
    picked: list[int] = []
    for place in places:
        if digest(catalogue.ids[found.rows[place]]) not in after.shown:
            picked.append(int(place))
            if len(picked) == size:
                break
    return np.array(picked, np.int64)
