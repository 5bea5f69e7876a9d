"""Sampled softmax.

The candidates of a step are the products that anybody in the batch chose (in-batch negatives, Yi et al. 2019,
"Sampling-bias-corrected neural modeling"), some drawn uniformly (mixed negatives, Yang et al. 2020), and late in a
training some that are hard (hard.py). Each product stands among them once, so that no positive can be its own negative
(the accidental hits of in-batch negatives are masked by construction). logQ is the logarithm of the probability that
the product is among the candidates.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from trainers.datasets.tables import Floats, Ints

NONE: Ints = np.zeros(0, np.int64)


def candidates(
    targets: Ints, products: int, negatives: int, random: np.random.Generator, hard: Ints = NONE
) -> tuple[Ints, Ints]:
    """Candidates, sorted, and the column of each target among them."""
    drawn = np.arange(products) if negatives >= products else random.choice(products, negatives, replace=False)
    found = np.unique(np.concatenate([targets, drawn, hard]))
    return found, np.searchsorted(found, targets)


def log_q(
    frequency: Floats, chosen: Ints, targets: int, negatives: int, by_hard: Floats | float = 0.0
) -> NDArray[np.float32]:
    """Logarithm of the probability of each candidate to be one.

    Args:
        frequency: how often each product is a target, over the training data.
        chosen: the candidates.
        targets: how many targets the batch has.
        negatives: how many products are drawn uniformly.
        by_hard: the chance of each candidate to be drawn as a hard negative [candidates].
    """
    by_batch = -np.expm1(targets * np.log1p(-np.minimum(frequency[chosen], 1 - 1e-9)))
    by_draw = min(1.0, negatives / len(frequency))
    by_both = by_batch + (1 - by_batch) * by_draw
    by_any = by_both + (1 - by_both) * by_hard
    found: NDArray[np.float32] = np.log(np.maximum(by_any, 1e-12)).astype(np.float32)
    return found


def sampled_softmax(users: Tensor, items: Tensor, columns: Tensor, correction: Tensor, temperature: float) -> Tensor:
    """Mean cross entropy.

    Args:
        users: vectors of the places that predict [places, dimension].
        items: vectors of the candidates [candidates, dimension].
        columns: the right candidate of each place [places].
        correction: logQ of the candidates [candidates].
        temperature: cosines are divided by it.
    """
    scores = torch.addmm(-correction, users / temperature, items.T)
    return functional.cross_entropy(scores.float(), columns)
