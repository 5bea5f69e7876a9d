"""The models that can be measured, by name, and what a data set needs that is not the default."""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainers.evaluation.baselines import ItemKnn, Popularity, Random, RecentPopularity
from trainers.evaluation.ease import Ease
from trainers.evaluation.factors import Als, Bpr
from trainers.evaluation.recommender import Recommender
from trainers.evaluation.sasrec import SasRec, Setting
from trainers.two_tower.config import Config
from trainers.two_tower.recommender import TwoTower


@dataclass(frozen=True)
class Asked:
    """What a run asks of its models."""

    dataset: str
    seed: int = Config.seed
    max_seconds: float | None = None
    """Limit of one training of a model that learns by steps; None is the model's own, 0 no limit."""
    data: Path | None = None
    """Where the data came from: pages that were shown stand there, if any do."""
    saved: Path | None = None
    """Folder for checkpoints of models that can go on from there."""


SASREC: Mapping[str, Mapping[str, Any]] = {
    # 95 % of the sequences have at most 20 products; a softmax over all 12,101 at each place was too slow for a CPU.
    "Beauty": {"length": 20, "loss": "sampled_softmax", "negatives": 128},
}


TWO_TOWER: Mapping[str, Mapping[str, Any]] = {
    # 12,101 products with nine choices a shopper: more room for products, and more that keeps from learning by heart.
    "Beauty": {
        "dimension": 128,
        "dropout": 0.4,
        "temperature": 0.07,
        "learning_rate": 1e-3,
        "batch_size": 128,
        "max_epochs": 12,
        "patience": 2,
        "max_seconds": 0.0,
    },
}
"""Chosen on validation questions, as everything is."""


def _sasrec(asked: Asked) -> SasRec:
    setting = Setting(**SASREC.get(asked.dataset, {}))
    if asked.max_seconds is not None:
        setting = replace(setting, max_seconds=asked.max_seconds)
    return SasRec(setting=setting, seed=asked.seed)


def _two_tower(asked: Asked) -> TwoTower:
    config = replace(Config(), seed=asked.seed, **TWO_TOWER.get(asked.dataset, {}))
    config = config if asked.max_seconds is None else replace(config, max_seconds=asked.max_seconds)
    return TwoTower(config, saved=asked.saved)


def _ranked(asked: Asked) -> Recommender:
    # It measures with this package's protocols, which this module is a part of.
    from trainers.ranker.recommender import Ranked

    return Ranked(_two_tower(asked), events_file=pages_of(asked.data))


def pages_of(data: Path | None) -> Path | None:
    """The file in which a folder of data has the pages that were shown, if it has one."""
    file = data / "events.parquet" if data else None
    return file if file and file.exists() else None


MODELS: Mapping[str, Callable[[Asked], Recommender]] = {
    "random": lambda asked: Random(),
    "popularity": lambda asked: Popularity(),
    "recent-popularity": lambda asked: RecentPopularity(),
    "item-knn": lambda asked: ItemKnn(),
    "ease": lambda asked: Ease(),
    "ials": lambda asked: Als(),
    "bpr": lambda asked: Bpr(),
    "sasrec": _sasrec,
    "two-tower": _two_tower,
    "ranked": _ranked,
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "baselines": ("random", "popularity", "recent-popularity", "item-knn"),
    "all": tuple(MODELS),
}
NEEDS: Mapping[str, str] = {"ials": "implicit", "bpr": "implicit", "sasrec": "rectools"}
"""Packages that are installed by `make bench-quality` only."""


def names(text: str) -> tuple[str, ...]:
    """The models that a list names, in the order of MODELS.

    >>> names("two-tower,baselines")
    ('random', 'popularity', 'recent-popularity', 'item-knn', 'two-tower')

    Raises:
        ValueError: there is no such model; says which there are.
    """
    wanted: set[str] = set()
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name not in MODELS and name not in GROUPS:
            raise ValueError(f"There is no model {name!r}; there are {', '.join((*MODELS, *GROUPS))}.")
        wanted.update(GROUPS.get(name, (name,)))
    return tuple(name for name in MODELS if name in wanted)


def missing(chosen: tuple[str, ...]) -> dict[str, str]:
    """Models that cannot run here, with the package that they need."""
    needs = {name: NEEDS[name] for name in chosen if name in NEEDS}
    return {name: package for name, package in needs.items() if importlib.util.find_spec(package) is None}
