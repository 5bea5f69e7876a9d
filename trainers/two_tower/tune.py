"""Looks for better settings: `python -m trainers.two_tower tune --data PATH --out settings.json`.

Optuna proposes settings (TPE, Bergstra et al. 2011), each is trained on what is known before the validation period and
measured by NDCG@20 on the validation questions, and trainings that fall behind the median of the earlier ones at the
same epoch are given up. The test questions are never asked. The study is a file: a search that was killed goes on, and
one of other data or beside other settings is refused, as its scores would say nothing of these.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState
from rich.console import Console
from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError

from trainers.datasets import DataError, Shop
from trainers.evaluation import harness
from trainers.evaluation.protocols import Split, split
from trainers.two_tower.config import Config
from trainers.two_tower.errors import Diverged
from trainers.two_tower.model import Towers
from trainers.two_tower.recommender import scorer
from trainers.two_tower.train import train

WARM_UP_TRIALS, WARM_UP_EPOCHS = 3, 1
"""Before which nothing is given up: a median of two says little, and neither does the first epoch."""
Suggest = Callable[[optuna.Trial], Any]
HEADS = (1, 2, 4)
SPACE: Mapping[str, Suggest] = {
    "learning_rate": lambda trial: trial.suggest_float("learning_rate", 3e-4, 1e-2, log=True),
    "weight_decay": lambda trial: trial.suggest_float("weight_decay", 1e-3, 0.3, log=True),
    "temperature": lambda trial: trial.suggest_float("temperature", 0.04, 0.2, log=True),
    "dropout": lambda trial: trial.suggest_float("dropout", 0.0, 0.6),
    "id_dropout": lambda trial: trial.suggest_float("id_dropout", 0.0, 0.8),
    "layers": lambda trial: trial.suggest_int("layers", 1, 2),
    "heads": lambda trial: trial.suggest_categorical("heads", HEADS),
    "hard_negatives": lambda trial: trial.suggest_categorical("hard_negatives", [0, 128, 512]),
    "batch_size": lambda trial: trial.suggest_categorical("batch_size", [32, 64, 128, 256]),
}
"""What may be changed. Lengths of vectors and histories are contracts of the shop, and stay."""
ENDED = (TrialState.COMPLETE, TrialState.PRUNED)
"""Trials that were trained. One that was killed has begun for ever, and one that Ctrl-C ended has failed."""
NO_MATTER = ("progress", "device", "tolerated_loss")
"""Settings that change no score."""


@dataclass(frozen=True)
class Search:
    """What is looked for, and for how long."""

    protocol: str
    trials: int
    seconds: float
    study: Path
    """SQLite file of the study."""


def tune(shop: Shop, base: Config, search: Search, console: Console) -> Config:
    """The best settings that were found; those of `base` are tried first.

    Raises:
        DataError: there is too little data to measure anything, the study is of other data or other settings, or no
            training ended with towers that could be measured.
    """
    made = split(shop.events, search.protocol)
    study = _study(search, base, shop)
    done = len(study.get_trials(states=ENDED))
    first = {name: getattr(base, name) for name in SPACE}
    known = study.get_trials(states=(*ENDED, TrialState.WAITING))
    if first not in [trial.system_attrs.get("fixed_params", trial.params) for trial in known]:
        study.enqueue_trial(first)
    study.optimize(
        lambda trial: _score(trial, shop, made, base, console),
        n_trials=max(search.trials - done, 0),
        timeout=search.seconds or None,
    )
    if not any(trial.state is TrialState.COMPLETE for trial in study.trials):
        raise DataError("None of the settings that were tried could be trained. Begin with others: --config.")
    best = study.best_trial
    console.print(f"best of {len(study.trials)}: ndcg@20 {best.value:.4f} of validation with {best.params}")
    return replace(base, **best.params)


def _space(base: Config) -> Mapping[str, Suggest]:
    """What may be changed beside the settings that stay: heads share the dimension evenly."""
    fit = [heads for heads in HEADS if base.dimension % heads == 0]
    return {**SPACE, "heads": lambda trial: trial.suggest_categorical("heads", fit)}


def _score(trial: optuna.Trial, shop: Shop, made: Split, base: Config, console: Console) -> float:
    config = replace(base, **{name: suggest(trial) for name, suggest in _space(base).items()})
    train_on = replace(shop, events=made.train)
    asked = made.validation.sample(config.validation_questions)

    def validate(towers: Towers) -> float:
        return harness.ndcg(scorer(towers, train_on), made.events, asked)

    def watch(epoch: int, measured: Mapping[str, float]) -> None:
        trial.report(measured["ndcg@20"], epoch)
        if trial.should_prune():
            console.print(f"[dim]trial {trial.number}: given up after epoch {epoch}[/]")
            raise optuna.TrialPruned

    try:
        found = max(train(train_on, config, validate, watch=watch).validation)
    except Diverged as error:
        console.print(f"[dim]trial {trial.number}: given up: {error}[/]", soft_wrap=True)
        raise optuna.TrialPruned from error
    console.print(f"trial {trial.number}: ndcg@20 {found:.4f} with {trial.params}", soft_wrap=True)
    return found


def _study(search: Search, base: Config, shop: Shop) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    search.study.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            study_name="two-tower",
            # What follows a question mark in the name of a file would be read as options.
            storage=URL.create("sqlite", database=str(search.study)).render_as_string(),
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=base.seed),
            # Optuna gives up from this step on, and epochs count from 1.
            pruner=optuna.pruners.MedianPruner(WARM_UP_TRIALS, WARM_UP_EPOCHS + 1),
            load_if_exists=True,
        )
    except DatabaseError as error:
        raise DataError(
            f"{search.study} cannot be used for a study: {error.orig}. Name another file: --study."
        ) from error
    of = {"data": shop.fingerprint, "protocol": search.protocol, "settings": _fixed(base)}
    if study.trials and study.user_attrs != of:
        raise DataError(
            f"{search.study} is a study of other data or another protocol, or beside other settings (--config, "
            "--seed). Name another file: --study."
        )
    for name, value in of.items():
        study.set_user_attr(name, value)
    return study


def _fixed(base: Config) -> str:
    """Changes where a setting does that the search does not choose: trials beside another one are others."""
    settings = {name: value for name, value in asdict(base).items() if name not in (*SPACE, *NO_MATTER)}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
