"""Measures models on the simulated shop, where the tastes are known: `python -m trainers.evaluation.simulated`.

Two yardsticks stand beside the models. The *ceiling* knows each shopper's taste, and which leaf is being browsed at
the moment of the question, also before the first click in it. *Tastes and last leaf* knows the taste exactly, but of
the moment only what a shop can know: the leaf of the last event, if it was a minute ago. What lies between the two
nobody can learn.

Questions are asked again with no more than the newest 0, 1, 3 and 10 events: what a visitor gets after so many clicks.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from trainers.datasets import Events, Shop, read
from trainers.datasets.tables import Floats
from trainers.evaluation import bench, harness, metrics, quality
from trainers.evaluation.baselines import ItemKnn, Popularity
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import Queries, Split, history_rows, split
from trainers.evaluation.recommender import Recommender, Scores
from trainers.ranker.recommender import Ranked
from trainers.simulator import __main__ as simulator
from trainers.simulator.ceiling import TrueUtility, Truth, read_truth
from trainers.two_tower.config import Config
from trainers.two_tower.recommender import TwoTower

TASK, DATASET, PROTOCOL = "recommend, share of what is possible", "simulated shop", "time"
UNTIL = "2026-06-01"
"""The day on which the watch ends: seasons make it matter."""
CLICKS = (0, 1, 3, 10)
MANY = 20
METRIC = "ndcg@20"
SESSION_S = 600.0
KNOWN_LEAF = 30.0
"""Logits: above everything that the tastes say."""


@dataclass
class TastesAndLastLeaf(TrueUtility):
    """The planted tastes, within the leaf of an event that was just now."""

    def __post_init__(self) -> None:
        """Names it for tables."""
        self.name = "tastes and last leaf"

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Scores by the tastes; the last leaf comes first in a session."""
        found = np.array(super().scores(events, queries))
        leaf = self.truth.items.leaf
        for row, (user, end, time) in enumerate(zip(queries.user, queries.end, queries.time, strict=True)):
            if end > events.starts[user] and time - events.time[end - 1] < SESSION_S:
                found[row] += KNOWN_LEAF * (leaf == leaf[events.item[end - 1]])
        return found


def main(arguments: list[str] | None = None) -> int:
    """Makes the shop if it is not there, measures, writes the records; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m trainers.evaluation.simulated", description=__doc__)
    parser.add_argument("--shop", type=Path, default=Path(".aisle/evaluation/simulated"), help="folder of the shop")
    parser.add_argument("--out", type=quality.folder, default=bench.ROOT / "docs")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    if not (options.shop / "events.parquet").exists():
        simulator.main(["shop", "--pictures", "none", "--quiet", "--until", UNTIL, "--out", str(options.shop)])
    measured_at = bench.revision()
    shop = read(options.shop)
    found = measure(shop, read_truth(options.shop, shop.products), Config(), options.shop / "events.parquet", console)
    records = [
        {"task": TASK, "dataset": DATASET, "protocol": PROTOCOL, "model": model, "metric": metric, **vars(estimate)}
        | {"command": "python -m trainers.evaluation.simulated", "revision": measured_at}
        for model, measured in found.items()
        for metric, estimate in measured.items()
    ]
    quality.update(options.out / "quality.json", records)
    bench.render(options.out)
    return 0


def measure(
    shop: Shop, truth: Truth, config: Config, shown: Path, console: Console
) -> Mapping[str, Mapping[str, Estimate]]:
    """Metrics by name and by model; of the yardsticks as well. `shown` is the file with the pages."""
    made = split(shop.events, PROTOCOL)
    ceiling = TrueUtility(truth, intent=True)
    towers = TwoTower(config)
    both = Ranked(towers, events_file=shown)
    models: list[Recommender] = [Popularity(), ItemKnn(), towers, both, TastesAndLastLeaf(truth, False), ceiling]
    # The ranker learns with the towers before these learn again.
    for model in models:
        model.fit(replace(shop, events=made.train), made.events, made.validation)
    for model in models:
        model.refit(replace(shop, events=made.known))
    asked = {name: _asked(made, name, models) for name in (f"{MANY}+ events", *(f"{k} clicks" for k in CLICKS))}
    found: dict[str, dict[str, Estimate]] = {model.name: {} for model in models}
    for name, (each, shoppers) in asked.items():
        for scored, values in each.items():
            found[scored][f"{METRIC}, {name}"] = metrics.estimate(values, shoppers)
            found[scored][f"of the ceiling, {name}"] = metrics.ratio(values, each[ceiling.name], shoppers)
    for model_name, measured in found.items():
        console.print(model_name, {metric: round(estimate.value, 4) for metric, estimate in measured.items()})
    return found


def _asked(made: Split, name: str, models: Sequence[Recommender]) -> tuple[Mapping[str, Floats], np.ndarray]:
    events, queries = made.events, made.test
    lengths = queries.end - events.starts[queries.user]
    shoppers = queries.user
    if name.endswith("clicks"):
        clicks = int(name.partition(" ")[0])
        chosen = np.flatnonzero(lengths >= max(CLICKS))
        events, queries = visitors(events, queries.take(chosen), clicks)
    else:
        chosen = np.flatnonzero(lengths >= MANY)
        queries = queries.take(chosen)
    each = {}
    for model in models:
        places, _ = harness.ranks(model.scores, events, queries)
        each[model.name] = metrics.of_ranks(places, queries.offsets)[METRIC]
    return each, shoppers[chosen]


def visitors(events: Events, queries: Queries, clicks: int) -> tuple[Events, Queries]:
    """The same questions, each by a visitor of whom only the newest events are known."""
    rows, places = history_rows(events, queries, clicks) if clicks else (np.zeros(0, int), np.zeros(0, int))
    cut = events.where(np.zeros(len(events), bool))
    # Nobody has stated preferences under this name, and the simulation still knows who it is.
    names = [f"visitors/{events.users[user].rpartition('/')[2]}" for user in queries.user]
    fields = {name: getattr(events, name)[places] for name in ("item", "kind", "time", "rating")}
    known = replace(cut, users=names, user=rows, **fields)
    return known, replace(queries, user=np.arange(len(queries)), end=known.starts[1:])


if __name__ == "__main__":
    sys.exit(main())
