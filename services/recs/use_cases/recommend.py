"""Recommends: what is known of the shopper -> retrievers -> a full page."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit.errors import InvalidArgument, NotFound
from services.kit.filters import Expr
from services.recs.domain import attribution
from services.recs.domain.candidates import Candidate
from services.recs.domain.releases import Release
from services.recs.domain.shopper import NOBODY, Shopper
from services.recs.ports import Catalog, Towers, Vector, VectorIndex
from services.recs.use_cases.active_release import ActiveRelease
from services.recs.use_cases.eligibility import Rules
from services.recs.use_cases.fill import Page, fill
from services.recs.use_cases.guards import Degradation, Down, Guard
from services.recs.use_cases.hydration import Hydration, Snapshots
from services.recs.use_cases.measures import stage
from services.recs.use_cases.popular import PopularNow
from services.recs.use_cases.position import Position, remembered, rounded
from services.recs.use_cases.pushdown import wider
from services.recs.use_cases.retrievers import Nearest, Newest, Popular, Retriever
from services.recs.use_cases.shoppers import Shoppers

HOME, PRODUCT = "home", "product"
SCENARIOS = frozenset({HOME, PRODUCT})
SPARE = 8
"""Candidates asked of the index beyond the page and what the shopper has bought or disliked, which stand high in their
list: some are gone since they were indexed. With Milvus Lite a candidate costs as much as 300 rows looked at."""

FILTERED = 200
"""Popular products that are tried where there is a filter."""


@dataclass(frozen=True)
class Ask:
    """What is asked for."""

    scenario: str
    size: int
    shopper: str = ""
    """`users/ID` or `visitors/ID`; empty for somebody unknown."""
    context_product: str = ""
    """Id of the product that is being looked at."""
    where: Expr | None = None
    filter_text: str = ""
    after: Position | None = None
    region: str = ""
    age: int = 0


@dataclass(frozen=True)
class Recommendations:
    """What is answered."""

    picked: list[Candidate]
    products: Mapping[str, Product]
    reasons: Mapping[str, str]
    """A sentence by retriever."""
    following: Position | None
    degraded: frozenset[Degradation]
    attribution_token: str
    release: Release | None
    personalized: bool


@dataclass(frozen=True)
class Guards:
    """Budgets of the parts."""

    inference: Guard
    index: Guard
    catalog: Guard


@dataclass
class _Request:
    """One request on its way."""

    ask: Ask
    shopper: Shopper
    release: Release | None
    degraded: set[Degradation]
    vector: Vector | None = None
    """What the nearest items are looked for by."""
    reasons: dict[str, str] = field(default_factory=dict)


class Recommend:
    """The use case. One request uses one release from its start to its end."""

    def __init__(
        self,
        shoppers: Shoppers,
        active: ActiveRelease,
        towers: Towers,
        index: VectorIndex,
        catalog: Catalog,
        popular: PopularNow,
        snapshots: Snapshots,
        guards: Guards,
        attribution_key: bytes,
    ) -> None:
        self._shoppers = shoppers
        self._active = active
        self._towers = towers
        self._index = index
        self._catalog = catalog
        self._popular = popular
        self._snapshots = snapshots
        self._guards = guards
        self._key = attribution_key

    async def __call__(self, ask: Ask) -> Recommendations:
        """A page that is full while products exist that may be shown.

        Raises:
            InvalidArgument: the scenario needs a product, or the page token is not ours.
            NotFound: the context product does not exist.
        """
        if ask.scenario == PRODUCT and not ask.context_product:
            raise InvalidArgument.field("context_product", "is required by scenarios/product")
        degraded: set[Degradation] = set()
        shopper = await self._shoppers.read(ask.shopper, degraded) if ask.shopper else NOBODY
        request = _Request(ask, shopper, self._release(ask), degraded)
        hydrate = Hydration(self._catalog, self._guards.catalog, self._snapshots, degraded)
        plan = await self._plan(request, hydrate)
        page = Page(ask.size)
        context = [ask.context_product] if ask.context_product else []
        hydrate.along(context)
        await fill(page, plan, ask.after, self._rules(request), hydrate, degraded)
        if context and not await hydrate(context) and Degradation.CATALOG not in degraded:
            raise NotFound(f"products/{ask.context_product}")
        return self._answer(request, plan, page)

    def _release(self, ask: Ask) -> Release | None:
        """The first page's release for the pages that follow it, while it is known here."""
        remembered = self._active.recent(ask.after.release) if ask.after and ask.after.release else None
        return remembered or self._active.current

    async def _plan(self, request: _Request, hydrate: Hydration) -> list[Retriever]:
        plan: list[Retriever] = []
        if request.release is None:
            request.degraded.add(Degradation.NO_RELEASE)
        else:
            try:
                nearest = await self._nearest(request, request.release)
                plan += [nearest] if nearest else []
            except Down as down:
                request.degraded.add(down.what)
        plan.append(self._popular_products(request.ask))
        guard, text = self._guards.catalog, request.ask.filter_text
        plan.append(Newest(self._catalog, guard, text, self._snapshots.recent, hydrate.learn))
        return plan

    def _popular_products(self, ask: Ask) -> Popular:
        version = ask.after.resume if ask.after and ask.after.retriever == "popular" else ""
        products = self._popular.at(int(version) if version.isdecimal() else None)
        # Only the products themselves tell whether they pass a filter; the catalogue finds the rest of them at once.
        return Popular(products.first(FILTERED) if ask.where else products)

    async def _nearest(self, request: _Request, release: Release) -> Nearest | None:
        ask, after = request.ask, request.ask.after
        if after is not None and after.release == release.number:
            vector = after.vector
            if vector is not None and vector.size != release.dimension:
                raise InvalidArgument.field("page_token", "is not one that this service gave out")
        elif ask.scenario == PRODUCT:
            vector = await self._product_vector(release, ask.context_product)
        else:
            vector = await self._shopper_vector(release, request.shopper)
        if vector is None:
            return None
        request.vector = vector
        name = "similar" if ask.scenario == PRODUCT else "two_tower"
        reason = "Similar to what you are looking at"
        if name == "two_tower":
            reason = "Picked for what you looked at lately" if request.shopper.history else "Picked for what you like"
        first = ask.size + SPARE + min(len(request.shopper.bought) + len(request.shopper.disliked), ask.size)
        return Nearest(name, reason, self._index, self._guards.index, release, vector, wider(ask.where), first)

    async def _product_vector(self, release: Release, product: str) -> Vector | None:
        return (await self._vectors(release, [product])).get(product)

    async def _shopper_vector(self, release: Release, shopper: Shopper) -> Vector | None:
        if not shopper.known:
            return None
        steps = release.spec.steps(shopper.history, int(time.time() * 1000))
        vectors = await self._vectors(release, [step.product_id for step in steps])
        # A product that is gone, or not indexed yet, has no vector: the tower sees the history without it.
        steps = [step for step in steps if step.product_id in vectors]
        if not steps and not shopper.preferred_categories:
            return None
        rows = np.zeros((len(steps), release.dimension), np.float32)
        for i, step in enumerate(steps):
            rows[i] = vectors[step.product_id]
        kinds, ages = [step.kind for step in steps], [step.age_h for step in steps]
        preferred = release.spec.preferred(shopper.preferred_categories)
        with stage("user_tower"):
            vector = await self._guards.inference(
                lambda: self._towers.user_vector(release, rows, kinds, ages, preferred)
            )
        return rounded(vector)

    async def _vectors(self, release: Release, ids: list[str]) -> dict[str, Vector]:
        if not ids:
            return {}
        with stage("vectors"):
            return await self._guards.index(lambda: self._index.vectors(release, ids))

    def _rules(self, request: _Request) -> Rules:
        ask, shopper = request.ask, request.shopper
        excluded = shopper.bought | shopper.disliked | ({ask.context_product} if ask.context_product else frozenset())
        shown = ask.after.shown if ask.after else frozenset()
        return Rules(excluded, shown, ask.where, ask.region, ask.age)

    def _answer(self, request: _Request, plan: list[Retriever], page: Page) -> Recommendations:
        retrievers = {candidate.retriever for candidate in page.picked}
        release = request.release if retrievers & {"two_tower", "similar"} else None
        claims = attribution.Claims(
            request.ask.scenario,
            release.number if release else 0,
            release.collection if release else "",
            int(time.time()),
        )
        return Recommendations(
            picked=page.picked,
            products=page.products,
            reasons={retriever.name: retriever.reason for retriever in plan},
            following=self._following(request, page),
            degraded=frozenset(request.degraded),
            attribution_token=attribution.sign(claims, self._key),
            release=release,
            personalized="two_tower" in retrievers,
        )

    def _following(self, request: _Request, page: Page) -> Position | None:
        last, after = page.last, request.ask.after
        if last is None:
            return None
        return Position(
            release=request.release.number if request.release else 0,
            retriever=last.retriever,
            rank=last.rank,
            score=last.score if last.retriever in {"two_tower", "similar"} else None,
            resume=last.resume,
            vector=request.vector,
            finished=tuple(page.finished),
            shown=remembered(after.shown if after else (), [candidate.product_id for candidate in page.picked]),
        )
