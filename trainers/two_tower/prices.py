"""Prices as the item tower sees them: on the scale of everything, and among those of the same category.

What is dear for socks is cheap for a coat. Shoppers have a level at which they are at home (on the simulated shop it
told more than brands or attributes did), so the price within the category comes in overlapping bins: an average over a
history then says where its level lies, which an average of plain numbers could not compare with.
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from trainers.two_tower.vocabulary import PADDING

LEVELS = torch.linspace(-2.0, 2.0, 9)
"""Middles of the bins, in deviations from the mean of the category."""
STRENGTH = 5.0
"""Products with the usual deviation that each category's own are mixed with: few of them say little about it."""
LEAST_DEVIATION = 0.1
"""Of the logarithm: where all cost the same, a cent is no luxury."""


class Price(nn.Module):
    """Embeds prices; 0, what is no number and what is out of reach count as unknown."""

    def __init__(self, width: int, categories: int, catalogue_paths: Tensor, catalogue_prices: Tensor) -> None:
        """The catalogue's `category_path` [n, depth] and `price` [n, 1] give the scales."""
        super().__init__()
        self.everywhere = nn.Linear(2, width)
        self.within = nn.Linear(len(LEVELS), width, bias=False)
        mean, deviation = _scales(categories, leaves(catalogue_paths).numpy(), catalogue_prices[:, 0].numpy())
        self.mean: Tensor
        self.deviation: Tensor
        self.levels: Tensor
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("deviation", torch.from_numpy(deviation))
        self.register_buffer("levels", LEVELS.clone())

    def forward(self, price: Tensor, category_path: Tensor) -> Tensor:
        """[n, 1] and [n, depth] -> [n, width]"""
        known = (price > 0) & (price < 1e12)
        flag = known.to(price.dtype)
        log = torch.where(known, price, torch.ones_like(price)).log()
        overall = ((log - self.mean[PADDING]) / self.deviation[PADDING]).clamp(-5, 5)
        leaf = leaves(category_path)
        level = (log - self.mean[leaf][:, None]) / self.deviation[leaf][:, None]
        bins = (1 - 2 * (level.clamp(-2, 2) - self.levels).abs()).clamp(min=0)
        found = self.everywhere(torch.cat([overall * flag, flag], 1)) + self.within(bins * flag)
        return cast(Tensor, found)


def leaves(category_path: Tensor) -> Tensor:
    """The deepest category of each path [n]; padding where there is none."""
    depth = (category_path != PADDING).sum(1, keepdim=True)
    return category_path.gather(1, (depth - 1).clamp(min=0))[:, 0]


def _scales(categories: int, leaf: np.ndarray, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the logarithm by category; those of all prices in the row of padding, and where a
    category has none."""
    known = (price > 0) & (price < 1e12)
    logs, leaf = np.log(price[known].astype(np.float64)), leaf[known]
    overall = (float(logs.mean()), float(logs.std())) if len(logs) else (0.0, 1.0)
    count = np.bincount(leaf, minlength=categories)
    mean = np.where(count > 0, np.bincount(leaf, logs, categories) / np.maximum(count, 1), overall[0])
    squares = np.bincount(leaf, (logs - mean[leaf]) ** 2, categories)
    usual = squares.sum() / max(len(logs), 1)
    deviation = np.sqrt((squares + STRENGTH * usual) / (count + STRENGTH))
    deviation = np.where(count > 0, deviation, overall[1])
    mean[PADDING], deviation[PADDING] = overall
    return mean.astype(np.float32), np.maximum(deviation, LEAST_DEVIATION).astype(np.float32)
