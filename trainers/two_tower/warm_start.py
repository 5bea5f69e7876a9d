"""Id embeddings before training: where products stand by who chose them.

The leading singular vectors of the matrix of choices, each shopper's row and each product's column scaled to count
alike (PureSVD, Cremonesi et al. 2010; for weighting by size as in Sarwar et al. 2001). They cost seconds, and what
gradient descent would have to find out first (which products are chosen by the same shoppers) is there at the start.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from trainers.datasets import Shop
from trainers.two_tower.item_tower import ItemTensors, ItemTower
from trainers.two_tower.vocabulary import UNKNOWN

DAMPING = 1.0
"""Choices added to each product's count, so that few do not make a product certain."""
CONTENT = 0.25
"""What the content's share is scaled by, so that at the start behaviour speaks where there is some."""


def apply(item: ItemTower, items: ItemTensors, shop: Shop, seed: int) -> None:
    """Sets the id embeddings of a fresh item tower; leaves it alone where there is too little to factorise."""
    width = item.ids.embedding_dim
    vectors = spectral(shop, width, seed)
    if vectors is None:
        return
    places = items.product_id[:, 0].cpu()
    known = places > UNKNOWN
    with torch.no_grad():
        item.ids.weight[places[known].to(item.ids.weight.device)] = torch.from_numpy(vectors)[known].to(
            item.ids.weight.device
        )
        for values in (*item.content.parameters(), item.scale):
            values.mul_(CONTENT)


def spectral(shop: Shop, width: int, seed: int) -> NDArray[np.float32] | None:
    """A vector of length 1 for each product that was chosen, zeros for the others; None if there are not enough."""
    events = shop.events
    kept = events.chosen & events.first
    entries = (np.ones(int(kept.sum())), (events.user[kept], events.item[kept]))
    chosen = sparse.csr_matrix(entries, (len(events.users), len(shop.products)))
    # The first singular vector is what everybody chooses, and tells products apart by nothing but that.
    ranks = min(width, min(chosen.shape) - 2, len(np.unique(events.item[kept])) - 2)
    if ranks < 1:
        return None
    by_shopper = _scaled(np.asarray(chosen.sum(1)).ravel())
    scaled = by_shopper @ chosen
    by_product = _scaled(np.asarray(scaled.multiply(scaled).sum(0)).ravel() + DAMPING)
    _, values, right = svds(scaled @ by_product, k=ranks + 1, v0=np.ones(min(chosen.shape)))
    order = np.argsort(-values)[1:]
    vectors = right[order].T * np.sqrt(values[order])
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.where(norms > np.finfo(np.float32).eps, vectors / np.maximum(norms, 1e-12), 0)
    return (vectors @ _rotation(width, seed)[:ranks]).astype(np.float32)


def _scaled(sizes: NDArray[np.float64]) -> sparse.dia_matrix:
    return sparse.diags(1 / np.sqrt(np.maximum(sizes, 1e-12)))


def _rotation(width: int, seed: int) -> NDArray[np.float64]:
    """Any rotation: a layer norm treats all entries alike, and leading singular values would fill only the first."""
    drawn = np.random.default_rng(seed).normal(size=(width, width))
    return np.linalg.qr(drawn)[0]
