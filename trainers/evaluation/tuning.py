"""Chooses settings by the validation questions."""

from collections.abc import Sequence
from typing import Any, Protocol

from trainers.datasets import Events, Shop
from trainers.evaluation import harness
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores

NEWEST = (3, 10, 50, 200)
"""How many of a shopper's last events a model without order may look at. Tastes change: with all of a long history
EASE reached an NDCG@20 of 0.085 on MovieLens-100K, below item-kNN that looked at the newest."""


class Settable(Protocol):
    """A model without order, whose training has one setting."""

    setting: Any
    newest: int

    def refit(self, known: Shop) -> None:
        """Learns with the setting."""
        ...

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Scores by the newest events."""
        ...


def search(model: Settable, settings: Sequence[Any], train: Shop, events: Events, validation: Queries) -> None:
    """Sets the model to the setting and the length of history with the highest NDCG@20; it must learn again."""
    best = -1.0
    chosen = (settings[0], NEWEST[-1])
    for setting in settings:
        model.setting = setting
        model.refit(train)
        for newest in NEWEST:
            model.newest = newest
            value = harness.ndcg(model.scores, events, validation)
            if value > best:
                best, chosen = value, (setting, newest)
    model.setting, model.newest = chosen
