"""Towers and ranker together, as a model that the evaluation can measure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Ints
from trainers.evaluation.protocols import Queries, history_rows
from trainers.evaluation.recommender import Scores
from trainers.ranker import pages
from trainers.ranker.features import Features
from trainers.ranker.model import Ranker
from trainers.ranker.pages import Page
from trainers.ranker.train import Config, List, train
from trainers.two_tower.recommender import TwoTower

BELOW = 1e3
"""What the candidates that the ranker looked at stand above all others."""


@dataclass
class Ranked:
    """The towers' best candidates in the order of the ranker, the rest behind them as the towers have it.

    The ranker learns from what the towers have not seen: choices and pages of the validation period. To what the
    towers know by heart they would give scores that a new shopper's products never get.
    """

    towers: TwoTower
    config: Config = field(default_factory=Config)
    events_file: Path | None = None
    """An events.parquet with the pages that were shown; without it the ranker learns from choices alone."""
    name: str = "two-tower + ranker"
    ranker: Ranker | None = None

    def fit(self, train_on: Shop, events: Events, validation: Queries) -> None:
        assert self.towers.known is None, "the ranker learns from what the towers have not seen"
        if self.towers.training is None:
            self.towers.fit(train_on, events, validation)
        self._features = Features(train_on)
        shown = pages.read(self.events_file, replace(train_on, events=events)) if self.events_file else []
        self.ranker = train(self._lists(events, validation, shown), self.config)

    def refit(self, known: Shop) -> None:
        """The towers learn again; the ranker stays, since nothing is left that the towers have not seen."""
        if self.towers.known is None:
            self.towers.refit(known)
        self._features = Features(known)

    def scores(self, events: Events, queries: Queries) -> Scores:
        assert self.ranker is not None, "fit comes before scores"
        found = self.towers.scores(events, queries).copy()
        rows = list(self._rows(events, queries, found))
        with torch.inference_mode():
            ranked = self.ranker(torch.from_numpy(np.stack([features for _, features in rows]))).numpy()
        for row, (candidates, _) in enumerate(rows):
            found[row, candidates] = BELOW + ranked[row]
        return found

    def _lists(self, events: Events, validation: Queries, shown: Sequence[Page]) -> list[List]:
        """Choices and pages of the validation period, in the order of time."""
        start, end = float(validation.time.min()), float(validation.time.max())
        found = list(zip(validation.time.tolist(), self._asked(events, validation), strict=True))
        found += [(page.time, self._shown(events, page)) for page in shown if start <= page.time <= end]
        return [each for _, each in sorted(found, key=lambda entry: entry[0]) if each is not None]

    def _rows(self, events: Events, queries: Queries, towers: Scores) -> Iterator[tuple[Ints, Scores]]:
        row, places = history_rows(events, queries)
        size = min(self.config.candidates, towers.shape[1])
        histories = np.split(places, np.searchsorted(row, np.arange(1, len(queries))))
        for i, history in enumerate(histories):
            open_to = towers[i].copy()
            open_to[events.item[history]] = -np.inf
            candidates = np.sort(np.argpartition(-open_to, size - 1)[:size]).astype(np.int64)
            own = towers[i, candidates]
            yield candidates, self._features.of(events, history, float(queries.time[i]), candidates, own)

    def _asked(self, events: Events, queries: Queries) -> Iterator[List | None]:
        """A list for each question whose product is among the candidates."""
        for begin in range(0, len(queries), 512):
            part = queries.take(np.arange(begin, min(begin + 512, len(queries))))
            rows = self._rows(events, part, self.towers.scores(events, part))
            for i, (candidates, features) in enumerate(rows):
                chosen = np.isin(candidates, part.relevant[part.offsets[i] : part.offsets[i + 1]]).astype(np.float64)
                yield List(features, np.zeros(len(candidates), np.int64), chosen) if chosen.any() else None

    def _shown(self, events: Events, page: Page) -> List:
        start = events.starts[page.user]
        own = events.time[start : events.starts[page.user + 1]]
        end = start + int(np.searchsorted(own, page.time))
        when = (np.array([page.user]), np.array([end]), np.array([page.time]))
        moment = Queries(*when, relevant=page.items[:1], offsets=np.array([0, 1]))
        towers = self.towers.scores(events, moment)[0, page.items]
        features = self._features.of(events, np.arange(start, end), page.time, page.items, towers)
        return List(features, page.places, page.opened)
