"""Recommend with everything in memory: an index that looks at every vector, a catalogue that is a dictionary."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from aisle.catalog.v1.product_pb2 import Product
from google.type.money_pb2 import Money

from services.kit.filters import Expr, matches
from services.recs.domain.events import Kind
from services.recs.domain.feature_spec import parse as parse_spec
from services.recs.domain.releases import Release, State
from services.recs.domain.scenarios import RetrieverName, RetrieverUse, Scenario
from services.recs.domain.shopper import NOBODY, Interaction, Shopper
from services.recs.ports import Counted, PopularProducts, Scored, Statistic, Vector
from services.recs.servicer.messages import KINDS
from services.recs.use_cases.asking import Ask, Recommendations
from services.recs.use_cases.guards import Degradation, Guard
from services.recs.use_cases.hydration import Snapshots
from services.recs.use_cases.popular import PopularNow
from services.recs.use_cases.products import SCHEMA, product_id, record
from services.recs.use_cases.ranking import Rankers
from services.recs.use_cases.recommend import Guards, Recommend
from services.recs.use_cases.scenario_book import parse, ready
from services.recs.use_cases.shoppers import Shoppers
from services.recs.use_cases.statistics import Statistics

SPEC = """{
  "title": {"lowercase": true, "pattern": "[a-z]+", "max_tokens": 4}, "history_length": 50, "dimension": 8,
  "category_depth": 4, "max_attributes": 4, "max_preferred_categories": 4,
  "kinds": {"VIEW": 1, "ADD_TO_CART": 2, "PURCHASE": 3, "LIKE": 4}
}"""
RELEASE = Release(7, "items_r7", 8, "1", "1", SPEC, parse_spec(SPEC, KINDS), "", "", "", State.PROMOTED)
SHOPPER = "users/u"
SECOND_MS = 1000


def product(item: str, category: str = "shoes", brand: str = "Norr", price: int | None = 10, **fields: Any) -> Product:
    """A product in stock."""
    given = {"in_stock": True, "category_ids": ["apparel", category], "category": f"categories/{category}", **fields}
    money = {} if price is None else {"price": Money(currency_code="EUR", units=price)}
    return Product(name=f"products/{item}", title=f"The {item}", brand=brand, **money, **given)


class Shop:
    """The world around Recommend; it is all that the ports want."""

    def __init__(self, products: Sequence[Product], seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.products = {product_id(found.name): found for found in products}
        rows = random.normal(size=(len(products), 8)).astype(np.float32)
        self.rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        self.place = {item: i for i, item in enumerate(self.products)}
        self.shopper = NOBODY
        self.best = Scored()
        """What was scored ahead."""
        self.statistics: list[Counted] = []
        self.popular: tuple[str, ...] = ()
        self.broken: set[str] = set()
        self.searches = 0
        self.scored_reads = 0
        self.hydrated = 0
        self.release = RELEASE
        self.rankings: list[list[str]] = []
        """What the ranker was asked to order, call by call."""

    async def build(self) -> Recommend:
        """The use case, its memories filled."""

        def guard(what: Degradation) -> Guard:
            return Guard(what, 5, 0.0, 10**6)

        statistics, popular = Statistics(self, 1), PopularNow(self, 1)
        await statistics.refresh()
        await popular.refresh()
        features, snapshots = guard(Degradation.FEATURES), Snapshots(1000)
        return Recommend(
            shoppers=Shoppers(self, features, self, features, lambda: True),
            active=self,  # type: ignore[arg-type]
            towers=self,
            index=self,
            catalog=self,
            popular=popular,
            statistics=statistics,
            snapshots=snapshots,
            rankers=Rankers(self, guard(Degradation.RANKING), snapshots, 1000),
            guards=Guards(guard(Degradation.INFERENCE), guard(Degradation.INDEX), guard(Degradation.CATALOG)),
            attribution_key=os.urandom(32),
        )

    def saw(self, *items: str, kind: Kind = Kind.VIEW) -> None:
        """The shopper did something, a second after what they did before."""
        start = self.shopper.history[-1].time_ms if self.shopper.history else 0
        events = tuple(Interaction(item, kind, start + (i + 1) * SECOND_MS) for i, item in enumerate(items))
        bought = self.shopper.bought.union(items) if kind is Kind.PURCHASE else self.shopper.bought
        disliked = self.shopper.disliked.union(items) if kind is Kind.DISLIKE else self.shopper.disliked
        self.shopper = Shopper(self.shopper.history + events, bought, disliked)

    # The ports.

    def of(self, _: str) -> Release | None:
        """Of ActiveRelease."""
        return None if "release" in self.broken else self.release

    def recent(self, number: int) -> Release | None:
        """Of ActiveRelease."""
        return self.release if number == self.release.number else None

    async def read(self, _: str) -> Shopper:
        return self.shopper

    async def scored(self, _: str) -> Scored:
        self._needs("features")
        self.scored_reads += 1
        return self.best

    async def user_vector(self, _: Release, vectors: Vector, *__: Any) -> Vector:
        self._needs("inference")
        mean = vectors.mean(0) if len(vectors) else np.ones(8, np.float32)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    async def item_vectors(self, *_: Any) -> Vector:
        raise NotImplementedError

    async def shapes(self, *_: Any) -> None:
        raise NotImplementedError

    async def scores(self, _: Release, features: Vector, candidates: Sequence[str], newest: Sequence[str]) -> Vector:
        """Of Ranker: cheap products first."""
        self._needs("ranking")
        self.rankings.append(list(candidates))
        return np.array([-float(self.products[item].price.units) for item in candidates], np.float32)

    async def search(self, _: Release, vector: Vector, where: Expr | None, limit: int) -> list[tuple[str, float]]:
        self._needs("index")
        self.searches += 1
        scores = self.rows @ vector
        fitting = [item for item in self.products if self._indexed(item, where)]
        best = sorted(fitting, key=lambda item: -scores[self.place[item]])[:limit]
        return [(item, float(scores[self.place[item]])) for item in best]

    async def vectors(self, _: Release, ids: Sequence[str]) -> dict[str, Vector]:
        self._needs("index")
        return {item: self.rows[self.place[item]] for item in ids if item in self.place}

    async def among(self, _: Release, ids: Sequence[str], where: Expr | None) -> set[str]:
        return {item for item in ids if item in self.products and self._indexed(item, where)}

    async def dimension(self, _: str) -> int | None:
        raise NotImplementedError

    async def point_alias(self, _: str) -> None:
        raise NotImplementedError

    async def get(self, ids: Sequence[str]) -> dict[str, Product]:
        self._needs("catalog")
        self.hydrated += 1
        return {item: self.products[item] for item in ids if item in self.products}

    async def newest(self, *given: str) -> Any:
        """Of Catalog and of Popularity."""
        if not given:
            return PopularProducts(1, self.popular, tuple(1.0 for _ in self.popular))
        self._needs("catalog")
        where = parse(given[0])
        found = [one for one in self.products.values() if one.in_stock and (not where or matches(where, record(one)))]
        found.sort(key=lambda one: (-one.create_time.seconds, one.name))
        at = int(given[1] or 0)
        return found[at : at + 100], str(at + 100) if at + 100 < len(found) else ""

    async def changed(self, after: int) -> tuple[list[Counted], int]:
        return (self.statistics, 1) if not after else ([], after)

    def _indexed(self, item: str, where: Expr | None) -> bool:
        """The index holds 0 for a price that is absent, and no currency."""
        found = self.products[item]
        values = record(found)
        values = {**values, "price": values["price"] or 0.0, "currency": values["currency"] or ""}
        return found.in_stock and (where is None or matches(where, values))

    def _needs(self, part: str) -> None:
        if part in self.broken:
            raise OSError(part)


def scenario(*retrievers: RetrieverName, name: str = "some", **fields: Any) -> Any:
    """A scenario of these retrievers, ready."""
    return ready(Scenario(name, "Some", tuple(RetrieverUse(found) for found in retrievers), **fields))


def ask(given: Any, size: int = 10, text: str = "", **fields: Any) -> Ask:
    """A question, of the one shopper, to be explained."""
    values: Mapping[str, Any] = {"shopper": SHOPPER, "explain": True, **fields}
    if "context_product" in values:
        values = {"context_products": (values["context_product"],), **values}
    return Ask(scenario=given, size=size, where=parse(text), filter_text=text, **values)


def ids(found: Recommendations) -> list[str]:
    """Products of the page."""
    return [candidate.product_id for candidate in found.picked]


async def every_page(recommend: Recommend, given: Any, size: int, **fields: Any) -> list[list[str]]:
    """All pages, to their end."""
    pages, after = [], None
    for _ in range(100):
        found = await recommend(ask(given, size, after=after, **fields))
        pages.append(ids(found))
        after = found.following
        if after is None:
            return pages
    raise AssertionError("there is no end")


def counted(statistic: Statistic, key: str, *items: str) -> Counted:
    """An entry whose scores fall by place."""
    return Counted(statistic, key, items, tuple(1.0 / (i + 1) for i in range(len(items))))


__all__ = ["SCHEMA", "Shop", "ask", "counted", "every_page", "ids", "product", "scenario"]
