"""What a model has to beat."""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Floats
from trainers.evaluation import harness, matrices
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores

DAY_S = 86_400.0
HALF_LIVES = (1.0, 3.0, 7.0, 14.0, 30.0, 90.0)
"""Days after which a choice counts half; the best on the validation questions is taken."""


class _Simple:
    """A model without settings."""

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        self.refit(train)

    def refit(self, known: Shop) -> None:
        raise TypeError("a model says how it learns")


@dataclass
class Random(_Simple):
    """Any order."""

    name: str = "random"
    seed: int = 0
    _products: int = 0

    def refit(self, known: Shop) -> None:
        self._products = len(known.products)
        self._random = np.random.default_rng(self.seed)

    def scores(self, events: Events, queries: Queries) -> Scores:
        return self._random.random((len(queries), self._products), dtype=np.float32)


@dataclass
class Popularity(_Simple):
    """How many shoppers ever chose the product."""

    name: str = "popularity"

    def refit(self, known: Shop) -> None:
        counted = known.events.item[known.events.chosen & known.events.first]
        self._counts = np.bincount(counted, minlength=len(known.products)).astype(np.float32)

    def scores(self, events: Events, queries: Queries) -> Scores:
        return np.broadcast_to(self._counts, (len(queries), len(self._counts)))


@dataclass
class RecentPopularity:
    """The same with choices that fade."""

    name: str = "recent popularity"
    half_life_days: float = 7.0

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        found = []
        for days in HALF_LIVES:
            self.half_life_days = days
            self.refit(train)
            found.append((harness.ndcg(self.scores, events, validation), days))
        self.half_life_days = max(found)[1]
        self.refit(train)

    def refit(self, known: Shop) -> None:
        events = known.events
        counted = events.chosen & events.first
        ages = (events.time.max(initial=0.0) - events.time[counted]) / DAY_S
        weights = 0.5 ** (ages / self.half_life_days)
        self.weights = np.bincount(events.item[counted], weights, len(known.products)).astype(np.float32)

    def scores(self, events: Events, queries: Queries) -> Scores:
        return np.broadcast_to(self.weights, (len(queries), len(self.weights)))


@dataclass
class ItemKnn:
    """Products that the same shoppers chose: cosine over shoppers with shrinkage (Sarwar et al. 2001), summed over
    the shopper's newest products."""

    name: str = "item-kNN"
    neighbours: int = 100
    shrinkage: float = 10.0
    newest: int = 50
    similar: sparse.csr_matrix = field(default_factory=lambda: sparse.csr_matrix((0, 0), dtype=np.float32))

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        self.refit(train)
        found = []
        for newest in (3, 10, 50, 200):
            self.newest = newest
            found.append((harness.ndcg(self.scores, events, validation), newest))
        self.newest = max(found)[1]

    def refit(self, known: Shop) -> None:
        chosen = matrices.choices(known.events, len(known.products))
        together = (chosen.T @ chosen).tocoo()
        counts: Floats = np.asarray(chosen.sum(0), np.float64).ravel()
        norms = np.sqrt(counts[together.row] * counts[together.col]) + self.shrinkage
        values = np.where(together.row == together.col, 0.0, together.data / norms)
        self.similar = _strongest(
            sparse.csr_matrix((values, (together.row, together.col)), together.shape), self.neighbours
        )

    def scores(self, events: Events, queries: Queries) -> Scores:
        history = matrices.histories(events, queries, self.similar.shape[0], self.newest)
        return np.asarray((history @ self.similar).todense(), np.float32)


def _strongest(matrix: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The largest entries of each row."""
    matrix.eliminate_zeros()
    sizes = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), sizes)
    order = np.lexsort((-matrix.data, row))
    kept = order[np.arange(len(row)) - np.repeat(matrix.indptr[:-1], sizes) < count]
    entries = (matrix.data[kept].astype(np.float32), (row[kept], matrix.indices[kept]))
    return sparse.csr_matrix(entries, matrix.shape)
