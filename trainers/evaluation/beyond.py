"""What a list is worth beyond hitting the right product: coverage, novelty, diversity, popularity bias.

All at k and over the top lists of all questions:

- coverage: the share of the catalogue that stands in some list.
- novelty: the mean of -log2 of the share of shoppers who chose a product, in bits (Zhou et al. 2010, "Solving the
  apparent diversity-accuracy dilemma", self-information).
- diversity: within a list, one less the mean Jaccard similarity of two products' categories, brand and attributes
  (Ziegler et al. 2005, intra-list similarity). Products of which none of these is known are left out.
- popularity bias: how popular what is shown was, over how popular what was then chosen was; 1 is no bias.
"""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from trainers.datasets import Events, Products
from trainers.datasets.tables import Floats, Ints
from trainers.evaluation import metrics
from trainers.evaluation.metrics import CUTOFFS, Estimate
from trainers.evaluation.protocols import Queries

RESAMPLES = 200
"""For coverage, where a draw costs more than a sum."""


def measure(top: Ints, queries: Queries, known: Events, products: Products) -> Mapping[str, Estimate]:
    """Measures lists [questions, places], the best place first; `known` is what the model learned from."""
    counts = np.bincount(known.item[known.chosen & known.first], minlength=len(products)).astype(np.float64)
    shoppers = len(np.unique(known.user))
    surprise = -np.log2(np.minimum((counts + 1) / (shoppers + 1), 1))
    described = features(products)
    right = _means(counts, queries)
    found: dict[str, Estimate] = {}
    for k in (k for k in CUTOFFS if k <= top.shape[1]):
        shown = top[:, :k]
        found[f"coverage@{k}"] = coverage(shown, queries.user, len(products))
        found[f"novelty@{k}"] = metrics.estimate(surprise[shown].mean(1), queries.user)
        if right.any():
            found[f"popularity bias@{k}"] = metrics.ratio(counts[shown].mean(1), right, queries.user)
        values = diversity(shown, described)
        told = ~np.isnan(values)
        if told.any():
            found[f"diversity@{k}"] = metrics.estimate(values[told], queries.user[told])
    return found


def coverage(top: Ints, shopper: Ints, products: int, seed: int = 0) -> Estimate:
    """The share of the catalogue that stands in some list.

    A draw of shoppers with replacement misses a third of them and so always covers less: the interval is the spread
    of the draws, moved to the value.
    """
    _, group = np.unique(shopper, return_inverse=True)
    entries = (np.ones(top.size, np.float32), (np.repeat(group, top.shape[1]), top.ravel()))
    shown = sparse.csr_matrix(entries, (group.max() + 1, products))
    value = len(np.unique(top)) / products
    random, size = np.random.default_rng(seed), shown.shape[0]
    draws = [_covered(shown, random.integers(size, size=size)) / products for _ in range(RESAMPLES)]
    low, high = np.percentile(draws, [2.5, 97.5]) - np.mean(draws)
    return Estimate(value, max(value + float(low), 0.0), min(value + float(high), 1.0))


def _covered(shown: sparse.csr_matrix, drawn: Ints) -> int:
    times = np.bincount(drawn, minlength=shown.shape[0]).astype(np.float32)
    return int(np.count_nonzero(times @ shown))


def features(products: Products) -> sparse.csr_matrix:
    """1 where a product has a category, a brand or an attribute, [products, features]."""
    columns: dict[tuple[str, ...], int] = {}
    rows, places = [], []
    for row in range(len(products)):
        for feature in _features(products, row):
            rows.append(row)
            places.append(columns.setdefault(feature, len(columns)))
    entries = (np.ones(len(rows), np.float32), (rows, places))
    return sparse.csr_matrix(entries, (len(products), max(len(columns), 1)))


def _features(products: Products, row: int) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = {("category", name) for name in products.categories[row]}
    found |= {("brand", products.brands[row])} if products.brands[row] else set()
    return found | set(products.attributes[row].items())


def diversity(top: Ints, described: sparse.csr_matrix) -> Floats:
    """One less the mean Jaccard similarity of each list [questions]; NaN where no two products are described."""
    sizes = np.asarray(described.sum(1), np.float64).ravel()
    total, pairs = np.zeros(len(top)), np.zeros(len(top))
    parts = [described[top[:, place]] for place in range(top.shape[1])]
    for i in range(top.shape[1]):
        for j in range(i):
            common = np.asarray(parts[i].multiply(parts[j]).sum(1), np.float64).ravel()
            own, other = sizes[top[:, i]], sizes[top[:, j]]
            told = (own > 0) & (other > 0)
            total += np.where(told, common / np.maximum(own + other - common, 1), 0.0)
            pairs += told
    return np.where(pairs > 0, 1 - total / np.maximum(pairs, 1), np.nan)


def _means(counts: Floats, queries: Queries) -> Floats:
    """How popular the right products of each question are."""
    found: Floats = np.add.reduceat(counts[queries.relevant], queries.offsets[:-1]) / np.diff(queries.offsets)
    return found
