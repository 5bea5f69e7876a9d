"""A release as it is served: its towers, and its ranker where it has one, run from the files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from trainers.datasets import DataError, Events, Shop
from trainers.datasets.tables import Ints
from trainers.evaluation.protocols import Queries, history_rows
from trainers.evaluation.recommender import Scores
from trainers.ranker.config import Config
from trainers.ranker.export import OUTPUT
from trainers.ranker.features import NAMES, Features, History
from trainers.ranker.recommender import BELOW, best_of
from trainers.two_tower import spec
from trainers.two_tower.exported import Exported

MODEL = "ranker.onnx"
SET_BY_RELEASE = ("candidates", "neighbours_of", "recent", "session_h", "prior", "weights", "wanted")
AT_ONCE = 64


class ExportedRelease(Exported):
    """Learns nothing any more. Without a ranker it is its towers."""

    def __init__(self, folder: Path, name: str, shop: Shop) -> None:
        """
        Raises:
            DataError: its ranker is told what this version does not compute.
        """
        super().__init__(folder, name, shop)
        self._ranker = _Ranker(folder, shop) if (folder / MODEL).exists() else None

    def scores(self, events: Events, queries: Queries) -> Scores:
        """The towers' scores, with the ranker's above them for the candidates that it looks at."""
        found = super().scores(events, queries)
        return found if self._ranker is None else self._ranker.over(found, events, queries)


class _Ranker:
    def __init__(self, folder: Path, shop: Shop) -> None:
        text = (folder / "feature_spec.json").read_text()
        told: dict[str, Any] = json.loads(text)["ranker"]
        if unknown := sorted(set(told["features"]) - set(NAMES)):
            raise DataError(
                f"The ranker in {folder} is told of {', '.join(unknown)}, which this version does not know."
            )
        self._columns = [NAMES.index(name) for name in told["features"]]
        self._config = replace(Config(), **{name: told[name] for name in SET_BY_RELEASE})
        self._spec = spec.parse(text)
        self._features = Features(shop.products, self._spec, self._config, told["price_levels"])
        self._ids = np.array(shop.products.ids, dtype=object)
        self._session = ort.InferenceSession(folder / MODEL, providers=["CPUExecutionProvider"])

    def over(self, towers: Scores, events: Events, queries: Queries) -> Scores:
        """The towers' scores, those of the best replaced."""
        found = towers.copy()
        row, places = history_rows(events, queries)
        histories = np.split(places, np.searchsorted(row, np.arange(1, len(queries))))
        for begin in range(0, len(queries), AT_ONCE):
            rows = range(begin, min(begin + AT_ONCE, len(queries)))
            some = [best_of(towers[i], events.item[histories[i]], self._config.candidates) for i in rows]
            shoppers = [History.of(events, histories[i], float(queries.time[i]), self._spec) for i in rows]
            told = [self._told(*each) for each in zip(shoppers, some, (towers[i] for i in rows), strict=True)]
            feeds = {name: np.stack([each[name] for each in told]) for name in told[0]}
            scores = self._session.run([OUTPUT], feeds)[0]
            for i, candidates, ranked in zip(rows, some, scores, strict=True):
                found[i, candidates] = BELOW + ranked[: len(candidates)]
        return found

    def _told(self, history: History, candidates: Ints, towers: Scores) -> dict[str, Any]:
        most, newest = self._config.candidates, self._ids[history.items[-self._config.neighbours_of :]]
        features = np.zeros((most, len(self._columns)), np.float32)
        features[: len(candidates)] = self._features.of(history, candidates, towers[candidates])[:, self._columns]
        return {
            "features": features,
            "candidates": np.array([*self._ids[candidates], *[""] * (most - len(candidates))], dtype=object),
            "newest": np.array([*newest, *[""] * (self._config.neighbours_of - len(newest))], dtype=object),
        }
