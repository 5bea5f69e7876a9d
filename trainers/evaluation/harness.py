"""Asks a model every question and counts where the right products stand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import Events, Products
from trainers.datasets.tables import Floats, Ints
from trainers.evaluation import beyond, metrics
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import Queries, history_rows
from trainers.evaluation.recommender import Scores

Score = Callable[[Events, Queries], Scores]
AT_ONCE = 512
"""Questions scored together: 512 x 12,000 products are 25 MB."""
TOP = 20
PARTED = ("ndcg@10", "recall@10", "ndcg@20")
LEAST = 2
"""Questions that a part needs for an interval."""


@dataclass(frozen=True)
class Result:
    """How well a model did."""

    metrics: Mapping[str, Estimate]
    slices: Mapping[str, tuple[int, float]]
    """NDCG@20 of parts of the questions, with how many there are."""
    coverage: float
    """Share of the catalogue that stood in some top 20."""
    novelty: float
    """Mean of -log2 of the share of shoppers who chose a product, over all top 20: bits of surprise."""
    beyond: Mapping[str, Estimate] = field(default_factory=dict)
    """Coverage, novelty, diversity and popularity bias at k with intervals, where they were asked for."""
    parts: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    """The metrics PARTED of parts of the questions, where they were asked for."""
    each: Mapping[str, Floats] = field(default_factory=dict)
    """The metrics PARTED of every question, to compare models question by question."""


def ranks(score: Score, events: Events, queries: Queries) -> tuple[Floats, Ints]:
    """Ranks of the relevant products, and the top 20 of each question in order.

    Products that the shopper has come across before the question do not compete. Equal scores share their places: a
    model that gives all products the same score is as good as chance, not perfect. A score that is not finite is the
    last of all: a model that computes no numbers has found nothing.
    """
    found, top = [], []
    for begin in range(0, len(queries), AT_ONCE):
        part = queries.take(np.arange(begin, min(begin + AT_ONCE, len(queries))))
        scores = np.array(score(events, part), np.float32)
        scores[~np.isfinite(scores)] = -np.inf
        rows, places = history_rows(events, part)
        scores[rows, events.item[places]] = -np.inf
        row = np.repeat(np.arange(len(part)), np.diff(part.offsets))
        own = scores[row, part.relevant][:, None]
        better = (scores[row] > own).sum(1)
        equal = (scores[row] == own).sum(1) - 1
        found.append(1.0 + better + np.where(np.isfinite(own[:, 0]), equal / 2, equal))
        size = min(TOP, scores.shape[1])
        best = np.argpartition(-scores, size - 1, axis=1)[:, :size]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")
        top.append(np.take_along_axis(best, order, 1))
    return np.concatenate(found), np.concatenate(top)


def ndcg(score: Score, events: Events, queries: Queries) -> float:
    """Mean NDCG@20: the number by which settings are chosen."""
    places, _ = ranks(score, events, queries)
    return float(metrics.of_ranks(places, queries.offsets)["ndcg@20"].mean())


def evaluate(
    score: Score, events: Events, known: Events, queries: Queries, products: int, catalogue: Products | None = None
) -> Result:
    """Measures a model that learned from `known`; with the catalogue, also what takes longer to measure."""
    places, top = ranks(score, events, queries)
    each = metrics.of_ranks(places, queries.offsets)
    counts = np.bincount(known.item[known.chosen & known.first], minlength=products)
    shares = (counts[top] + 1) / (len(np.unique(known.user)) + 1)
    masks = _masks(events, known, queries, counts)
    return Result(
        metrics=metrics.estimates(each, queries.user),
        slices={name: (int(mask.sum()), float(each["ndcg@20"][mask].mean())) for name, mask in masks.items()},
        coverage=len(np.unique(top)) / products,
        novelty=float(-np.log2(np.minimum(shares, 1)).mean()),
        beyond={} if catalogue is None else beyond.measure(top, queries, known, catalogue),
        parts={} if catalogue is None else {name: _part(each, queries, mask) for name, mask in masks.items()},
        each={name: each[name] for name in PARTED},
    )


def _part(each: Mapping[str, Floats], queries: Queries, mask: NDArray[np.bool_]) -> Mapping[str, Estimate]:
    if mask.sum() < LEAST:
        return {}
    return metrics.estimates({name: each[name][mask] for name in PARTED}, queries.user[mask])


def _masks(events: Events, known: Events, queries: Queries, counts: Ints) -> dict[str, NDArray[np.bool_]]:
    """Parts of the questions that are not empty: by what is known of the shopper, and of the products."""
    length = queries.end - events.starts[queries.user]
    seen = np.isin(queries.user, known.user)
    cold = np.maximum.reduceat(counts[queries.relevant], queries.offsets[:-1]) == 0
    masks = {
        "no history": length == 0,
        "1-3 events": (length >= 1) & (length <= 3),
        "4-19 events": (length >= 4) & (length <= 19),
        "20+ events": length >= 20,
        "known shoppers": seen,
        "new shoppers": ~seen,
        "known products": ~cold,
        "new products": cold,
    }
    return {name: mask for name, mask in masks.items() if mask.any()}
