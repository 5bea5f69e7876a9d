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


def estimates(values: Mapping[str, Floats], shopper: Ints, seed: int = 0) -> dict[str, Estimate]:
    """The means of several metrics of the same questions, by the same draws."""
    drawn, total = _resampled(np.stack([*values.values(), np.ones(len(shopper))], 1), shopper, seed)
    lows, highs = np.percentile(drawn[:, :-1] / drawn[:, -1:], [2.5, 97.5], axis=0)
    means = total[:-1] / total[-1]
    return {name: Estimate(float(means[i]), float(lows[i]), float(highs[i])) for i, name in enumerate(values)}


def ratio(above: Floats, below: Floats, shopper: Ints, seed: int = 0) -> Estimate:
    """The sum of one thing over the sum of another, with an interval over shoppers."""
    drawn, total = _resampled(np.stack([above, below], 1), shopper, seed)
    with np.errstate(invalid="ignore"):  # a draw may miss all shoppers that count
        low, high = np.nanpercentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return Estimate(float(total[0] / total[1]), float(low), float(high))


def _resampled(columns: Floats, shopper: Ints, seed: int) -> tuple[Floats, Floats]:
    """Sums of the columns over as many shoppers as there are, drawn with replacement, [RESAMPLES, columns]; and over
    each shopper once."""
    _, group = np.unique(shopper, return_inverse=True)
    sums = np.stack([np.bincount(group, column) for column in columns.T], 1)
    random, size = np.random.default_rng(seed), len(sums)
    # Drawing shoppers and counting them is many times as fast as numpy's multinomial.
    drawn = [np.bincount(random.integers(size, size=size), minlength=size) @ sums for _ in range(RESAMPLES)]
    return np.stack(drawn), sums.sum(0)
