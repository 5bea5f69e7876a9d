"""Searches: what is typed -> words and meaning -> filter -> one order -> a page."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from services.kit.errors import NotFound
from services.kit.pictures import PictureRefused
from services.search.domain import attribution
from services.search.domain.query import Query
from services.search.domain.words import normalized
from services.search.ports import LexicalIndex, Rows, Scores, Vector
from services.search.use_cases import facets as counting
from services.search.use_cases import narrowing, ordering, position
from services.search.use_cases.active_build import ActiveBuild
from services.search.use_cases.asking import Ask, Found, decisive, refusal
from services.search.use_cases.audience import Audience, admitted, alike
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.facets import Facet
from services.search.use_cases.filtering import Filtered, Mask, enough, mask, passing
from services.search.use_cases.fusion import Ranking, behind, first, fuse, weighed
from services.search.use_cases.guards import Degradation, Down
from services.search.use_cases.meaning import Meaning, Near, Wanted
from services.search.use_cases.measures import stage
from services.search.use_cases.ordering import RELEVANCE, Ordered
from services.search.use_cases.personal import RERANKED, Personal
from services.search.use_cases.position import Position
from services.search.use_cases.remembering import Remembered
from services.search.use_cases.request import NOTHING, Request
from services.search.use_cases.understand import Understand, Understood

TAIL_BELOW = 60
"""Products that only meaning finds come behind those that have the words, while of these are fewer: three pages."""
KEPT = 32_000_000
"""Bytes of the index's answers, and of filters' masks, that are kept: many ask for the same, and for its next page."""
STALE_S = 5.0
"""The change feed answers every two seconds at least: after this long without an answer the reply says so."""
PERSONAL_WEIGHT = 1.0
"""Of what suits the shopper, against what the query found."""
SOME_WORDS = 0.5
"""What a ranking by some of the words counts: the others may be what matters (record 16)."""
RELAXED = 200
"""Products that have some of the words, or are a little like one: farther down nobody looks."""
LAST_RESORT = 60
OUT_OF_STOCK = 0.5
"""Of its score is left to a product that cannot be bought."""


class Search:
    """The use case."""

    def __init__(
        self,
        catalogue: Catalogue,
        index: LexicalIndex,
        understand: Understand,
        active: ActiveBuild,
        meaning: Meaning,
        personal: Personal,
        catalogue_age_s: Callable[[], float],
        attribution_key: bytes,
    ) -> None:
        self._catalogue = catalogue
        self._active = active
        self._meaning = meaning
        self._personal = personal
        self._catalogue_age_s = catalogue_age_s
        self._index = index
        self._understand = understand
        self._key = attribution_key
        self._answers = Remembered[tuple[int, Query], tuple[Rows, Scores]](KEPT, _bytes)
        self._masks = Remembered[tuple[int, str, str, Audience], Filtered](KEPT, lambda kept: len(kept.passes))

    async def __call__(self, ask: Ask) -> Found:
        """A page of what is found.

        Raises:
            InvalidArgument: a facet is unknown, or the picture is none that is taken.
            NotFound: the product that the found ones are to be like does not exist.
        """
        counting.check(ask.facets)
        if ask.similar and self._catalogue.row(ask.similar) is None:
            raise NotFound(f"products/{ask.similar}")
        ask = replace(decisive(ask), audience=alike(self._catalogue, ask.audience))
        beside = {name: self._filtered(ask, name).passes for name in ask.facets if narrowing.ticked(ask.where, name)}
        admits = self._filtered(replace(ask, where=None, filter_text=""))
        passes = self._filtered(ask).passes
        request = Request(ask, self._catalogue.generation, admits.passes, admits.is_all, passes, beside, set())
        taste = asyncio.create_task(self._taste(request))
        try:
            # Words first, in well under a millisecond: they know what a mistyped one was to be.
            with stage("lexical"):
                self._by_words(request)
            request.near, request.taste = await self._near(request), await taste
        finally:
            taste.cancel()
        request.others += request.near.rankings
        if len(request.near.whole):
            request.whole = np.union1d(request.whole, request.near.whole)
        # A product that came a moment ago may have a row that the masks do not know yet.
        request.whole = request.whole[request.whole < len(request.passes)]
        request.degraded |= request.near.degraded
        if self._catalogue_age_s() > STALE_S:
            request.degraded.add(Degradation.CATALOG)
        found = await self._suited(request, self._ordered(request))
        # While others were asked a product may have gone, and its row may be another's that no filter looked at.
        return self._answer(request, found.where(self._catalogue.unchanged(found.rows, request.generation)))

    async def _taste(self, request: Request) -> Vector | None:
        if request.ask.order[0] != RELEVANCE:
            return None
        try:
            return await self._personal.vector(request.ask.shopper)
        except Down as down:
            request.degraded.add(down.what)
            return None

    async def _suited(self, request: Request, found: Ordered) -> Ordered:
        """What suits the shopper comes to the front of its tier."""
        if request.taste is None or not len(found):
            return found
        front = found.rows[:RERANKED]
        try:
            scores = await self._personal.scores(request.taste, front)
        except Down as down:
            request.degraded.add(down.what)
            return found
        if scores is None or np.isnan(scores).all():
            return found
        request.personalized = True
        # By rank, as other rankings are; what the recommender does not know stands behind what it knows.
        ranks = np.empty(len(front))
        ranks[np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")] = np.arange(len(front))
        keys = found.keys.copy()
        if request.ask.text.strip() or request.ask.picture or request.ask.similar:
            keys[: len(front)] += PERSONAL_WEIGHT / (60.0 + ranks)
        else:
            # Nothing was asked for: of the newest, those that suit come first.
            keys[: len(front)] = keys.max() + len(front) - ranks
        return ordering.ordered(self._catalogue, found.rows, found.tiers, keys)

    async def _near(self, request: Request) -> Near:
        ask = request.ask
        if ask.verbatim or not (ask.text.strip() or ask.picture or ask.similar):
            return Near()
        by_words = request.by_words and request.has_all_words
        admits = None if request.admits_all else request.admits
        wanted = Wanted(request.meant, ask.picture, ask.picture_weight, ask.similar, ask.where, by_words, admits)
        try:
            return await self._meaning(self._active.current, wanted, request.passes)
        except PictureRefused as refused:
            raise refusal(refused) from None

    def _filtered(self, ask: Ask, beside: str = "") -> Filtered:
        """What may be shown and passes the filter, or the filter without the ticks of a facet."""
        key = self._catalogue.generation, ask.filter_text, beside, ask.audience
        if (known := self._masks.get(key)) is None:
            where = narrowing.without(ask.where, beside) if beside else ask.where
            passes = mask(self._catalogue, where) & admitted(self._catalogue, ask.audience)
            known = Filtered(passes, int(np.count_nonzero(passes)) >= len(self._catalogue))
            self._masks.put(key, known)
        return known

    def _by_words(self, request: Request) -> None:
        ask = request.ask
        if ask.similar:
            found = request.admitted(self._like(ask))
            request.whole = found[0][:RELAXED]
            request.others.append(Ranking("similar", passing(request.passes, found)[0][:RELAXED], 1.0))
        elif ask.text.strip():
            understood = self._understand(ask.text, ask.verbatim)
            found = self._search(request, understood.query)
            if not len(found[0]) and not ask.verbatim:
                understood, found = self._another_spelling(request, understood, found)
            request.understood, request.has_all_words = understood, len(found[0]) > 0
            request.whole = found[0][:RELAXED] if ask.picture else found[0]
            request.lexical = passing(request.passes, found)
            if not len(request.lexical[0]) and not ask.verbatim:
                self._by_some_words(request, understood.query)

    def _another_spelling(
        self, request: Request, understood: Understood, found: tuple[Rows, Scores]
    ) -> tuple[Understood, tuple[Rows, Scores]]:
        """The likeliest way to read a query of which nothing has all words; the query itself when there is none."""

        def admitted(query: Query) -> int:
            return len(self._search(request, query)[0])

        best = self._understand.best_instead(understood, self._index.count, None if request.admits_all else admitted)
        return (best, self._search(request, best.query)) if best is not None else (understood, found)

    def _by_some_words(self, request: Request, query: Query) -> None:
        # Half of the shop may have one of the words: nobody needs to know them all.
        found = enough(request.passes, lambda most: self._index.search(query, any_of=True, most=most), RELAXED)
        if not request.has_all_words:
            request.whole = request.admitted(found)[0][:RELAXED]
        rows, scores = passing(request.passes, found)
        request.relaxed = rows[:RELAXED], scores[:RELAXED]

    def _like(self, ask: Ask) -> tuple[Rows, Scores]:
        row = self._catalogue.row(ask.similar)
        if row is None:  # it went this moment
            return NOTHING
        rows, scores = self._index.like(self._catalogue.texts(row))
        return rows[rows != row], scores[rows != row]

    def _search(self, request: Request, query: Query) -> tuple[Rows, Scores]:
        key = self._catalogue.said, query
        if (known := self._answers.get(key)) is None:
            known = self._index.search(query)
            self._answers.put(key, known)
        return request.admitted(known)

    def _ordered(self, request: Request) -> Ordered:
        ask = request.ask
        name, descending = ask.order
        if not (ask.text.strip() or ask.similar or ask.picture):
            request.whole, rows = np.arange(len(request.passes)), np.flatnonzero(request.passes)
            name = "create_time" if name == RELEVANCE else name
            return ordering.by_field(self._catalogue, rows, name, descending)
        lexical, others = request.lexical, list(request.others)
        of_words = 1.0 - ask.picture_weight if ask.picture else 1.0
        if len(request.relaxed[0]):
            others.append(Ranking("relaxed", request.relaxed[0], SOME_WORDS * of_words if ask.picture else 1.0))
        if ask.picture and len(lexical[0]):
            # Beside a picture words are one ranking among others: who shows something means what is like it.
            others.append(Ranking("words", lexical[0][:RELAXED], of_words))
            lexical = NOTHING
        elif request.by_words and not len(lexical[0]):
            others = weighed(others, request.near.trust | {"relaxed": SOME_WORDS})
        exact = ask.verbatim or (request.phrases and len(lexical[0]) > 0)
        tail = len(lexical[0]) < TAIL_BELOW and not exact
        fused = fuse(len(request.passes), lexical, 1.0, others, tail)
        if not len(fused.rows) and not ask.verbatim:
            return self._newest(request)
        inside = request.inside(fused.rows)
        if name != RELEVANCE:
            # Behind the cheapest shirt comes the next shirt, and not something that is a little like one.
            rows = fused.rows[inside] if inside.any() else fused.rows
            return ordering.by_field(self._catalogue, rows, name, descending)
        fused = behind(fused, inside)
        scores = fused.scores
        if ask.picture and not ask.text.strip():
            fused = first(fused, request.near.same)
            scores = fused.scores
        if not ask.picture:  # who shows a picture looks for that very thing
            scores = np.where(self._catalogue.in_stock[fused.rows], scores, scores * OUT_OF_STOCK)
        return ordering.ordered(self._catalogue, fused.rows, fused.tiers, scores)

    def _newest(self, request: Request) -> Ordered:
        """What came into the shop last, for a query that nothing is near to: those of the last that pass, if any do."""
        size = len(request.passes)
        there = self._catalogue.in_stock[:size] & request.admits
        if not len(request.whole):
            last = self._last(there)
            request.whole, kept = last.rows, request.passes[last.rows]
            if kept.any():
                return last.where(kept)
        return self._last(request.passes & there)

    def _last(self, among: Mask) -> Ordered:
        found = ordering.by_field(self._catalogue, np.flatnonzero(among), "create_time", True)
        return found.first(LAST_RESORT)

    def _counted(self, request: Request, found: Ordered, passes: Mask) -> Rows:
        """What the query finds and passes; where nothing does, what is shown instead."""
        rows = request.whole[passes[request.whole]]
        rows = rows[self._catalogue.unchanged(rows, request.generation)]
        return rows if len(rows) else found.rows

    def _facets(self, request: Request, found: Ordered, shown: Rows) -> list[Facet]:
        is_instead = bool(request.beside) and self._is_instead(request, shown)

        def counted(name: str) -> Facet:
            ticked, passes = narrowing.ticked(request.ask.where, name), request.beside.get(name)
            if passes is None:
                return counting.count(self._catalogue, shown, name, ticked)
            beside = counting.count(self._catalogue, self._counted(request, found, passes), name, ticked)
            if not is_instead:
                return beside
            return counting.beside(beside, counting.count(self._catalogue, shown, name, ticked), ticked)

        return [counted(name) for name in request.ask.facets]

    def _is_instead(self, request: Request, shown: Rows) -> bool:
        """Whether what is shown is there because the filter keeps nothing of what was found."""
        return not np.isin(shown, request.whole).any()

    def _answer(self, request: Request, found: Ordered) -> Found:
        ask, understood = request.ask, request.understood
        with stage("page"):
            places = ordering.page(self._catalogue, found, ask.after, ask.size)
            shown = [(self._catalogue.product(int(found.rows[place])), _shown(found, int(place))) for place in places]
            results = [(product, score) for product, score in shown if product is not None]
            counted = self._counted(request, found, request.passes)
            facets = self._facets(request, found, counted)
        used = [*(["lexical"] if understood else []), *(ranking.name for ranking in request.others)]
        release = request.near.release if request.near.rankings else 0
        ranking = f"{'+'.join(used)}/{attribution.digest(normalized(ask.text))}"
        return Found(
            results=results,
            stems=understood.query.stems() if understood else frozenset(),
            total=len(counted),
            facets=facets,
            corrected=understood.corrected_text if understood and request.has_words else "",
            fallback=self._is_fallback(request) and len(found) > 0,
            following=self._following(ask, found, places),
            degraded=frozenset(request.degraded),
            attribution_token=attribution.sign(attribution.Claims(release, ranking, int(time.time())), self._key),
            release=release,
            personalized=request.personalized,
            by_words=request.by_words and len(request.lexical[0]) > 0,
        )

    def _is_fallback(self, request: Request) -> bool:
        if request.by_words:
            understood = request.understood
            near = request.near.answers and understood is not None and not understood.says_nothing
            # A phrase that no product has is answered by nothing that is near.
            return not len(request.lexical[0]) and not (near and not request.phrases) and not request.ask.verbatim
        wanted = bool(request.ask.picture or request.ask.similar)
        return wanted and not any(len(ranking.rows) for ranking in request.others) and not len(request.lexical[0])

    def _following(self, ask: Ask, found: Ordered, places: Rows) -> Position | None:
        if len(places) < ask.size:
            return None
        last, before = int(places[-1]), ask.after.count if ask.after else 0
        if last + 1 == len(found) and len(found) <= before + len(places):
            return None
        shown = [self._catalogue.ids[row] for row in found.rows[places]]
        tier, key, tie = float(found.tiers[last]), float(found.keys[last]), int(found.ties[last])
        return position.following(ask.after, shown, tier, key, tie)


def _shown(found: Ordered, place: int) -> float:
    """A score that falls from place to place: the tier, and within it what the rankings say."""
    key = float(found.keys[place])
    return float(found.tiers[place]) + key if np.isfinite(key) else float(found.tiers[place])


def _bytes(answer: tuple[Rows, Scores]) -> int:
    return 1000 + sum(column.nbytes for column in answer)
