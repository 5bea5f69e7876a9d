"""What the ranker looks up by a product's id: how popular it is, and what was chosen by those who chose it.

The counts are those of a training. They are part of the model, so that a product's id is all that a server needs; one
that is newer than the training counts as never chosen.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainers.datasets import Shop
from trainers.datasets.tables import Floats
from trainers.evaluation.baselines import ItemKnn, RecentPopularity
from trainers.ranker.config import Config

COLUMNS = ("popularity", "popularity of the last weeks", "together with the newest")
NOBODY = -1
"""No neighbour."""


class Tables(nn.Module):
    """Places are positions in the catalogue plus 1; 0 is a product that is not known, or none."""

    def __init__(self, popularity: Tensor, recent: Tensor, neighbours: Tensor, strengths: Tensor) -> None:
        """[products + 1] and [products + 1, neighbours]."""
        super().__init__()
        self.popularity: Tensor
        self.recent: Tensor
        self.neighbours: Tensor
        self.strengths: Tensor
        self.register_buffer("popularity", popularity)
        self.register_buffer("recent", recent)
        self.register_buffer("neighbours", neighbours)
        self.register_buffer("strengths", strengths)

    def forward(self, candidates: Tensor, newest: Tensor) -> Tensor:
        """Places [n, candidates] and [n, newest] -> [n, candidates, COLUMNS]"""
        near = self.neighbours[newest].flatten(1)[:, None, :]
        strengths = self.strengths[newest].flatten(1)[:, None, :]
        same = near == candidates.to(near.dtype)[:, :, None]
        together = torch.where(same, strengths, torch.zeros_like(strengths)).sum(2)
        return torch.stack([self.popularity[candidates], self.recent[candidates], together], 2)


def build(shop: Shop, config: Config) -> Tables:
    """Counts the shop's events."""
    counted = shop.events.item[shop.events.chosen & shop.events.first]
    popularity = np.bincount(counted, minlength=len(shop.products)).astype(np.float64)
    recent = RecentPopularity(half_life_days=config.half_life_days)
    recent.refit(shop)
    neighbours, strengths = _neighbours(shop, config.neighbours)
    return Tables(
        torch.from_numpy(_scaled(popularity)),
        torch.from_numpy(_scaled(recent.weights.astype(np.float64))),
        torch.from_numpy(neighbours),
        torch.from_numpy(strengths),
    )


def _scaled(counts: Floats) -> NDArray[np.float32]:
    """Logarithms of counts over their mean: a shop that was watched for longer has larger counts of everything."""
    scaled = np.log1p(counts / max(float(counts.mean()) if len(counts) else 0.0, 1e-9))
    return np.concatenate([[0.0], scaled]).astype(np.float32)


def _neighbours(shop: Shop, most: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    model = ItemKnn(neighbours=most)
    model.refit(shop)
    similar = model.similar
    places = np.full((len(shop.products) + 1, most), NOBODY, np.int32)
    strengths = np.zeros(places.shape, np.float32)
    sizes = np.diff(similar.indptr)
    row = np.repeat(np.arange(len(sizes)), sizes)
    column = np.arange(len(row)) - np.repeat(similar.indptr[:-1], sizes)
    places[row + 1, column] = similar.indices + 1
    strengths[row + 1, column] = similar.data
    return places, strengths
