"""What a model must be able to do to be measured."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import Events, Shop
from trainers.evaluation.protocols import Queries

Scores = NDArray[np.float32]


class Recommender(Protocol):
    """A model that scores the whole catalogue for a question."""

    name: str

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        """Learns from `train` and chooses its settings by the questions, whose histories stand in `events`."""
        ...

    def refit(self, known: Shop) -> None:
        """Learns again from all that is known before the test, with the settings that were chosen."""
        ...

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Scores of shape [questions, products]; higher is better."""
        ...
