"""Products that the towers have never seen, placed by the item tower from what the catalogue says of them.

It is what the running shop does seconds after a product was created: the towers have learned without the product,
its title, category, price and attributes go through the item tower, and the vector stands beside all others.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Ints
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores
from trainers.two_tower import history
from trainers.two_tower.item_tower import encode
from trainers.two_tower.model import AT_ONCE, Towers


def without(shop: Shop, items: Ints) -> Shop:
    """The shop before these products came: neither the products nor what was done with them."""
    kept = np.setdiff1d(np.arange(len(shop.products)), items)
    place = np.full(len(shop.products), -1)
    place[kept] = np.arange(len(kept))
    there = shop.events.where(place[shop.events.item] >= 0)
    products = shop.products
    fewer = replace(
        products,
        **{name: [getattr(products, name)[i] for i in kept] for name in ("ids", "titles", "categories", "brands")},
        prices=products.prices[kept],
        attributes=[products.attributes[i] for i in kept],
        vectors={encoder: vectors[kept] for encoder, vectors in products.vectors.items()},
    )
    return replace(shop, products=fewer, events=replace(there, item=place[there.item]))


@dataclass
class Newcomers:
    """Towers that learned from a smaller catalogue, asked about the whole one."""

    towers: Towers
    shop: Shop
    """With every product."""
    name: str = "two-tower"

    def __post_init__(self) -> None:
        """Computes every product's vector."""
        towers = self.towers
        items = encode(towers.spec.items(self.shop.products), towers.vocabularies).to(towers.device)
        rows = torch.split(torch.arange(len(self.shop.products), device=towers.device), AT_ONCE)
        towers.item.eval()
        with torch.inference_mode():
            self._vectors = torch.cat([towers.item(*items.take(part).tuple()) for part in rows])

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Inner products of both towers' vectors [questions, products]."""
        histories = history.cut(events, queries, self.towers.spec, self.shop.preferred)
        users = self.towers.user_vectors(histories, self._vectors)
        with torch.inference_mode():
            found: Scores = (users @ self._vectors.T).cpu().numpy().astype(np.float32)
        return found
