"""Small made-up shops to learn from in a second."""

import numpy as np

from trainers.datasets import KINDS, Products, Shop
from trainers.datasets.tables import make_events

DAY_S = 86_400.0
CLUSTERS = 6


def small_shop(products: int = 240, shoppers: int = 250, events: int = 16, seed: int = 1) -> Shop:
    """A shop whose shoppers like one of six categories each, and within it what comes next in a circle.

    There is something to learn from the category, the brand and the order; chance products are in between.
    """
    random = np.random.default_rng(seed)
    groups = np.arange(products) % CLUSTERS
    catalogue = Products(
        ids=[f"p{i}" for i in range(products)],
        titles=[f"Thing number {i} of kind k{group}" for i, group in enumerate(groups)],
        categories=[("all", f"c{group}") for group in groups],
        brands=[f"brand {i % 7}" for i in range(products)],
        prices=np.round(random.lognormal(3, 1, products), 2),
        attributes=[{"colour": ["red", "blue", "green"][i % 3]} for i in range(products)],
    )
    users, items, kinds, times = [], [], [], []
    for shopper in range(shoppers):
        liked = np.flatnonzero(groups == random.integers(CLUSTERS))
        place = random.integers(len(liked))
        moments = np.sort(random.uniform(0, 60 * DAY_S, events))
        for moment in moments:
            place = (place + random.integers(1, 4)) % len(liked)
            users.append(f"users/u{shopper}")
            items.append(f"p{liked[place] if random.random() < 0.8 else random.integers(products)}")
            kinds.append(KINDS[["VIEW", "VIEW", "ADD_TO_CART", "PURCHASE", "LIKE", "DISLIKE"][random.integers(6)]])
            times.append(1.7e9 + moment)
    made = make_events(catalogue, users, items, np.array(kinds, np.int64), np.array(times, np.float64))
    return Shop("small", catalogue, made, {"users/u0": ("c1",)})
