"""What a ranked list is worth when a question has several right answers."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Estimate = Mapping[str, float]
CUT = 10
SAMPLES = 1000
LOW, HIGH = 2.5, 97.5


def of_scores(scores: Scores, right: Sequence[NDArray[np.int64]]) -> dict[str, NDArray[np.float64]]:
    """Each metric, one value a question.

    Recall@k is the share of all right answers that stand among the first k, mrr that of the first right one among the
    first ten (else 0), P@k the share of the first k that are right. `best P@10` is what a perfect ranking has: a
    question with three right answers cannot be above 0.3.

    Args:
        scores: [questions, documents].
        right: places of the right documents, by question; none is empty.
    """
    width = min(CUT, scores.shape[1])
    # A stable sort: equal scores stand in the order of the documents, which knows nothing of the question.
    order = np.argsort(-scores, axis=1, kind="stable")[:, :width]
    hits = np.stack([np.isin(row, wanted) for row, wanted in zip(order, right, strict=True)])
    counts = np.array([len(wanted) for wanted in right])
    first = np.where(hits.any(axis=1), hits.argmax(axis=1), -1)
    return {
        "recall@1": hits[:, 0] / counts,
        "recall@3": hits[:, :3].sum(axis=1) / counts,
        "recall@10": hits.sum(axis=1) / counts,
        "mrr": np.where(first >= 0, 1.0 / np.maximum(first + 1, 1), 0.0),
        "P@1": hits[:, 0].astype(np.float64),
        "P@10": hits.sum(axis=1) / CUT,
        "best P@10": np.minimum(counts, CUT) / CUT,
    }


def estimates(values: Mapping[str, NDArray[np.float64]], seed: int = 7) -> dict[str, Estimate]:
    """Means with 95 % bootstrap intervals over questions."""
    random = np.random.default_rng(seed)
    count = len(next(iter(values.values())))
    drawn = random.integers(0, count, (SAMPLES, count))
    found: dict[str, Estimate] = {}
    for name, value in values.items():
        low, high = np.percentile(value[drawn].mean(axis=1), (LOW, HIGH))
        found[name] = {"value": float(value.mean()), "low": float(low), "high": float(high)}
    return found
