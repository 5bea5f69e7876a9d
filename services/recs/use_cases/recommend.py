"""Recommends: the shopper -> retrievers -> ranker -> eligible -> in the order of the business -> a full page."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aisle.catalog.v1.product_pb2 import Product

from services.kit.errors import InvalidArgument, NotFound
from services.recs.domain import attribution
from services.recs.domain.releases import Release
from services.recs.domain.scenarios import Action, RetrieverName
from services.recs.domain.shopper import NOBODY, Shopper
from services.recs.ports import Catalog, Towers, VectorIndex
from services.recs.use_cases import wording
from services.recs.use_cases.active_release import ActiveRelease
from services.recs.use_cases.asking import Ask, Recommendations
from services.recs.use_cases.building import Builder, Built
from services.recs.use_cases.eligibility import Rules
from services.recs.use_cases.guards import Degradation, Guard
from services.recs.use_cases.hydration import Hydration, Snapshots
from services.recs.use_cases.measures import stage
from services.recs.use_cases.newest_now import NewestNow
from services.recs.use_cases.ordering import window_size
from services.recs.use_cases.planning import Context, Sources, plan
from services.recs.use_cases.popular import PopularNow
from services.recs.use_cases.position import SCORED
from services.recs.use_cases.ranking import Rankers
from services.recs.use_cases.scenario_book import ReadyRule, admitted, both
from services.recs.use_cases.shoppers import Shoppers
from services.recs.use_cases.statistics import Statistics
from services.recs.use_cases.vectors import Vectors

PERSONAL = frozenset(
    {
        RetrieverName.TWO_TOWER,
        RetrieverName.RECENTLY_VIEWED,
        RetrieverName.BUY_AGAIN,
        RetrieverName.BECAUSE_VIEWED,
        SCORED,
    }
)
"""Retrievers that look at the shopper."""
OF_RELEASE = frozenset({RetrieverName.TWO_TOWER, RetrieverName.SIMILAR, RetrieverName.BECAUSE_VIEWED, SCORED})
"""Retrievers that look at the vectors of the release."""
REPLY_BYTES = 6
"""Of a reply's own name: a shopper who gets two of one name within a second would need 2^24 replies in it."""
LONGEST_FILTER = 2000
"""What the catalogue takes."""


@dataclass(frozen=True)
class Guards:
    """Budgets of the parts."""

    inference: Guard
    index: Guard
    catalog: Guard


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
        statistics: Statistics,
        snapshots: Snapshots,
        rankers: Rankers,
        guards: Guards,
        attribution_key: bytes,
    ) -> None:
        self._shoppers = shoppers
        self._active = active
        self._towers = towers
        self._index = index
        self._catalog = catalog
        self._snapshots = snapshots
        self._rankers = rankers
        self._guards = guards
        self._key = attribution_key
        self._sources = Sources(index, guards.index, catalog, guards.catalog, popular, statistics, snapshots, shoppers)
        self._new = NewestNow(catalog, guards.catalog)

    async def __call__(self, ask: Ask) -> Recommendations:
        """A page that is full while products exist that may be shown, unless it is to hold what was found alone.

        Raises:
            InvalidArgument: the scenario needs a product, or the page token is not ours.
            NotFound: the context product does not exist.
        """
        if ask.scenario.scenario.needs_product and not ask.context_product:
            raise InvalidArgument.field("context_product", f"is required by {ask.scenario.scenario.name}")
        now = ask.rule_time or datetime.now(UTC)
        business = ask.scenario.holding(now)
        context = await self._context(ask, business)
        with stage("plan"):
            planned = plan(context, self._sources)
        along = [found for found in (ask.context_product, self._anchor(context)) if found]
        context.hydrate.along(along)
        built = await Builder(context, planned, _rules(context, business), business)(self._new, now)
        products = await context.hydrate(along) if along else {}
        if ask.context_product and ask.context_product not in products and not _unsure(context):
            raise NotFound(f"products/{ask.context_product}")
        return self._answer(context, built, products)

    async def _context(self, ask: Ask, business: Sequence[ReadyRule]) -> Context:
        degraded: set[Degradation] = set()
        shopper = await self._shoppers.read(ask.shopper, degraded) if ask.shopper else NOBODY
        release = self._release(ask)
        if release is None:
            degraded.add(Degradation.NO_RELEASE)
        hydrate = Hydration(self._catalog, self._guards.catalog, self._snapshots, degraded)
        return Context(
            ask=ask,
            shopper=shopper,
            where=admitted(both(ask.where, ask.scenario.where), tuple(business)),
            filter_text=_filter_text(ask),
            vectors=self._vectors(release, shopper, ask) if release else None,
            hydrate=hydrate,
            degraded=degraded,
            window=window_size(ask.size, business, ask.scenario.scenario.diversity),
            ranking=self._rankers.of(release, shopper, hydrate) if release else None,
        )

    def _release(self, ask: Ask) -> Release | None:
        """The shopper's release; for the pages that follow it the first page's, while it is known here."""
        remembered = self._active.recent(ask.after.release) if ask.after and ask.after.release else None
        return remembered or self._active.of(ask.shopper)

    def _vectors(self, release: Release, shopper: Shopper, ask: Ask) -> Vectors:
        guards = self._guards
        return Vectors(release, shopper, ask.after, self._towers, guards.inference, self._index, guards.index)

    def _anchor(self, context: Context) -> str:
        """Id of the product that `because_viewed` speaks of; empty where it takes no part."""
        used = [use.retriever for use in context.ask.scenario.scenario.retrievers]
        wanted = context.ask.retriever in {None, RetrieverName.BECAUSE_VIEWED}
        taking_part = context.ask.retriever or RetrieverName.BECAUSE_VIEWED in used
        return context.anchor if wanted and taking_part else ""

    def _answer(self, context: Context, built: Built, named: Mapping[str, Product]) -> Recommendations:
        ask, picked = context.ask, built.picked
        anchor = self._anchor(context)
        anchor_title, beside_title = _title(named, anchor), _title(named, ask.context_product)
        retrievers = {candidate.retriever for candidate in picked}
        release = context.vectors.release if context.vectors and retrievers & OF_RELEASE else None
        claims = attribution.Claims(
            ask.scenario.scenario.scenario_id,
            release.number if release else 0,
            release.collection if release else "",
            int(time.time()),
            secrets.token_urlsafe(REPLY_BYTES),
        )
        return Recommendations(
            picked=picked,
            products=built.products,
            reasons=wording.reasons(context.shopper, anchor_title, beside_title) if ask.explain else {},
            following=built.following,
            degraded=frozenset(context.degraded),
            attribution_token=attribution.sign(claims, self._key),
            release=release,
            personalized=bool(retrievers & PERSONAL),
            title=wording.title(ask.retriever, anchor_title) if ask.retriever else ask.scenario.scenario.display_name,
            anchor=anchor if ask.retriever and anchor_title else "",
            ordered=built.ordered() if ask.explain else {},
        )


def _rules(context: Context, business: Sequence[ReadyRule]) -> Rules:
    ask, shopper = context.ask, context.shopper
    named = frozenset(item for ready in business if ready.rule.action is Action.EXCLUDE for item in ready.products)
    return Rules(
        excluded=shopper.disliked.union(ask.context_products, named),
        bought=shopper.bought,
        shown=frozenset(ask.after.shown if ask.after else ()),
        where=context.where,
        region=ask.region,
        age=ask.age,
    )


def _filter_text(ask: Ask) -> str:
    """For the catalogue, which need not know all: products are checked again here."""
    texts = [text for text in (ask.filter_text, ask.scenario.scenario.filter) if text.strip()]
    whole = " AND ".join(f"({text})" for text in texts) if len(texts) > 1 else "".join(texts)
    return whole if len(whole) <= LONGEST_FILTER - 30 else ask.filter_text


def _title(products: Mapping[str, Product], item: str) -> str:
    return products[item].title if item in products else ""


def _unsure(context: Context) -> bool:
    return Degradation.CATALOG in context.degraded
