"""Which retrievers answer a request, in which order: a scenario's own, then those that fill the page."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from services.kit.filters import And, Comparison, Expr, FieldType
from services.recs.domain.events import Kind
from services.recs.domain.scenarios import RetrieverName, RetrieverUse
from services.recs.domain.shopper import Shopper
from services.recs.ports import Catalog, Statistic, Vector, VectorIndex
from services.recs.use_cases.asking import Ask
from services.recs.use_cases.guards import Degradation, Guard
from services.recs.use_cases.hydration import Hydration, Snapshots
from services.recs.use_cases.mixing import Mix, Part
from services.recs.use_cases.popular import PopularNow
from services.recs.use_cases.products import INDEXED
from services.recs.use_cases.ranking import Ranked, Ranking
from services.recs.use_cases.retrievers import Listed, Nearest, Newest, Popular, Retriever
from services.recs.use_cases.scored import ScoredAhead
from services.recs.use_cases.shoppers import Shoppers
from services.recs.use_cases.statistics import TRENDING, Statistics, of_category, of_region
from services.recs.use_cases.vectors import Vectors

SPARE = 8
"""Candidates asked of the index beyond the page and what the shopper has bought or disliked, which stand high in their
list: some are gone since they were indexed. With Milvus Lite a candidate costs as much as 300 rows looked at."""
FILTERED = 200
"""Popular products that are tried where there is a filter: only the products themselves tell whether they pass it, and
the catalogue finds the rest of them at once."""
LISTED = 200
"""Of a list in memory at most so many: pages remember twice as many products by their ids."""
LOOKED_AT = frozenset({Kind.VIEW, Kind.ADD_TO_CART, Kind.LIKE})
IN_BASKETS = frozenset({Kind.ADD_TO_CART, Kind.PURCHASE})
BASKET = 5
"""Last products in cart or bought that stand for a cart where none is given."""


@dataclass(frozen=True)
class Sources:
    """Where candidates come from."""

    index: VectorIndex
    index_guard: Guard
    catalog: Catalog
    catalog_guard: Guard
    popular: PopularNow
    statistics: Statistics
    snapshots: Snapshots
    shoppers: Shoppers


@dataclass
class Context:
    """A request, as far as retrievers look at it."""

    ask: Ask
    shopper: Shopper
    where: Expr | None
    """The caller's filter, the scenario's, and what rules exclude."""
    filter_text: str
    vectors: Vectors | None
    """None before the first release."""
    hydrate: Hydration
    degraded: set[Degradation]
    window: int
    """Candidates that are wanted at once."""
    ranking: Ranking | None = None
    """None where the towers' own order stands."""
    first: int = field(init=False)
    """Candidates to ask of the index."""
    personal: Retriever | None = field(default=None, init=False)
    """What the towers find; the same for a mix and for what fills the page after it."""

    def __post_init__(self) -> None:
        left_out = len(self.shopper.bought) + len(self.shopper.disliked)
        self.first = self.window + SPARE + min(left_out, self.window)

    @property
    def left_out(self) -> frozenset[str]:
        """Ids that no page of this request shows, but for what one buys again."""
        return self.shopper.bought.union(self.shopper.disliked, self.ask.context_products)

    def ranked_first(self, ranking: Ranking) -> int:
        """Candidates to ask of the index where the best of them are ranked."""
        left_out = len(self.shopper.bought) + len(self.shopper.disliked)
        return max(self.first, ranking.spec.candidates + min(left_out, ranking.spec.candidates))

    @property
    def anchor(self) -> str:
        """Id of the product that the shopper looked at last and did not buy or dislike; empty for none."""
        out = self.left_out
        for event in reversed(self.shopper.history):
            if event.kind in LOOKED_AT and event.product_id not in out:
                return event.product_id
        return ""


def plan(context: Context, sources: Sources) -> list[Retriever]:
    """The retrievers of a request, one after the other. Pages that follow the first get the same ones."""
    alone, scenario = context.ask.retriever, context.ask.scenario.scenario
    uses = (RetrieverUse(alone, limit=LISTED),) if alone else scenario.retrievers
    parts = [part for use in uses for part in PARTS[use.retriever](context, sources, use)]
    planned: list[Retriever] = [part.retriever for part in parts]
    if len(parts) > 1:
        planned = [Mix(parts, context.degraded)]
    if not alone and not scenario.only_retrieved:
        return planned + _filling(context, sources, uses, planned)
    if len(uses) == 1 and len(parts) > 1:  # one that has no end goes on where its mix stops
        planned += [part.retriever for part in parts if isinstance(part.retriever, Nearest | Ranked)]
    return planned


def _filling(
    context: Context, sources: Sources, uses: Sequence[RetrieverUse], planned: Sequence[Retriever]
) -> list[Retriever]:
    """What fills the page when the scenario's own have no more: personal or similar, popular, then anything.

    Where the towers were wanted and did not answer, what they said when the shopper was last scored comes first.
    """
    similar = any(use.retriever is RetrieverName.SIMILAR for use in uses) and context.ask.context_products
    personal = _similar_by_content(context, sources) if similar else _two_tower(context, sources)
    others = [*personal, *_scored(context, sources)]
    others += [*_popular_here(context, sources), _popular_anywhere(context, sources)]
    others.append(_newest("newest", context, sources))
    taken = {retriever.name for retriever in planned}
    return [retriever for retriever in others if retriever.name not in taken]


def _two_tower(context: Context, sources: Sources) -> list[Retriever]:
    vectors = context.vectors
    if vectors is None:
        return []
    if context.personal is None:
        found = _nearest(RetrieverName.TWO_TOWER, context, sources, vectors, vectors.shopper)
        context.personal = found
        if context.ranking is not None:
            nearest = replace(found, first=context.ranked_first(context.ranking))
            shown = context.window + SPARE
            context.personal = Ranked(nearest, context.ranking, context.left_out, context.degraded, shown)
    return [context.personal]


def _scored(context: Context, sources: Sources) -> list[Retriever]:
    vectors, shopper = context.vectors, context.ask.shopper
    if vectors is None or not shopper or not context.shopper.known:
        return []
    return [ScoredAhead(lambda: sources.shoppers.scored(shopper), vectors.release, context.degraded)]


def _similar_by_content(context: Context, sources: Sources) -> list[Retriever]:
    return _like(RetrieverName.SIMILAR, _main_product(context), context, sources)


def _like(name: RetrieverName, product: str, context: Context, sources: Sources) -> list[Retriever]:
    vectors = context.vectors
    if vectors is None or not product:
        return []
    return [_nearest(name, context, sources, vectors, lambda: vectors.product(product), product)]


def _nearest(
    name: str,
    context: Context,
    sources: Sources,
    vectors: Vectors,
    vector: Callable[[], Awaitable[Vector]],
    without: str = "",
) -> Nearest:
    where, after = INDEXED.wider(context.where), context.ask.after
    stopped = after is not None and name in after.stopped
    guard = sources.index_guard
    return Nearest(name, sources.index, guard, vectors.release, vector, where, context.first, without, stopped)


def _like_parts(name: RetrieverName, product: str, context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    """By what the product is, and by who looks at both."""
    content = [Part(found, use.weight, use.limit) for found in _like(name, product, context, sources)]
    ids, scores = sources.statistics.related(Statistic.VIEWED_WITH, [product] if product else [])
    return content + _listed_part(name, ids, scores, use)


def _listed_part(
    name: RetrieverName, ids: Sequence[str], scores: Sequence[float], use: RetrieverUse, again: bool = False
) -> list[Part]:
    if not ids:
        return []
    return [Part(Listed(name, ids[: use.limit], scores[: use.limit], again), use.weight, use.limit)]


def _two_tower_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    instead = next(iter(_scored(context, sources)), None)
    return [Part(found, use.weight, use.limit, instead) for found in _two_tower(context, sources)]


def _similar_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    return _like_parts(RetrieverName.SIMILAR, _main_product(context), context, sources, use)


def _because_viewed_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    return _like_parts(RetrieverName.BECAUSE_VIEWED, context.anchor, context, sources, use)


def _bought_together_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    products = context.ask.context_products or _last(context.shopper, IN_BASKETS, BASKET)
    return _listed_part(use.retriever, *sources.statistics.related(Statistic.BOUGHT_WITH, products), use)


def _trending_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    ranking = sources.statistics.ranking(TRENDING)
    return _listed_part(use.retriever, ranking.ids, ranking.scores, use)


def _popular_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    here = _popular_here(context, sources) or [_popular_anywhere(context, sources)]
    return [Part(found, use.weight, use.limit) for found in here]


def _new_arrivals_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    return [Part(_newest(use.retriever, context, sources), use.weight, use.limit)]


def _recently_viewed_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    views = _last(context.shopper, {Kind.VIEW}, LISTED)
    return _listed_part(use.retriever, views, [1.0 / (i + 1) for i in range(len(views))], use)


def _buy_again_parts(context: Context, sources: Sources, use: RetrieverUse) -> list[Part]:
    """Those that people buy again come first; of equal ones what this shopper bought last."""
    latest = _last(context.shopper, {Kind.PURCHASE}, LISTED)
    older = sorted(context.shopper.bought.difference(latest))
    rates = {item: sources.statistics.repeat_rate(item) for item in (*latest, *older)}
    ids = sorted(rates, key=lambda item: -rates[item])  # stable: equal ones keep their order
    return _listed_part(use.retriever, ids, [rates[item] for item in ids], use, again=True)


def _popular_here(context: Context, sources: Sources) -> list[Retriever]:
    """Of the category that the filter asks for, or of the region, then of the whole shop; none where nothing is
    known of either."""
    statistics, region = sources.statistics, context.ask.region
    asked = [of_category(name) for name in _categories(context.where)] + ([of_region(region)] if region else [])
    here = next((found for name in asked if (found := statistics.ranking(name)).ids), None)
    if here is None:
        return []
    ids = list(dict.fromkeys((*here.ids, *sources.popular.at(None).ids)))[:LISTED]
    return [Listed("popular_here", ids, [1.0 / (i + 1) for i in range(len(ids))], retriever=RetrieverName.POPULAR)]


def _popular_anywhere(context: Context, sources: Sources) -> Retriever:
    after = context.ask.after
    version = after.resume if after and after.retriever == "popular" else ""
    products = sources.popular.at(int(version) if version.isdecimal() else None)
    return Popular(products.first(FILTERED) if context.where else products)


def _newest(name: str, context: Context, sources: Sources) -> Newest:
    learn, last_seen = context.hydrate.learn, sources.snapshots.recent
    return Newest(sources.catalog, sources.catalog_guard, context.filter_text, last_seen, learn, name)


def _main_product(context: Context) -> str:
    return context.ask.context_products[0] if context.ask.context_products else ""


def _last(shopper: Shopper, kinds: Collection[int], most: int) -> list[str]:
    """Products of the shopper's last events of these kinds, each once, the latest first."""
    found = dict.fromkeys(event.product_id for event in reversed(shopper.history) if event.kind in kinds)
    return list(found)[:most]


def _categories(where: Expr | None) -> list[str]:
    """Categories that everything which passes the filter belongs to."""
    match where:
        case And():
            return [name for operand in where.operands for name in _categories(operand)]
        case Comparison(type=FieldType.PATH, operator="=" | ":"):
            return [str(where.value)]
    return []


PARTS: dict[RetrieverName, Callable[[Context, Sources, RetrieverUse], list[Part]]] = {
    RetrieverName.TWO_TOWER: _two_tower_parts,
    RetrieverName.SIMILAR: _similar_parts,
    RetrieverName.BOUGHT_TOGETHER: _bought_together_parts,
    RetrieverName.TRENDING: _trending_parts,
    RetrieverName.POPULAR: _popular_parts,
    RetrieverName.NEW_ARRIVALS: _new_arrivals_parts,
    RetrieverName.RECENTLY_VIEWED: _recently_viewed_parts,
    RetrieverName.BUY_AGAIN: _buy_again_parts,
    RetrieverName.BECAUSE_VIEWED: _because_viewed_parts,
}
"""From a request to the candidates of each retriever; empty where it has nothing to go by."""
