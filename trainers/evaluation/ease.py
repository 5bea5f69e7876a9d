"""EASE: every product's weights on all others, in closed form.

Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", equation 8: with P the inverse of (X'X + lambda I),
the weights are B = -P / diag(P), and the diagonal is nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from trainers.datasets import Events, Shop
from trainers.evaluation import matrices
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores
from trainers.evaluation.tuning import NEWEST, search

PENALTIES = (50.0, 250.0, 1000.0)
"""Values of lambda that the validation questions choose from."""


@dataclass
class Ease:
    """Scores are the sum of the weights on the products that the shopper chose."""

    name: str = "EASE"
    setting: float = PENALTIES[0]
    newest: int = NEWEST[-1]

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        search(self, PENALTIES, train, events, validation)

    def refit(self, known: Shop) -> None:
        chosen = matrices.choices(known.events, len(known.products))
        gram = np.asarray((chosen.T @ chosen).todense(), np.float32, order="F")
        self._weights = weights(gram, self.setting)

    def scores(self, events: Events, queries: Queries) -> Scores:
        history = matrices.histories(events, queries, len(self._weights), self.newest)
        return np.asarray(history @ self._weights, np.float32)


def weights(gram: NDArray[np.float32], penalty: float) -> NDArray[np.float32]:
    """B of the paper, [products, products]; takes the place of the Gram matrix.

    >>> weights(np.array([[1, 1], [1, 1]], np.float32, order="F"), 1.0).round(3).tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """
    gram[np.diag_indices(len(gram))] += penalty
    # By Cholesky, in place: the matrix is symmetric and positive, and 12,000 products are 0.6 GB.
    factor, _ = lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = lapack.spotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse)
    found = lower + np.tril(inverse, -1).T
    found /= -np.diag(inverse)[None, :]
    found[np.diag_indices(len(found))] = 0.0
    return np.ascontiguousarray(found)
