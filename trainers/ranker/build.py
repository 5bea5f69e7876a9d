"""Adds a ranker to the files of a release, where it orders held-out choices better than the towers alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from trainers.datasets import DataError, Shop
from trainers.datasets.tables import Floats
from trainers.evaluation import harness, metrics
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import Queries, Split
from trainers.evaluation.recommender import Recommender
from trainers.ranker import export, golden, spec, tables
from trainers.ranker.config import Config
from trainers.ranker.exported import MODEL
from trainers.ranker.features import Features
from trainers.ranker.model import Served
from trainers.ranker.recommender import Ranked, TooLittle
from trainers.two_tower import no_worse
from trainers.two_tower.build import Built, write_report
from trainers.two_tower.errors import Refused
from trainers.two_tower.files import SPEC

METRICS = ("ndcg@20", "ndcg@10")
GATE = "ndcg@20"
GOLDEN = "golden_ranker.npz"


def add(
    shop: Shop,
    built: Built,
    config: Config,
    events_file: Path | None,
    console: Console,
    incumbent: Recommender | None = None,
    given_up: float = 0.0,
) -> bool:
    """Trains and measures a ranker over the towers that were built; returns whether the release has it.

    What was measured stands in the report either way.

    Args:
        shop: all that is learned from.
        built: the towers.
        config: of the ranker.
        events_file: has the pages that were shown, if any were.
        console: is told.
        incumbent: the release that answers, as it is served.
        given_up: what it and those before it have lost already: see no_worse.py of the towers.

    Raises:
        ParityError: the exported file computes something else than torch.
        Refused: the release would be worse than the one that answers by more than chance explains, or is tolerated.
    """
    ranked = Ranked(built.measured, config, events_file)
    try:
        report = _measure(shop, built.split, ranked)
    except TooLittle as error:
        report = {"served": False, "why": str(error)}
    if incumbent is not None:
        unit: Recommender = ranked if report["served"] else built.measured
        new, old, asked = _both(unit, incumbent, built.split, config)
        tolerated = built.measured.config.tolerated_loss
        found = no_worse.measure(new, old, asked.user, given_up, tolerated)
        report[no_worse.PART] = {incumbent.name: found}
    built.report["ranker"] = report
    write_report(built.folder, built.report)
    if problem := no_worse.problem("Towers and ranker", GATE, report):
        raise Refused(problem)
    if report["served"]:
        report["parity"] = {"tolerance": golden.TOLERANCE, "torch_to_onnx_runtime": _write(shop, built, ranked)}
        write_report(built.folder, built.report)
    console.print(f"ranker: {report['why']}", soft_wrap=True)
    return bool(report["served"])


def _measure(shop: Shop, made: Split, ranked: Ranked) -> dict[str, Any]:
    """What it learned from, and how far it stands above the towers alone on the same held-out questions."""
    _fit(shop, made, ranked)
    ranked.refit(replace(shop, events=made.known))
    asked = made.test.sample(ranked.config.most_questions, ranked.config.seed)
    towers, both = (_each(score, made, asked) for score in (ranked.towers.scores, ranked.scores))
    above = {name: metrics.estimate(both[name] - towers[name], asked.user) for name in METRICS}
    better = above[GATE].low > 0
    return {
        "served": better,
        "why": _sentence(above[GATE], better),
        "questions": len(asked),
        "learned_from": ranked.lists,
        "towers": {name: float(towers[name].mean()) for name in METRICS},
        "with_ranker": {name: float(both[name].mean()) for name in METRICS},
        "above_towers": {name: vars(found) for name, found in above.items()},
        "config": asdict(ranked.config),
    }


def _both(unit: Recommender, incumbent: Recommender, made: Split, config: Config) -> tuple[Floats, Floats, Queries]:
    """The metric of what would be served and of what is served, by question; and the questions."""
    asked = made.test.sample(config.most_questions, config.seed)
    new, old = (_each(model.scores, made, asked)[GATE] for model in (unit, incumbent))
    return new, old, asked


def _fit(shop: Shop, made: Split, ranked: Ranked) -> None:
    try:
        ranked.fit(replace(shop, events=made.train), made.events, made.validation)
    except DataError:
        # An extract of a shop that shows nothing by itself has no positions.
        ranked.events_file = None
        ranked.fit(replace(shop, events=made.train), made.events, made.validation)


def _each(score: harness.Score, made: Split, asked: Queries) -> Mapping[str, Floats]:
    places, _ = harness.ranks(score, made.events, asked)
    return metrics.of_ranks(places, asked.offsets)


def _sentence(above: Estimate, better: bool) -> str:
    said = f"{GATE} {above.value:+.4f} (95 % interval {above.low:+.4f} to {above.high:+.4f}) above the towers alone"
    return f"{said}; it is part of the release" if better else f"{said}: not certain, so the towers' order stands"


def _write(shop: Shop, built: Built, ranked: Ranked) -> float:
    """Writes model, golden rows, and its part of the feature specification; returns the largest difference to torch."""
    assert ranked.ranker is not None
    config, products, towers = ranked.config, shop.products, built.towers.spec
    served = Served(ranked.ranker, tables.build(shop, config)).eval()
    ids = list(products.ids)
    export.write(served, ids, config, built.folder / MODEL)
    golden.make(served, ids, config).save(built.folder / GOLDEN)
    _specify(built.folder / SPEC, Features(products, towers, config), shop, config)
    return golden.check_file(golden.load(built.folder / GOLDEN), built.folder / MODEL)


def _specify(file: Path, features: Features, shop: Shop, config: Config) -> None:
    whole = json.loads(file.read_text())
    whole["ranker"] = spec.of(features, shop.products, config)
    file.write_text(json.dumps(whole, indent=1) + "\n")
