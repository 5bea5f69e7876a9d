"""The towers of a release, run from its files as the inference server runs them, as a model that can be measured."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from trainers.datasets import Events, Shop
from trainers.evaluation.protocols import Queries
from trainers.evaluation.recommender import Scores
from trainers.two_tower import history, spec
from trainers.two_tower.export import USER_INPUTS
from trainers.two_tower.golden import OUTPUTS
from trainers.two_tower.model import AT_ONCE


class Exported:
    """Learns nothing any more: products that came after its training get their vectors from its item tower, as they
    do in the running shop."""

    def __init__(self, folder: Path, name: str, shop: Shop) -> None:
        """
        Args:
            folder: holds the towers and their feature specification.
            name: stands in the report.
            shop: the catalogue and the preferences as they are now.
        """
        self.name = name
        self._shop = shop
        self._spec = spec.parse((folder / "feature_spec.json").read_text())
        self._user = _session(folder / "user_tower.onnx")
        items = self._spec.items(shop.products)
        tower = _session(folder / "item_tower.onnx")
        rows = np.arange(len(shop.products))
        self._vectors = np.concatenate(
            [tower.run([OUTPUTS["item_tower"]], items.take(part).feeds())[0] for part in _parts(rows)]
        )

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        """Does nothing."""

    def refit(self, known: Shop) -> None:
        """Does nothing."""

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Inner products of both towers' vectors [questions, products]."""
        histories = history.cut(events, queries, self._spec, self._shop.preferred)
        found = []
        for part in _parts(np.arange(len(queries))):
            kinds = histories.kinds[part]
            vectors = self._vectors[histories.items[part]] * (kinds != 0)[..., None]
            feeds = (vectors.astype(np.float32), kinds, histories.ages_h[part], histories.preferred[part])
            found.append(self._user.run([OUTPUTS["user_tower"]], dict(zip(USER_INPUTS, feeds, strict=True)))[0])
        scores: Scores = np.concatenate(found) @ self._vectors.T
        return scores


def _session(file: Path) -> ort.InferenceSession:
    return ort.InferenceSession(file, providers=["CPUExecutionProvider"])


def _parts(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.array_split(rows, range(AT_ONCE, len(rows), AT_ONCE))
