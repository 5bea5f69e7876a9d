"""What recs needs of the world; adapters/ provides it, tests may bring their own."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import Expr
from services.recs.domain.events import Event, Kind
from services.recs.domain.feature_spec import Encoder, ItemFacts, ItemInputs
from services.recs.domain.releases import Release
from services.recs.domain.scenarios import Revision, Scenario, StoredScenario
from services.recs.domain.shopper import Shopper

Vector = np.ndarray[Any, np.dtype[np.float32]]
"""[dimension] of a tower, L2-normalised."""


class Events(Protocol):
    """The log of events."""

    async def write(self, events: Sequence[Event]) -> int:
        """Stores events for good, leaving those out whose shopper and id are there; how many were new."""
        ...

    async def stored(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Event]:
        """Events by (shopper, event id)."""
        ...

    async def page(
        self, shopper: str, kinds: Sequence[Kind], before: tuple[datetime, int] | None, limit: int
    ) -> tuple[list[Event], tuple[datetime, int] | None]:
        """Newest first, of these kinds or, when there are none, of all; and where the next page begins.

        None at the end.
        """
        ...

    def export(self, start: datetime | None) -> AsyncIterator[list[Event]]:
        """Everything since `start`, oldest first, in parts of at most 1,000."""
        ...


class ShopperReader(Protocol):
    """Reads what is known of shoppers."""

    async def read(self, shopper: str) -> Shopper: ...


class Histories(ShopperReader, Protocol):
    """The truth of shoppers, computed from the log."""

    async def read_many(self, shoppers: Collection[str]) -> dict[str, Shopper]: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """The products that a release's towers found best for a shopper when they were last scored, best first."""

    ids: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    """Inner products of both towers' vectors."""
    release: int = 0


class ScoredReader(Protocol):
    """What was scored ahead, for when the towers do not answer."""

    async def scored(self, shopper: str) -> Scored: ...


class FeatureReader(ShopperReader, ScoredReader, Protocol):
    """The feature store, for those who recommend."""


class FeatureStore(ShopperReader, Protocol):
    """Shoppers as the feature store has them."""

    async def push(self, shoppers: Mapping[str, Shopper]) -> None: ...


class Releases(Protocol):
    """The registered releases."""

    async def add(self, release: Release) -> Release | None:
        """The release as registered; None when the number is taken."""
        ...

    async def get(self, number: int) -> Release | None: ...

    async def promoted(self) -> Release | None: ...

    async def canary(self) -> Release | None: ...

    async def before(self, number: int) -> Release | None:
        """The one that was promoted last before this one."""
        ...

    async def page(self, below: int | None, limit: int) -> list[Release]:
        """Highest number first."""
        ...

    async def delete(self, number: int) -> bool:
        """Forgets it, unless it answers or is the one that answers again after a rollback; whether it did."""
        ...

    async def promote(self, number: int) -> Release:
        """Retires the promoted one, ends the canary, promotes this one, and tells all replicas."""
        ...

    async def split(self, number: int, percent: int) -> Release | None:
        """Makes this one the canary, or ends it for 0, and tells all replicas; None when it is promoted."""
        ...

    async def roll_back(self, number: int, to: int) -> Release | None:
        """Takes the promoted one back, lets `to` answer, ends the canary, and tells all replicas.

        None when `number` is not promoted.
        """
        ...


class Scenarios(Protocol):
    """The stored scenarios."""

    async def all(self) -> list[StoredScenario]: ...

    async def get(self, scenario_id: str) -> StoredScenario | None: ...

    async def page(self, after: str, limit: int) -> list[StoredScenario]:
        """By id, those after `after`."""
        ...

    async def add(self, scenario: Scenario, author: str, comment: str) -> StoredScenario | None:
        """The scenario as stored; None when the id is taken."""
        ...

    async def put(self, scenario: Scenario, expected: int, author: str, comment: str) -> StoredScenario | None:
        """Replaces revision `expected`, and tells all replicas; None when that is no longer the newest."""
        ...

    async def revisions(self, scenario_id: str, below: int | None, limit: int) -> list[Revision]:
        """Newest first."""
        ...

    async def ensure(self, defaults: Sequence[Scenario]) -> None:
        """Adds those whose ids are free."""
        ...


class Towers(Protocol):
    """The towers on the inference server."""

    async def user_vector(
        self, release: Release, vectors: Vector, kinds: Sequence[int], ages_h: Sequence[float], preferred: Sequence[str]
    ) -> Vector:
        """The shopper's vector; `vectors` is [events, dimension], oldest first, at most the history's length."""
        ...

    async def item_vectors(
        self, release: Release, items: Sequence[ItemInputs], encoder_vectors: Vector | None = None
    ) -> Vector:
        """[items, dimension]; `encoder_vectors` is [items, dimensions of the encoders that the release names]."""
        ...

    async def shapes(self, model: str, version: str) -> dict[str, tuple[int, ...]] | None:
        """Shapes of a model's inputs and outputs without the batch's; None when that version is not ready."""
        ...


class Encoders(Protocol):
    """The encoders of search."""

    async def vectors(self, encoder: Encoder, products: Sequence[Product]) -> Vector | None:
        """[products, dimension], zeros where a product has nothing to encode; None when that version is gone."""
        ...


class Ranker(Protocol):
    """The ranker on the inference server."""

    async def scores(
        self, release: Release, features: Vector, candidates: Sequence[str], newest: Sequence[str]
    ) -> Vector:
        """[candidates]; `features` is [candidates, features], `newest` are the products of the shopper's newest events,
        the newest last."""
        ...


class VectorIndex(Protocol):
    """The item vectors of releases."""

    async def search(self, release: Release, vector: Vector, where: Expr | None, limit: int) -> list[tuple[str, float]]:
        """(product id, inner product) of the nearest items in stock that fit, best first."""
        ...

    async def vectors(self, release: Release, ids: Sequence[str]) -> dict[str, Vector]: ...

    async def among(self, release: Release, ids: Sequence[str], where: Expr | None) -> set[str]:
        """Those that `search` could find."""
        ...

    async def dimension(self, collection: str) -> int | None:
        """Length of a collection's vectors; None when there is no such collection."""
        ...

    async def point_alias(self, collection: str) -> None:
        """Lets the alias of the promoted items name this collection."""
        ...


@dataclass(frozen=True, slots=True)
class IndexedItem:
    """A product as the index holds it."""

    facts: ItemFacts
    vector: Vector


class IndexWriter(Protocol):
    """The one writer of the promoted release's collection.

    Once the index was away, every call raises until `ensure` is called: what was not flushed may be gone.
    """

    async def ensure(self, release: Release) -> bool:
        """Makes the collection if it is missing; whether it was."""
        ...

    async def put(self, collection: str, items: Sequence[IndexedItem]) -> None: ...

    async def remove(self, collection: str, ids: Sequence[str]) -> None: ...

    async def flush(self, collections: Sequence[str]) -> None:
        """Makes everything written durable."""
        ...

    async def ids(self, collection: str) -> set[str]:
        """Every product id in the collection."""
        ...

    async def ping(self, collections: Sequence[str]) -> None:
        """Raises when the index does not answer, or has a collection no longer loaded."""
        ...


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A product that changed."""

    product_id: str
    product: Product | None
    """None when it was deleted."""


class Catalog(Protocol):
    """The catalogue, for shoppers."""

    async def get(self, ids: Sequence[str]) -> dict[str, Product]:
        """Products by id, without those that do not exist."""
        ...

    async def newest(self, filter_text: str, page_token: str) -> tuple[list[Product], str]:
        """A page of products in stock, newest first, and the token of the next; empty at the end."""
        ...


class CatalogFeed(Protocol):
    """The catalogue, for the indexer."""

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting. Waits for one if there is none."""
        ...

    def everything(self) -> AsyncIterator[list[Product]]:
        """All products, page by page."""
        ...

    async def existing(self, ids: Sequence[str]) -> set[str]: ...


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One of the three is set."""

    preferences: tuple[str, tuple[str, ...]] | None = None
    """(shopper, category ids)."""
    merge: tuple[str, str] | None = None
    """(visitor, user)."""
    erased: str = ""
    """`users/{user}`."""


class AccountFeed(Protocol):
    """Changes of accounts."""

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting. Waits for one if there is none."""
        ...


class Watermarks(Protocol):
    """How far a feed was followed."""

    async def get(self, name: str) -> str: ...

    async def set(self, name: str, cursor: str) -> None: ...


class ChangedShoppers(Protocol):
    """Follows the log of events."""

    async def after(self, cursor: str, limit: int) -> tuple[set[str], str, int]:
        """Shoppers of the next events that no earlier one can join any more, the next cursor, how many events."""
        ...


@dataclass(frozen=True, slots=True)
class PopularProducts:
    """One computation of popularity."""

    version: int
    ids: tuple[str, ...]
    """Most popular first."""
    scores: tuple[float, ...]

    def first(self, count: int) -> "PopularProducts":
        """The most popular of them."""
        return PopularProducts(self.version, self.ids[:count], self.scores[:count])


class Statistic(IntEnum):
    """What the worker counts from events."""

    BOUGHT_WITH = 1
    """By product: what is in one basket with it more often than chance would have it; scores are lift."""
    VIEWED_WITH = 2
    """By product: what is looked at in one visit with it; scores are cosine similarity."""
    RANKING = 3
    """By name (see services.recs.use_cases.statistics): what is wanted most."""
    REPEATED = 4
    """One entry: products that people buy again; scores are the shares of their buyers who did."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An entry of a statistic, best first; empty when there is nothing any more."""

    statistic: Statistic
    key: str
    ids: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()


class StatisticsReader(Protocol):
    """The newest computation of the worker."""

    async def changed(self, after: int) -> tuple[list[Counted], int]:
        """The entries that changed since version `after`, and the version that they are of."""
        ...


class Popularity(Protocol):
    """What is popular."""

    async def newest(self) -> PopularProducts | None: ...
