"""Vectors of an encoder as the item tower takes them: made white, then through a linear layer.

Encoders leave most of a vector to what all products of a shop have in common. The leading principal components of the
catalogue, each scaled to count alike (PCA whitening, Kessy et al. 2018), are what tells its products apart.
"""

import torch
from torch import Tensor, nn

COMPONENTS = 64
LEAST = 1e-6
"""Components with less than this share of the first one's variance are rounding."""
WITHOUT = 0.2
"""Share of products that must do without a vector in a step: the tower is to place those well that have none."""


class Encoded(nn.Module):
    """What one encoder contributes to a product's vector; nothing where its own vector is zeros."""

    def __init__(self, width: int, catalogue: Tensor) -> None:
        """The catalogue's vectors [products, dimension] give the components."""
        super().__init__()
        mean, components = _whitening(catalogue)
        self.mean: Tensor
        self.components: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("components", components)
        self.linear = nn.Linear(components.shape[1], width, bias=False)
        nn.init.normal_(self.linear.weight, std=width**-0.5)

    def forward(self, vectors: Tensor) -> Tensor:
        """[n, dimension] -> [n, width]"""
        there = (vectors != 0).any(1, keepdim=True)
        if self.training:
            there = there & (torch.rand(len(vectors), 1) >= WITHOUT).to(vectors.device)
        embedded: Tensor = self.linear((vectors - self.mean) @ self.components)
        return embedded * there.to(embedded.dtype)


def _whitening(catalogue: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [dimension], and components [dimension, at most COMPONENTS] that make vectors of a mean square of 1."""
    known = catalogue[(catalogue != 0).any(1)].double()
    if len(known) < 2:
        return torch.zeros(catalogue.shape[1]), torch.zeros(catalogue.shape[1], 1)
    mean = known.mean(0)
    values, directions = torch.linalg.eigh((known - mean).T @ (known - mean) / len(known))  # smallest first
    kept = (values > LEAST * values[-1]).nonzero()[-COMPONENTS:, 0]
    scaled = directions[:, kept] / (values[kept] * len(kept)).sqrt()
    return mean.float(), scaled.float()
