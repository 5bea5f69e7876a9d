"""A cross network over the features (Wang et al. 2021, "DCN V2", equation 1), with the place on the page beside it."""

from typing import cast

import torch
from torch import Tensor, nn

from trainers.ranker.tables import Tables

PLACES = 50
"""Places of a page that are told apart; those below count as the last."""


class Ranker(nn.Module):
    """Scores candidates. The place is a bias of its own, which training learns and serving leaves out: what was opened
    because it stood at the top is not mistaken for what is wanted (additive position bias, Zhao et al. 2019)."""

    def __init__(self, mean: Tensor, deviation: Tensor, layers: int) -> None:
        """`mean` and `deviation` [features] of the training data scale the features."""
        super().__init__()
        width = len(mean)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation.clamp(min=1e-3))
        self.crosses = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        for cross in self.crosses:
            nn.init.normal_(cast(nn.Linear, cross).weight, std=0.01)
        self.out = nn.Linear(width, 1, bias=False)
        nn.init.zeros_(self.out.weight)
        self.places = nn.Embedding(PLACES + 1, 1)
        nn.init.zeros_(self.places.weight)

    def forward(self, features: Tensor) -> Tensor:
        """[n, candidates, features] -> [n, candidates]"""
        first = ((features - self.mean) / self.deviation).clamp(-10, 10)
        x = first
        for cross in self.crosses:
            x = first * cross(x) + x
        scores: Tensor = self.out(x)[..., 0]
        return scores

    def on_page(self, features: Tensor, places: Tensor) -> Tensor:
        """The same with the bias of the places [n, candidates]; 0 is no place."""
        bias = self.places(places.clamp(max=PLACES))[..., 0] * (places > 0)
        scored: Tensor = self.forward(features) + bias
        return scored


class Served(nn.Module):
    """What the inference server runs: looks up what belongs to the products' ids, and scores. Without places."""

    def __init__(self, ranker: Ranker, tables: Tables) -> None:
        super().__init__()
        self.ranker = ranker
        self.tables = tables

    def forward(self, features: Tensor, candidates: Tensor, newest: Tensor) -> Tensor:
        """[n, candidates, features] and places of products [n, candidates], [n, newest] -> [n, candidates]"""
        known: Tensor = self.tables(candidates, newest)
        scores: Tensor = self.ranker(torch.cat([features, known], 2))
        return scores
