"""The towers as a model that the evaluation can measure."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from trainers.datasets import Events, Shop
from trainers.evaluation import harness
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores
from trainers.two_tower import history
from trainers.two_tower.config import Config
from trainers.two_tower.model import Towers
from trainers.two_tower.state import Training
from trainers.two_tower.train import Watch, train


@dataclass
class TwoTower:
    """Scores are inner products of the two towers' vectors, as in the vector index."""

    config: Config
    name: str = "two-tower"
    saved: Path | None = None
    """Folder for checkpoints: a training that was killed goes on from there."""
    watch: Watch | None = None
    """Is told how each epoch of the measured training went."""
    training: Training | None = None
    """The training whose length and settings the validation questions chose."""
    known: Training | None = None
    """The training on all that is known before the test."""

    def fit(self, train_on: Shop, events: Events, validation: Queries) -> None:
        """Trains until the validation questions are answered no better."""
        asked = validation.sample(self.config.validation_questions)

        def validate(towers: Towers) -> float:
            return harness.ndcg(scorer(towers, train_on), events, asked)

        self.training = train(train_on, self.config, validate, saved=self._file("fit"), watch=self.watch)
        self._use(self.training, train_on)

    def refit(self, known: Shop) -> None:
        """Trains afresh for as many epochs as were best."""
        assert self.training is not None, "fit comes before refit"
        unlimited = replace(self.config, max_seconds=0.0)
        self.known = train(known, unlimited, epochs=self.training.best_epoch, saved=self._file("refit"))
        self._use(self.known, known)

    def scores(self, events: Events, queries: Queries) -> Scores:
        return self._score(events, queries)

    def _file(self, part: str) -> Path | None:
        return self.saved / f"{part}.pt" if self.saved else None

    def _use(self, training: Training, shop: Shop) -> None:
        self._score = scorer(training.towers, shop)


def scorer(towers: Towers, shop: Shop) -> harness.Score:
    """Scores by towers as they are now, with the shop's preferences."""
    vectors = towers.item_vectors()

    def score(events: Events, queries: Queries) -> Scores:
        histories = history.cut(events, queries, towers.spec, shop.preferred)
        users = towers.user_vectors(histories, vectors)
        with torch.inference_mode():
            found: Scores = (users @ vectors.T).cpu().numpy().astype(np.float32)
        return found

    return score
