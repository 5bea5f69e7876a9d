"""From ranks to numbers.

NDCG and MAP as in Manning et al., Introduction to Information Retrieval, 8.4, with binary relevance. Intervals are
percentile bootstraps over shoppers (Efron 1979): questions of one shopper are not independent of each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trainers.datasets.tables import Floats, Ints

CUTOFFS = (10, 20)
RESAMPLES = 1_000


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float


def of_ranks(ranks: Floats, offsets: Ints) -> Mapping[str, Floats]:
    """Metrics of each question.

    Args:
        ranks: of every relevant product, 1 is the top; of all questions one after the other.
        offsets: where each question's ranks begin; one entry more than questions.
    """
    sizes = np.diff(offsets)
    # Average precision needs, for each relevant product, how many relevant ones stand at or above it.
    question = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((ranks, question))
    above = np.arange(1, len(ranks) + 1) - offsets[question]
    found: dict[str, Floats] = {}
    for k in CUTOFFS:
        within = ranks[order] <= k
        gains = np.where(within, 1 / np.log2(1 + ranks[order]), 0.0)
        ideal = np.cumsum(1 / np.log2(2 + np.arange(k)))[np.minimum(sizes, k) - 1]
        found[f"ndcg@{k}"] = np.add.reduceat(gains, offsets[:-1]) / ideal
        found[f"recall@{k}"] = np.add.reduceat(within.astype(float), offsets[:-1]) / np.minimum(sizes, k)
        precision = np.where(within, above / ranks[order], 0.0)
        found[f"map@{k}"] = np.add.reduceat(precision, offsets[:-1]) / np.minimum(sizes, k)
        best = np.minimum.reduceat(ranks, offsets[:-1])
        found[f"mrr@{k}"] = np.where(best <= k, 1 / best, 0.0)
    found["mrr"] = 1 / best
    return found


def estimate(values: Floats, shopper: Ints, seed: int = 0) -> Estimate:
    """The mean over questions, with an interval over shoppers."""
    return ratio(values, np.ones(len(values)), shopper, seed)


def ratio(above: Floats, below: Floats, shopper: Ints, seed: int = 0) -> Estimate:
    """The sum of one thing over the sum of another, with an interval over shoppers."""
    _, group = np.unique(shopper, return_inverse=True)
    sums, counts = np.bincount(group, above), np.bincount(group, below)
    draws = np.random.default_rng(seed).multinomial(len(sums), np.full(len(sums), 1 / len(sums)), RESAMPLES)
    with np.errstate(invalid="ignore"):  # a draw may miss all shoppers that count
        low, high = np.nanpercentile((draws @ sums) / (draws @ counts), [2.5, 97.5])
    return Estimate(float(sums.sum() / counts.sum()), float(low), float(high))
