"""SASRec by the package RecTools: the strongest well-known sequence model, written by others."""

import logging
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Ints
from trainers.evaluation import harness
from trainers.evaluation.optional import needed
from trainers.evaluation.protocols import Queries, history_rows
from trainers.evaluation.recommender import Scores


@dataclass(frozen=True)
class Setting:
    """Settings of RecTools' SASRecModel; what is not named here is as RecTools has it."""

    factors: int = 64
    blocks: int = 2
    heads: int = 2
    dropout: float = 0.2
    length: int = 50
    """Events that the model looks at."""
    loss: str = "softmax"
    """Over the whole catalogue, or sampled_softmax over `negatives`."""
    negatives: int = 1
    learning_rate: float = 1e-3
    batch_size: int = 128
    most_epochs: int = 60
    asked_every: int = 2
    """Epochs between two looks at the validation questions."""
    patience: int = 3
    """Looks without a better NDCG@20 after which training stops."""
    max_seconds: float = 0.0
    """A training that takes longer ends with the epoch; 0 for no limit."""
    questions: int = 1500
    """Asked at each look."""


@dataclass
class SasRec:
    """Self-attentive sequential recommendation (Kang and McAuley 2018).

    Scores come from the trained network itself, asked with the history of the question.
    """

    name: str = "SASRec"
    setting: Setting = field(default_factory=Setting)
    seed: int = 7
    epochs: int = 0
    """Epochs after which the validation questions were answered best."""
    looks: list[float] = field(default_factory=list)
    """NDCG@20 of each look at the validation questions."""
    stopped: str = "after the last epoch"

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        asked, began, best = validation.sample(self.setting.questions), time.monotonic(), -1.0
        model, data = self._start(train)
        while len(self.looks) * self.setting.asked_every < self.setting.most_epochs:
            self._train(model, data, self.setting.asked_every)
            self.looks.append(harness.ndcg(self.scores, events, asked))
            if self.looks[-1] > best:
                best, self.epochs = self.looks[-1], len(self.looks) * self.setting.asked_every
            elif len(self.looks) - self.epochs // self.setting.asked_every >= self.setting.patience:
                self.stopped = f"no better for {self.setting.patience} looks"
                break
            if self.setting.max_seconds and time.monotonic() - began > self.setting.max_seconds:
                self.stopped = f"after {self.setting.max_seconds:.0f} s, the time that the settings allow"
                break

    def refit(self, known: Shop) -> None:
        assert self.epochs, "fit comes before refit"
        model, data = self._start(known)
        self._train(model, data, self.epochs)

    def scores(self, events: Events, queries: Queries) -> Scores:
        backbone = self._model.torch_model.eval()
        sessions = torch.from_numpy(self._sessions(events, queries))
        with torch.inference_mode():
            vectors = backbone.item_model.get_all_embeddings()
            last = backbone.encode_sessions({"x": sessions}, vectors)[:, -1]
            scores = (last @ vectors.T).numpy()
        found = np.full((len(queries), len(self._code)), -1e9, np.float32)
        known = self._code > 0  # a product that nobody chose in training has no vector
        found[:, known] = scores[:, self._code[known]]
        return found

    def _sessions(self, events: Events, queries: Queries) -> Ints:
        """Codes of the newest products that the model knows, padded in front with 0."""
        rows, places = history_rows(events, queries)
        codes = self._code[events.item[places]]
        kept = (codes > 0) & events.chosen[places]
        rows, codes = rows[kept], codes[kept]
        back = np.searchsorted(rows, rows, side="right") - np.arange(len(rows))
        within = back <= self.setting.length
        found = np.zeros((len(queries), self.setting.length), np.int64)
        found[rows[within], self.setting.length - back[within]] = codes[within]
        return found

    def _start(self, shop: Shop) -> tuple[Any, Any]:
        models, setting = needed("rectools.models", self.name), self.setting
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)  # it says at each training what it lacks
        needed("pytorch_lightning", self.name).seed_everything(self.seed, verbose=False)
        self._model = models.SASRecModel(
            n_blocks=setting.blocks,
            n_heads=setting.heads,
            n_factors=setting.factors,
            dropout_rate=setting.dropout,
            session_max_len=setting.length,
            loss=setting.loss,
            n_negatives=setting.negatives,
            lr=setting.learning_rate,
            batch_size=setting.batch_size,
            get_trainer_func=_trainer,
        )
        self._products = len(shop.products)
        return self._model, _dataset(shop.events)

    def _train(self, model: Any, data: Any, epochs: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice on data loaders, for machines with more cores
            model.fit_partial(data, min_epochs=epochs, max_epochs=epochs)
        ids = np.asarray(model.data_preparator.item_id_map.external_ids, dtype=object)
        self._code: NDArray[np.int64] = np.zeros(self._products, np.int64)
        for code, product in enumerate(ids):
            if not isinstance(product, str):  # the padding token is a string
                self._code[product] = code


def _trainer() -> Any:
    lightning = needed("pytorch_lightning", "SASRec")
    return lightning.Trainer(
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _dataset(events: Events) -> Any:
    """RecTools' table of interactions; places stand for times, since it orders by time alone."""
    pandas, datasets = needed("pandas", "SASRec"), needed("rectools.dataset", "SASRec")
    kept = events.chosen & events.first
    table = pandas.DataFrame(
        {
            "user_id": events.user[kept],
            "item_id": events.item[kept],
            "weight": 1.0,
            "datetime": pandas.to_datetime(np.flatnonzero(kept), unit="s"),
        }
    )
    return datasets.Dataset.construct(table)
