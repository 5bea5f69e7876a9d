"""Towers and ranker together, as a model that the evaluation can measure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Ints
from trainers.evaluation.harness import Score
from trainers.evaluation.protocols import Queries, history_rows
from trainers.evaluation.recommender import Scores
from trainers.ranker import pages, tables
from trainers.ranker.config import Config
from trainers.ranker.features import Features, History
from trainers.ranker.model import Ranker
from trainers.ranker.pages import Page
from trainers.ranker.tables import Tables
from trainers.ranker.train import List, train
from trainers.two_tower.recommender import TwoTower, scorer
from trainers.two_tower.spec import FeatureSpec

BELOW = 1e3
"""What the candidates that the ranker looked at stand above all others."""
AT_ONCE = 512


class TooLittle(Exception):
    """There is too little to learn a ranker from. The sentence says what."""


@dataclass(frozen=True)
class _Looking:
    """What features are computed with: counts and prices of one shop, towers that score."""

    features: Features
    tables: Tables
    spec: FeatureSpec
    towers: Score


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
    lists: dict[str, int] = field(default_factory=dict)
    """How many choices and pages it learned from."""

    def fit(self, train_on: Shop, events: Events, validation: Queries) -> None:
        if self.towers.training is None:
            self.towers.fit(train_on, events, validation)
        assert self.towers.training is not None
        # Those that were fitted, even where they have learned again since: these have seen the validation period.
        fitted = scorer(self.towers.training.towers, train_on)
        looking = self._looking(train_on, fitted, self.towers.training.towers.spec)
        learnable = replace(train_on, events=events.where(_learnable(train_on.events, events, validation)))
        shown = pages.read(self.events_file, learnable) if self.events_file else []
        lists = self._lists(looking, events, validation, shown)
        if len(lists) < self.config.fewest_lists:
            raise TooLittle(
                f"{len(lists)} choices and pages to learn from, where {self.config.fewest_lists} are needed"
            )
        self.ranker = train(lists, self.config)

    def refit(self, known: Shop) -> None:
        """The towers learn again; the ranker stays, since nothing is left that the towers have not seen."""
        if self.towers.known is None:
            self.towers.refit(known)
        assert self.towers.known is not None
        self._known = self._looking(known, self.towers.scores, self.towers.known.towers.spec)

    def scores(self, events: Events, queries: Queries) -> Scores:
        assert self.ranker is not None, "fit comes before scores"
        found = self._known.towers(events, queries).copy()
        rows = list(self._rows(self._known, events, queries, found, self.config.candidates))
        with torch.inference_mode():
            ranked = self.ranker(torch.from_numpy(np.stack([features for _, features in rows]))).numpy()
        for row, (candidates, _) in enumerate(rows):
            found[row, candidates] = BELOW + ranked[row]
        return found

    def _looking(self, shop: Shop, towers: Score, spec: FeatureSpec) -> _Looking:
        features = Features(shop.products, spec, self.config)
        return _Looking(features, tables.build(shop, self.config), spec, towers)

    def _lists(self, looking: _Looking, events: Events, validation: Queries, shown: Sequence[Page]) -> list[List]:
        """Choices and pages of the validation period, in the order of time."""
        start, end = float(validation.time.min()), float(validation.time.max())
        asked = validation.sample(self.config.most_lists, self.config.seed)
        found = list(zip(asked.time.tolist(), self._asked(looking, events, asked), strict=True))
        choices = sum(each is not None for _, each in found)
        seen = [page for page in shown if start <= page.time <= end]
        drawn = np.random.default_rng(self.config.seed).permutation(len(seen))[: self.config.most_lists]
        found += [(seen[i].time, self._shown(looking, events, seen[i])) for i in drawn]
        self.lists = {"choices": choices, "pages": len(drawn)}
        return [each for _, each in sorted(found, key=lambda entry: entry[0]) if each is not None]

    def _rows(
        self, looking: _Looking, events: Events, queries: Queries, towers: Scores, most: int
    ) -> Iterator[tuple[Ints, Scores]]:
        row, places = history_rows(events, queries)
        histories = np.split(places, np.searchsorted(row, np.arange(1, len(queries))))
        for i, before in enumerate(histories):
            candidates = best_of(towers[i], events.item[before], most)
            history = History.of(events, before, float(queries.time[i]), looking.spec)
            yield candidates, self._features(looking, history, candidates, towers[i, candidates])

    def _asked(self, looking: _Looking, events: Events, queries: Queries) -> Iterator[List | None]:
        """A list for each question whose product is among the candidates."""
        for begin in range(0, len(queries), AT_ONCE):
            part = queries.take(np.arange(begin, min(begin + AT_ONCE, len(queries))))
            rows = self._rows(looking, events, part, looking.towers(events, part), self.config.learned_from)
            for i, (candidates, features) in enumerate(rows):
                chosen = np.isin(candidates, part.relevant[part.offsets[i] : part.offsets[i + 1]]).astype(np.float64)
                yield List(features, np.zeros(len(candidates), np.int64), chosen) if chosen.any() else None

    def _shown(self, looking: _Looking, events: Events, page: Page) -> List:
        start = events.starts[page.user]
        own = events.time[start : events.starts[page.user + 1]]
        end = start + int(np.searchsorted(own, page.time))
        when = (np.array([page.user]), np.array([end]), np.array([page.time]))
        moment = Queries(*when, relevant=page.items[:1], offsets=np.array([0, 1]))
        towers = looking.towers(events, moment)[0, page.items]
        history = History.of(events, np.arange(start, end), page.time, looking.spec)
        return List(self._features(looking, history, page.items, towers), page.places, page.opened)

    def _features(self, looking: _Looking, history: History, candidates: Ints, towers: Scores) -> Scores:
        """With what is looked up by id: [candidates, all that the ranker is told]."""
        newest = history.items[-self.config.neighbours_of :]
        known = looking.tables(torch.from_numpy(candidates)[None] + 1, torch.from_numpy(newest)[None] + 1)[0]
        return np.concatenate([looking.features.of(history, candidates, towers), known.numpy()], 1)


def _learnable(train: Events, events: Events, validation: Queries) -> NDArray[np.bool_]:
    """Which events may say what was opened: of each shopper up to what was learned from, or asked for validation. What
    comes after that the test may ask about, also of whom no validation question was drawn.

    Where the split is by time (all that is older was learned from, and some are asked more than once), the test asks
    about what comes after all validation questions.
    """
    limit = np.full(len(events.users), -np.inf)
    np.maximum.at(limit, train.user, train.time)
    np.maximum.at(limit, validation.user, validation.time)
    older = int((events.time <= train.time.max()).sum()) if len(train) else 0
    if older == len(train) and len(np.unique(validation.user)) < len(validation):
        limit[:] = validation.time.max()
    kept: NDArray[np.bool_] = events.time <= limit[events.user]
    return kept


def best_of(towers: Scores, seen: Ints, most: int) -> Ints:
    """Positions of the best by the towers' scores [products], without what the shopper has come across."""
    open_to, size = towers.copy(), min(most, len(towers))
    open_to[seen] = -np.inf
    return np.sort(np.argpartition(-open_to, size - 1)[:size]).astype(np.int64)
