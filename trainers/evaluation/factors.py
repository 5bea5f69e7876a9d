"""Matrix factorisation by the package `implicit`: iALS and BPR."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product as combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from trainers.datasets import Events, Shop
from trainers.evaluation import matrices
from trainers.evaluation.optional import needed
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores
from trainers.evaluation.tuning import NEWEST, search

FACTORS = 64
"""As many as the towers' vectors have."""


@dataclass(frozen=True)
class Setting:
    """What the validation questions choose."""

    regularization: float
    weight: float = 1.0
    """iALS: confidence of a choice, alpha of the paper. BPR: the learning rate."""
    iterations: int = 15


ALS_SETTINGS = tuple(Setting(r, a) for r, a in combinations((0.1, 1.0, 10.0), (1.0, 10.0)))
BPR_SETTINGS = tuple(Setting(r, 0.05, n) for r, n in combinations((0.001, 0.01, 0.05), (50, 200)))


@dataclass
class _Factors:
    """A factorisation whose settings are chosen on the validation questions."""

    name: str
    settings: Sequence[Setting]
    setting: Setting = field(default_factory=lambda: Setting(0.1))
    newest: int = NEWEST[-1]
    seed: int = 0
    threads: int = 1
    """More make BPR's result change from run to run."""

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        search(self, self.settings, train, events, validation)

    def refit(self, known: Shop) -> None:
        raise NotImplementedError

    def scores(self, events: Events, queries: Queries) -> Scores:
        raise NotImplementedError


@dataclass
class Als(_Factors):
    """Implicit alternating least squares (Hu, Koren and Volinsky 2008).

    A shopper's vector is solved from the history of the question, so that what happened after training counts.
    """

    name: str = "iALS"
    settings: Sequence[Setting] = ALS_SETTINGS

    def refit(self, known: Shop) -> None:
        als = needed("implicit.als", self.name)
        self._model = als.AlternatingLeastSquares(
            factors=FACTORS,
            regularization=self.setting.regularization,
            alpha=self.setting.weight,
            iterations=self.setting.iterations,
            num_threads=self.threads,
            random_state=self.seed,
            use_gpu=False,
        )
        self._model.fit(matrices.choices(known.events, len(known.products)), show_progress=False)

    def scores(self, events: Events, queries: Queries) -> Scores:
        items = np.asarray(self._model.item_factors)
        history = matrices.histories(events, queries, len(items), self.newest)
        users = self._model.recalculate_user(np.arange(len(queries)), history)
        return np.asarray(users @ items.T, np.float32)


@dataclass
class Bpr(_Factors):
    """Bayesian personalised ranking (Rendle et al. 2009).

    It cannot take in a new history: a shopper who was there in training keeps the vector from then, another gets the
    mean of the vectors of the products in the history, and one without any is ranked by the products' biases.
    """

    name: str = "BPR"
    settings: Sequence[Setting] = BPR_SETTINGS

    def refit(self, known: Shop) -> None:
        bpr = needed("implicit.bpr", self.name)
        model = bpr.BayesianPersonalizedRanking(
            factors=FACTORS - 1,  # and a bias
            regularization=self.setting.regularization,
            learning_rate=self.setting.weight,
            iterations=self.setting.iterations,
            num_threads=self.threads,
            random_state=self.seed,
            use_gpu=False,
        )
        chosen = matrices.choices(known.events, len(known.products))
        model.fit(chosen, show_progress=False)
        self._items: NDArray[np.float32] = np.asarray(model.item_factors)
        self._users: NDArray[np.float32] = np.asarray(model.user_factors)
        self._known = np.diff(chosen.indptr) > 0

    def scores(self, events: Events, queries: Queries) -> Scores:
        history = matrices.histories(events, queries, len(self._items), self.newest)
        users = np.where(self._known[queries.user, None], self._users[queries.user], self._folded(history))
        return np.asarray(users @ self._items.T, np.float32)

    def _folded(self, history: sparse.csr_matrix) -> NDArray[np.float32]:
        sizes: Any = np.maximum(np.diff(history.indptr), 1)[:, None]
        found: NDArray[np.float32] = np.asarray(history @ self._items, np.float32) / sizes
        found[:, -1] = 1.0  # what the products' biases are multiplied by
        return found
