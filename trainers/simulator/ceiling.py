"""How good a model could be at best: ranks by the utilities that the simulation planted.

Two rankings stand beside popularity and random: one knows what each shopper likes at the moment of the question, the
other knows the leaf that is being browsed too, and what was just bought. No model can know the second before the
first click of a browse, so it is a bound from above; a good model comes near the first and passes it where the clicks
of the session tell the intent.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
from rich.console import Console

from trainers.datasets import Events, Products, Shop, aisle
from trainers.datasets.tables import Floats
from trainers.evaluation import run
from trainers.evaluation.baselines import Popularity, Random
from trainers.evaluation.protocols import Queries, split
from trainers.evaluation.recommender import Recommender, Scores
from trainers.evaluation.report import Row
from trainers.simulator.errors import SimulatorError
from trainers.simulator.shoppers.items import Items
from trainers.simulator.shoppers.sessions import FOLLOWED, Browse
from trainers.simulator.shoppers.tables import TRUTH
from trainers.simulator.shoppers.tastes import Taste

PROTOCOL = "time"
ELSEWHERE = 1e-3
"""Chance that is left for leaves that nothing speaks for."""
BOUGHT = 0.2
"""How often a browse ends with a purchase, roughly: then the next leaf may be one that goes with it."""


@dataclass(frozen=True)
class Truth:
    """What the simulation wrote down."""

    items: Items
    tastes: Mapping[str, Sequence[Taste]]
    browses: Mapping[str, Sequence[Browse]]


@dataclass
class TrueUtility:
    """Ranks by the planted tastes."""

    truth: Truth
    intent: bool
    """Whether the leaf that is being browsed is known."""

    def __post_init__(self) -> None:
        """Names it for tables."""
        self.name = "ceiling" if self.intent else "true tastes"

    def fit(self, train: Shop, events: Events, validation: Queries) -> None:
        """Nothing to learn."""

    def refit(self, known: Shop) -> None:
        """Nothing to learn."""

    def scores(self, events: Events, queries: Queries) -> Scores:
        """Logarithms of the chance that a product is the next one."""
        asked = zip(queries.user.tolist(), queries.time.tolist(), strict=True)
        return np.stack([self._score(events.users[user].rpartition("/")[2], time) for user, time in asked])

    def _score(self, user: str, time: float) -> Scores:
        items, tastes = self.truth.items, self.truth.tastes.get(user)
        if not tastes:
            return np.zeros(len(items), np.float32)
        taste = next(taste for taste in reversed(tastes) if taste.since <= time or taste is tastes[0])
        browse = _at(self.truth.browses.get(user, ()), time) if self.intent else None
        leaves = _leaves(items, taste, time, browse)
        utility = taste.utility(items, np.arange(len(items)), time, browse.partner if browse else -1)
        weights = np.exp(utility - utility.max()) * (items.launch <= time)
        total = np.bincount(items.leaf, weights, len(items.leaves))
        chance = leaves[items.leaf] * weights / np.maximum(total[items.leaf], 1e-300)
        found: Scores = np.log(np.maximum(chance, 1e-30)).astype(np.float32)
        return found


def _at(browses: Sequence[Browse], time: float) -> Browse | None:
    # A second of grace: datasets keep microseconds, and floats have rounded them.
    return next((browse for browse in browses if browse.start - 1 <= time <= browse.end + 1), None)


def _leaves(items: Items, taste: Taste, time: float, browse: Browse | None) -> Floats:
    """Chances of the leaves."""
    chance = np.full(len(items.leaves), ELSEWHERE / len(items.leaves))
    if browse is not None:
        chance[browse.leaf] += 1.0
        return chance
    wanted = taste.weights * items.wanted(time)[taste.leaves]
    wanted = wanted / wanted.sum()
    chance[taste.leaves] += wanted
    followed = BOUGHT * FOLLOWED / items.partner.shape[1]
    np.add.at(chance, items.partner[taste.leaves], followed * wanted[:, None])
    return chance


def measure(folder: Path, catalogue: Path | None, console: Console) -> list[Row]:
    """Measures random, popularity, the true tastes and the ceiling on the held-out period.

    Raises:
        SimulatorError: a file of the simulation is missing.
        DataError: a table cannot be read, or there are too few events to hold some out.
    """
    shop = _shop(folder, catalogue or folder)
    truth = read_truth(folder, shop.products)
    models: list[Recommender] = [Random(), Popularity(), TrueUtility(truth, False), TrueUtility(truth, True)]
    return run.compare(shop, split(shop.events, PROTOCOL), models, console)


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """NDCG@20 with its interval by model."""
    return {row.name: vars(row.result.metrics["ndcg@20"]) for row in rows}


def _shop(folder: Path, catalogue: Path) -> Shop:
    products, events = aisle.find(catalogue, "products"), aisle.find(folder, "events")
    if products is None:
        raise SimulatorError(f"{catalogue} has no products. Name the folder of the catalogue with --catalogue.")
    if events is None:
        raise SimulatorError(f"{folder} has no events. Name a folder that `shop` or `behaviour` wrote with --data.")
    return aisle.read_files(products, events, aisle.find(folder, "users"))


def read_truth(folder: Path, products: Products) -> Truth:
    """Reads what the simulation planted, in the order of the catalogue.

    Raises:
        SimulatorError: the folder has no truth, or it is of another catalogue.
    """
    try:
        planted = parquet.read_table(folder / TRUTH / "items.parquet").to_pydict()
        tastes = parquet.read_table(folder / TRUTH / "tastes.parquet").to_pylist()
        browses = parquet.read_table(folder / TRUTH / "browses.parquet").to_pylist()
        leaves = json.loads((folder / TRUTH / "leaves.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise SimulatorError(f"{folder} has no {TRUTH} of a simulation: {error}") from error
    if planted["id"] != list(products.ids):
        raise SimulatorError(f"{folder / TRUTH} is about another catalogue. Name the one it was made for.")
    items = _items(planted, leaves, products)
    codes = _Codes(items)
    return Truth(items, codes.tastes(tastes), codes.browses(browses))


def _items(planted: Mapping[str, list[Any]], leaves: Mapping[str, Any], products: Products) -> Items:
    names = list(leaves)
    leaf = {name: i for i, name in enumerate(names)}
    brands = sorted(set(planted["brand"]))
    brand = {name: i for i, name in enumerate(brands)}
    attributes = sorted({value for row in planted["values"] for value in row})
    value = {name: i for i, name in enumerate(attributes)}
    width = max((len(row) for row in planted["values"]), default=0)
    keys = list(dict.fromkeys(name.split("=", 1)[0] for row in planted["values"] for name in row))
    values = np.full((len(products), max(width, len(keys))), -1, np.int64)
    for place, row in enumerate(planted["values"]):
        for name in row:
            values[place, keys.index(name.split("=", 1)[0])] = value[name]
    return Items(
        ids=products.ids,
        titles=products.titles,
        leaf=np.array([leaf[name] for name in planted["leaf"]]),
        leaves=[(name,) for name in names],
        names=names,
        brand=np.array([brand[name] for name in planted["brand"]]),
        brands=brands,
        level=np.array(planted["price_level"]),
        values=values,
        attributes=attributes,
        launch=_seconds(planted["launch"]),
        quality=np.array(planted["quality"]),
        peak=_seconds(planted["fashion_peak"]),
        season=np.array([leaves[name]["season_day"] for name in names]),
        partner=np.array([[leaf[other] for other in leaves[name]["goes_with"]] for name in names]),
    )


def _seconds(moments: Sequence[Any]) -> Floats:
    return np.array([-np.inf if moment is None else moment.timestamp() for moment in moments], np.float64)


class _Codes:
    """Names of the truth to positions in the catalogue."""

    def __init__(self, items: Items) -> None:
        self._items = {name: i for i, name in enumerate(items.ids)}
        self._leaves = {name: i for i, name in enumerate(items.names)}
        self._brands = {name: i for i, name in enumerate(items.brands)}
        self._values = {name: i for i, name in enumerate(items.attributes)}

    def tastes(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Taste]]:
        found: dict[str, list[Taste]] = {}
        for row in rows:
            taste = Taste(
                since=-np.inf if row["since"] is None else row["since"].timestamp(),
                leaves=np.array([self._leaves[name] for name in row["leaves"]], np.int64),
                weights=np.array(row["weights"]),
                brands=np.array([self._brands[name] for name in row["brands"]], np.int64),
                level=row["price_level"],
                likes=np.array([self._values[name] for name in row["likes"]], np.int64),
                dislikes=np.array([self._values[name] for name in row["dislikes"]], np.int64),
            )
            found.setdefault(row["user"], []).append(taste)
        return found

    def browses(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Browse]]:
        found: dict[str, list[Browse]] = {}
        for row in rows:
            partner = self._items[row["goes_with"]] if row["goes_with"] else -1
            browse = Browse(row["start"].timestamp(), row["end"].timestamp(), self._leaves[row["leaf"]], partner)
            found.setdefault(row["user"], []).append(browse)
        return found
