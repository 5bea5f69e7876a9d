"""What is possible at all on the simulated shop: `python -m trainers.evaluation.possible`.

Who knows the simulation's laws answers the test questions of shoppers with 20 events and more, beside towers, ranker
and ceiling. All see what a shop sees of a shopper, and follow sessions by their true chances: whether a leaf is left,
for which, after how many views.

- *exact tastes* knows what the shopper likes, not where the next browse goes.
- *inferred tastes* knows of the shopper only the history. It draws tastes from what they can be after it, by the true
  likelihood (Gibbs sampling), and averages over them. Chains are short: it is what was reached, no proof that nothing
  goes above.
- *inferred tastes, leaf known* is told the leaf that is being browsed, as the ceiling is. What it stands above inferred
  tastes is what is lost by not knowing the leaf; what it stands below the ceiling, by not knowing the taste.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from trainers.arguments import count
from trainers.datasets import KINDS, Events, Shop, read
from trainers.datasets.tables import Floats
from trainers.evaluation import bench, harness, metrics, quality
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import Queries, split
from trainers.evaluation.recommender import Scores
from trainers.evaluation.simulated import DATASET, MANY, METRIC, PROTOCOL, TastesAndLastLeaf
from trainers.ranker.recommender import Ranked
from trainers.simulator.ceiling import TrueUtility, Truth, read_truth
from trainers.simulator.posterior.following import chances, in_session
from trainers.simulator.posterior.likelihood import liking
from trainers.simulator.posterior.prior import LEVELS, Prior
from trainers.simulator.posterior.sampler import Sampler, State
from trainers.simulator.posterior.visits import Visit, cut
from trainers.simulator.shoppers.tables import TRUTH
from trainers.simulator.shoppers.tastes import LEAF_WEIGHTS
from trainers.two_tower.config import Config
from trainers.two_tower.recommender import TwoTower

TASK = "recommend, what can be known of a shopper"
LEAST_CHANCE = 1e-30
INTENT = 50.0
"""Logits of a leaf that is known: above everything that the tastes say."""
SHOPPERS = 200
"""Who is asked about, drawn by the seed: a question takes about half a second."""
SEED = 7


@dataclass
class ExactTastes(TrueUtility):
    """The planted taste, and the true chances of what a session does next."""

    def __post_init__(self) -> None:
        self.name = "exact tastes"

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Logarithms of chances [questions, products]."""
        items = self.truth.items
        found = np.zeros((len(queries), len(items)), np.float32)
        for row, (user, end, now) in enumerate(zip(queries.user, queries.end, queries.time, strict=True)):
            tastes = self.truth.tastes[events.users[user].rpartition("/")[2]]
            taste = next(taste for taste in reversed(tastes) if taste.since <= now or taste is tastes[0])
            leaves = np.zeros(len(items.leaves))
            leaves[taste.leaves] = taste.weights * items.wanted(now)[taste.leaves]
            page = np.arange(len(items))
            liked = taste.utility(items, page, now) - items.appeal(page, now)
            visits, paused = seen(self.truth, events, user, end, now)
            found[row] = np.log(chances(items, visits, paused, now, leaves / leaves.sum(), liked) + LEAST_CHANCE)
        return found


@dataclass
class InferredTastes:
    """Tastes drawn from what they can be after what was seen."""

    truth: Truth
    prior: Prior
    chains: int = 4
    first: int = 120
    """Sweeps for the first question of a shopper."""
    further: int = 30
    """Sweeps for each later one, which begins where the one before it ended."""
    kept: int = 20
    """Of the last sweeps whose tastes are averaged."""
    seed: int = SEED
    name: str = "inferred tastes"
    known: dict[tuple[int, int], Floats] = field(default_factory=dict)

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Logarithms of chances [questions, products]; computed once a question."""
        order = np.lexsort((queries.time, queries.user))
        sampler, whose = None, -1
        for row in track(order.tolist(), "inferring", disable=not sys.stdout.isatty()):
            user, end, now = int(queries.user[row]), int(queries.end[row]), float(queries.time[row])
            if (user, end) in self.known:
                continue
            if user != whose or sampler is None:
                sampler = Sampler(self.prior, self.chains, np.random.default_rng([self.seed, user]))
                whose, sweeps = user, self.first
            visits, paused = seen(self.truth, events, user, end, now)
            states = sampler.draw(visits, now, sweeps, self.kept)
            self.known[user, end] = self._averaged(states, visits, paused, now)
            sweeps = self.further
        pairs = zip(queries.user.tolist(), queries.end.tolist(), strict=True)
        return np.log(np.stack([self.known[pair] for pair in pairs]) + LEAST_CHANCE).astype(np.float32)

    def _averaged(self, states: Sequence[State], visits: Sequence[Visit], paused: bool, now: float) -> Floats:
        items = self.prior.items
        page, total = np.arange(len(items)), np.zeros(len(items))
        wanted = items.wanted(now)
        for state in states:
            which, rows = state.current(len(visits)), np.arange(self.chains)
            liked = liking(
                items,
                page,
                state.likes[rows, which],
                state.brands[rows, which],
                state.dislikes[rows, which],
                LEVELS[state.level[rows, which]],
            )
            leaves = state.leaves()[rows, which]
            for chain in rows:
                free = np.zeros(len(items.leaves))
                np.add.at(free, leaves[chain], LEAF_WEIGHTS * wanted[leaves[chain]])
                total += chances(items, visits, paused, now, free / free.sum(), liked[chain])
        return np.asarray(total / len(states) / self.chains)


@dataclass
class WithLeaf:
    """The same, told which leaf is being browsed."""

    model: InferredTastes
    ceiling: TrueUtility

    def scores(self, events: Events, queries: Queries) -> Scores:
        """The model's scores within the leaf."""
        items = self.ceiling.truth.items
        found = np.array(self.model.scores(events, queries))
        best = self.ceiling.scores(events, queries).argmax(1)
        found += INTENT * (items.leaf[None] == items.leaf[best][:, None])
        return found


def seen(truth: Truth, events: Events, user: int, end: int, now: float) -> tuple[list[Visit], bool]:
    """The visits before a question, and whether a pause lies between."""
    own = slice(events.starts[user], end)
    visits = cut(truth.items, events.item[own], events.kind[own], events.time[own])
    # Stars come days after what they are about.
    there = events.time[own][events.kind[own] != KINDS["RATE"]]
    return visits, not len(there) or not in_session(now, float(there[-1]))


def main(arguments: list[str] | None = None) -> int:
    """Measures, and writes the records; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m trainers.evaluation.possible", description=__doc__)
    parser.add_argument("--shop", type=Path, default=Path(".aisle/evaluation/simulated"), help="a simulated shop")
    parser.add_argument("--shoppers", type=count, default=SHOPPERS, help="how many are asked about")
    parser.add_argument("--out", type=quality.folder, default=bench.ROOT / "docs")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    measured_at, shop = bench.revision(), read(options.shop)
    found = measure(shop, options.shop, options.shoppers, console)
    command = "python -m trainers.evaluation.possible"
    records = [
        {"task": TASK, "dataset": DATASET, "protocol": PROTOCOL, "model": model, "metric": metric, **vars(estimate)}
        | {"command": command, "revision": measured_at}
        for model, measured in found.items()
        for metric, estimate in measured.items()
    ]
    quality.update(options.out / "quality.json", records)
    bench.render(options.out)
    return 0


def measure(shop: Shop, folder: Path, shoppers: int, console: Console) -> Mapping[str, Mapping[str, Estimate]]:
    """NDCG@20 and its share of the ceiling by model, of as many shoppers."""
    made, truth = split(shop.events, PROTOCOL), read_truth(folder, shop.products)
    asked = _drawn(made.events, made.test, shoppers)
    inferred, ceiling = InferredTastes(truth, _prior(folder, truth)), TrueUtility(truth, intent=True)
    towers = TwoTower(Config())
    ranked = Ranked(towers, events_file=folder / "events.parquet")
    ranked.fit(replace(shop, events=made.train), made.events, made.validation)
    ranked.refit(replace(shop, events=made.known))
    models: Mapping[str, harness.Score] = {
        ceiling.name: ceiling.scores,
        "exact tastes": ExactTastes(truth, False).scores,
        "tastes and last leaf": TastesAndLastLeaf(truth, False).scores,
        towers.name: towers.scores,
        ranked.name: ranked.scores,
        inferred.name: inferred.scores,
        "inferred tastes, leaf known": WithLeaf(inferred, ceiling).scores,
    }
    each: dict[str, Floats] = {}
    for name, score in models.items():
        places, _ = harness.ranks(score, made.events, asked)
        each[name] = np.asarray(metrics.of_ranks(places, asked.offsets)[METRIC])
        share = each[name].mean() / each[ceiling.name].mean()
        console.print(f"{name}: {METRIC} {each[name].mean():.4f}, {share:.3f} of the ceiling, {len(asked):,} questions")
    return {
        name: {
            f"{METRIC}, {MANY}+ events": metrics.estimate(values, asked.user),
            f"of the ceiling, {MANY}+ events": metrics.ratio(values, each[ceiling.name], asked.user),
        }
        for name, values in each.items()
    }


def _drawn(events: Events, queries: Queries, shoppers: int) -> Queries:
    many = queries.take(np.flatnonzero(queries.end - events.starts[queries.user] >= MANY))
    kept = np.random.default_rng(SEED).permutation(np.unique(many.user))[:shoppers]
    return many.take(np.flatnonzero(np.isin(many.user, kept)))


def _prior(folder: Path, truth: Truth) -> Prior:
    told = json.loads((folder / TRUTH / "simulation.json").read_text(encoding="utf-8"))
    start, until = (datetime.fromisoformat(told[name]).timestamp() for name in ("start", "until"))
    return Prior(truth.items, start, until)


if __name__ == "__main__":
    sys.exit(main())
