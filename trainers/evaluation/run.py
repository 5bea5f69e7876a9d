"""Fits and measures models side by side."""

import time
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from trainers.datasets import Shop
from trainers.evaluation import harness
from trainers.evaluation.baselines import ItemKnn, Popularity, Random, RecentPopularity
from trainers.evaluation.protocols import Split
from trainers.evaluation.recommender import Recommender
from trainers.evaluation.report import Row


def baselines() -> list[Recommender]:
    """Those that every run has."""
    return [Random(), Popularity(), RecentPopularity(), ItemKnn()]


def compare(shop: Shop, made: Split, models: Sequence[Recommender], console: Console, whole: bool = False) -> list[Row]:
    """Each model learns, chooses its settings by the validation questions, learns again with what is known before
    the test, and answers the test questions once. With `whole` everything is measured that there is."""
    catalogue = shop.products if whole else None
    rows = []
    for model in models:
        began = time.monotonic()
        model.fit(replace(shop, events=made.train), made.events, made.validation)
        model.refit(replace(shop, events=made.known))
        fitted = time.monotonic() - began
        result = harness.evaluate(model.scores, made.events, made.known, made.test, len(shop.products), catalogue)
        rows.append(Row(model.name, result, fitted))
        console.print(f"[dim]{model.name}: ndcg@20 {result.metrics['ndcg@20'].value:.4f}, fit in {fitted:.1f} s[/]")
    return rows
