"""Measures the three ways of being new, each beside what else could have answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console

from trainers.datasets import Events, Shop
from trainers.datasets.tables import Floats, Ints
from trainers.evaluation import harness, metrics
from trainers.evaluation.baselines import ItemKnn, Popularity, Random
from trainers.evaluation.cold_start import questions
from trainers.evaluation.cold_start.newcomers import Newcomers, without
from trainers.evaluation.cold_start.questions import CLICKS
from trainers.evaluation.harness import Score
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import Queries, Split, split
from trainers.evaluation.recommender import Recommender
from trainers.evaluation.simulated import TastesAndLastLeaf
from trainers.simulator.ceiling import TrueUtility, Truth
from trainers.two_tower.config import Config
from trainers.two_tower.recommender import TwoTower
from trainers.two_tower.train import train

METRIC = "ndcg@20"
SHARE = "of the ceiling"
VISITOR, STATED, PRODUCT = "cold start, a visitor", "cold start, stated preferences", "cold start, a new product"
CEILING = "ceiling"
Measured = Mapping[str, Mapping[str, Estimate]]
"""Estimates by metric and by model."""


@dataclass(frozen=True)
class Curves:
    """What was measured, by the way of being new."""

    tasks: Mapping[str, Measured]
    questions: Mapping[str, int]
    """How many were asked."""


def measure(shop: Shop, truth: Truth | None, config: Config, console: Console) -> Curves:
    """All curves of a shop; shares of the ceiling where the truth is known.

    Raises:
        DataError: too little can be asked.
    """
    made = split(shop.events, "time")
    towers = TwoTower(config)
    models: list[Recommender] = [Popularity(), ItemKnn(), towers]
    for model in models:
        console.print(f"[dim]{model.name} learns[/]")
        model.fit(replace(shop, events=made.train), made.events, made.validation)
        model.refit(replace(shop, events=made.known))
    known: list[Recommender] = [TastesAndLastLeaf(truth, False), TrueUtility(truth, True)] if truth else []
    everybody = made.test.take(questions.eligible(made.events, made.test))
    tasks: dict[str, Measured] = {VISITOR: _by_clicks(made, everybody, [*models, *known], named=False)}
    counts = {VISITOR: len(everybody)}
    stating = everybody.take(questions.stating(shop, everybody))
    if len(stating):
        tasks[STATED] = _preferences(made, stating, [towers, *known])
        counts[STATED] = len(stating)
    chance = Random()
    chance.refit(shop)
    others: list[Recommender] = [chance, *known]
    tasks[PRODUCT], counts[PRODUCT] = _products(shop, made, towers, others, config, console)
    return Curves(tasks, counts)


def _by_clicks(
    made: Split, asked: Queries, models: Sequence[Recommender], named: bool
) -> dict[str, dict[str, Estimate]]:
    found: dict[str, dict[str, Estimate]] = {model.name: {} for model in models}
    for clicks in CLICKS:
        events, queries = questions.shortened(made.events, asked, clicks, named)
        each = {model.name: _each(model.scores, events, queries) for model in models}
        _add(found, each, asked.user, f"{clicks} clicks")
    return found


def _preferences(made: Split, asked: Queries, models: Sequence[Recommender]) -> Measured:
    """The same questions with what the shopper said, and without."""
    towers, *known = models
    said = _by_clicks(made, asked, [towers, *known], named=True)
    silent = _by_clicks(made, asked, [towers, *known], named=False)
    named = {f"{towers.name}, preferences stated": said.pop(towers.name)}
    return named | {f"{towers.name}, none stated": silent[towers.name]} | said


def _products(
    shop: Shop, made: Split, towers: TwoTower, others: Sequence[Recommender], config: Config, console: Console
) -> tuple[Measured, int]:
    """Questions about products that the towers learned nothing of, beside towers that know them."""
    new = questions.withheld(shop.products, made.known, config.seed)
    asked = made.test.take(questions.about(made.test, new))
    console.print(f"[dim]two-tower learns without {len(new):,} products, {len(asked):,} questions are about them[/]")
    assert towers.training is not None
    unlimited = replace(config, max_seconds=0.0)
    before = without(replace(shop, events=made.known), new)
    blind = Newcomers(train(before, unlimited, epochs=towers.training.best_epoch).towers, shop)
    scorers = {f"{towers.name}, just created": blind.scores, f"{towers.name}, known": towers.scores}
    scorers |= {model.name: model.scores for model in others}
    each = {name: _each(score, made.events, asked) for name, score in scorers.items()}
    found: dict[str, dict[str, Estimate]] = {name: {} for name in scorers}
    _add(found, each, asked.user, "")
    return found, len(asked)


def _each(score: Score, events: Events, queries: Queries) -> Floats:
    places, _ = harness.ranks(score, events, queries)
    return np.asarray(metrics.of_ranks(places, queries.offsets)[METRIC])


def _add(found: dict[str, dict[str, Estimate]], each: Mapping[str, Floats], shoppers: Ints, where: str) -> None:
    for name, values in each.items():
        found[name][", ".join(filter(None, (METRIC, where)))] = metrics.estimate(values, shoppers)
        if CEILING in each:
            found[name][", ".join(filter(None, (SHARE, where)))] = metrics.ratio(values, each[CEILING], shoppers)
