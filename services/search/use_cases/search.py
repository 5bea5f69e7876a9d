"""Searches: what is typed -> words and meaning -> filter -> one order -> a page."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit.errors import InvalidArgument, NotFound
from services.kit.filters import Expr
from services.kit.pictures import PictureRefused
from services.search.domain import attribution
from services.search.domain.query import Query
from services.search.domain.words import normalized
from services.search.ports import LexicalIndex, Rows, Scores, Vector
from services.search.use_cases import facets as counting
from services.search.use_cases import ordering, position
from services.search.use_cases.active_build import ActiveBuild
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.facets import Facet
from services.search.use_cases.filtering import Mask, mask
from services.search.use_cases.fusion import Ranking, first, fuse, weighed
from services.search.use_cases.guards import Degradation, Down
from services.search.use_cases.meaning import Meaning, Near, Wanted
from services.search.use_cases.measures import stage
from services.search.use_cases.ordering import RELEVANCE, Ordered
from services.search.use_cases.personal import RERANKED, Personal
from services.search.use_cases.position import Position
from services.search.use_cases.remembering import Remembered
from services.search.use_cases.understand import Understand, Understood

TAIL_BELOW = 60
"""Products that only meaning finds come behind those that have the words, while of these are fewer: three pages."""
KEPT = 32_000_000
"""Bytes of the index's answers, and of filters' masks, that are kept: many ask for the same, and for its next page."""
STALE_S = 5.0
"""The change feed is asked five times a second: after this long without an answer the reply says so."""
PERSONAL_WEIGHT = 1.0
"""Of what suits the shopper, against what the query found."""
SOME_WORDS = 0.5
"""What a ranking by some of the words counts: the others may be what matters (record 16)."""
RELAXED = 200
"""Products that have some of the words, or are a little like one: farther down nobody looks."""
LAST_RESORT = 60
OUT_OF_STOCK = 0.5
"""Of its score is left to a product that cannot be bought."""
NOTHING: tuple[Rows, Scores] = (np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True)
class Ask:
    """What is asked for."""

    text: str
    size: int
    shopper: str = ""
    """`users/ID` or `visitors/ID`; empty for somebody unknown, or whose history is not to be used."""
    where: Expr | None = None
    filter_text: str = ""
    facets: tuple[str, ...] = ()
    order: tuple[str, bool] = (RELEVANCE, True)
    after: Position | None = None
    similar: str = ""
    """Id of the product that the found ones are to be like."""
    picture: bytes = b""
    picture_weight: float = 0.5
    verbatim: bool = False


@dataclass(frozen=True)
class Found:
    """What is answered."""

    results: list[tuple[Product, float]]
    """Products with their scores."""
    stems: frozenset[str]
    """What to highlight."""
    total: int
    facets: list[Facet]
    corrected: str
    fallback: bool
    following: Position | None
    degraded: frozenset[Degradation]
    attribution_token: str
    release: int
    personalized: bool
    by_words: bool
    """Whether there are products that have what was typed, which alone decided what is found."""


@dataclass
class _Request:
    """One request on its way."""

    ask: Ask
    generation: int
    """Of the catalogue that the rows are of."""
    passes: Mask
    degraded: set[Degradation]
    understood: Understood | None = None
    lexical: tuple[Rows, Scores] = NOTHING
    relaxed: tuple[Rows, Scores] = NOTHING
    near: Near = field(default_factory=Near)
    taste: Vector | None = None
    """The shopper's vector; None for somebody of whom nothing is known."""
    personalized: bool = False
    others: list[Ranking] = field(default_factory=list)

    @property
    def meant(self) -> str:
        """The text as products have it: encoders make something else of a typing mistake."""
        if self.understood is None or not self.has_words:
            return self.ask.text
        return self.understood.respelt(self.ask.text)

    @property
    def has_words(self) -> bool:
        """Whether there are products that have the words, or some of them."""
        return len(self.lexical[0]) > 0 or len(self.relaxed[0]) > 0

    @property
    def phrases(self) -> bool:
        """Whether words have to stand beside each other: nothing else comes behind products that have them so."""
        return self.understood is not None and bool(self.understood.query.phrases)

    @property
    def by_words(self) -> bool:
        """Whether words decide what is found."""
        return bool(self.ask.text.strip()) and not self.ask.similar and not self.ask.picture


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
        self._masks = Remembered[tuple[int, str], Mask](KEPT, len)

    async def __call__(self, ask: Ask) -> Found:
        """A page of what is found.

        Raises:
            InvalidArgument: a facet is unknown, or the picture is none that is taken.
            NotFound: the product that the found ones are to be like does not exist.
        """
        counting.check(ask.facets)
        if ask.similar and self._catalogue.row(ask.similar) is None:
            raise NotFound(f"products/{ask.similar}")
        request = _Request(ask, self._catalogue.generation, self._mask(ask), set())
        taste = asyncio.create_task(self._taste(request))
        try:
            # Words first, in well under a millisecond: they know what a mistyped one was to be.
            with stage("lexical"):
                self._by_words(request)
            request.near, request.taste = await self._near(request), await taste
        finally:
            taste.cancel()
        request.others += request.near.rankings
        request.degraded |= request.near.degraded
        if self._catalogue_age_s() > STALE_S:
            request.degraded.add(Degradation.CATALOG)
        found = await self._suited(request, self._ordered(request))
        # While others were asked a product may have gone, and its row may be another's that no filter looked at.
        return self._answer(request, found.where(self._catalogue.unchanged(found.rows, request.generation)))

    async def _taste(self, request: _Request) -> Vector | None:
        if request.ask.order[0] != RELEVANCE:
            return None
        try:
            return await self._personal.vector(request.ask.shopper)
        except Down as down:
            request.degraded.add(down.what)
            return None

    async def _suited(self, request: _Request, found: Ordered) -> Ordered:
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

    async def _near(self, request: _Request) -> Near:
        ask = request.ask
        if ask.verbatim or not (ask.text.strip() or ask.picture or ask.similar):
            return Near()
        wanted = Wanted(request.meant, ask.picture, ask.picture_weight, ask.similar, ask.where)
        try:
            return await self._meaning(self._active.current, wanted, request.passes)
        except PictureRefused as refused:
            raise InvalidArgument.field("image", f"is refused: {refused}") from None

    def _mask(self, ask: Ask) -> Mask:
        key = self._catalogue.generation, ask.filter_text
        if (known := self._masks.get(key)) is None:
            known = mask(self._catalogue, ask.where)
            self._masks.put(key, known)
        return known

    def _by_words(self, request: _Request) -> None:
        ask = request.ask
        if ask.similar:
            request.others.append(Ranking("similar", self._like(request), 1.0))
        elif ask.text.strip() and not (ask.picture and ask.picture_weight == 1.0):
            understood = self._understand(ask.text, ask.verbatim)
            request.lexical = self._passing(request, self._search(understood.query))
            if not len(request.lexical[0]) and not ask.verbatim:
                understood = self._another_spelling(request, understood)
            if not len(request.lexical[0]) and not ask.verbatim:
                # Half of the shop may have one of the words: without a filter nobody needs to know them all.
                most = RELAXED if ask.where is None else None
                rows, scores = self._passing(request, self._index.search(understood.query, any_of=True, most=most))
                request.relaxed = rows[:RELAXED], scores[:RELAXED]
            request.understood = understood

    def _another_spelling(self, request: _Request, understood: Understood) -> Understood:
        """The likeliest way to read a query of which nothing has all words; the query itself when there is none."""
        if len(self._search(understood.query)[0]):
            return understood  # it is the filter that keeps nothing
        best = self._understand.best_instead(understood, self._index.count)
        if best is None:
            return understood
        lexical = self._passing(request, self._search(best.query))
        if not len(lexical[0]):
            return understood
        request.lexical = lexical
        return best

    def _like(self, request: _Request) -> Rows:
        row = self._catalogue.row(request.ask.similar)
        if row is None:  # it went this moment
            return NOTHING[0]
        rows, _ = self._passing(request, self._index.like(self._catalogue.texts(row)))
        others: Rows = rows[rows != row][:RELAXED]
        return others

    def _search(self, query: Query) -> tuple[Rows, Scores]:
        key = self._catalogue.said, query
        if (known := self._answers.get(key)) is None:
            known = self._index.search(query)
            self._answers.put(key, known)
        return known

    def _passing(self, request: _Request, found: tuple[Rows, Scores]) -> tuple[Rows, Scores]:
        rows, scores = found
        # A product that came a moment ago may have a row that the mask does not know yet.
        kept = rows < len(request.passes)
        kept[kept] = request.passes[rows[kept]]
        return rows[kept], scores[kept]

    def _ordered(self, request: _Request) -> Ordered:
        ask = request.ask
        name, descending = ask.order
        if not (ask.text.strip() or ask.similar or ask.picture):
            rows = np.flatnonzero(request.passes)
            name = "create_time" if name == RELEVANCE else name
            return ordering.by_field(self._catalogue, rows, name, descending)
        lexical, others = request.lexical, list(request.others)
        if len(request.relaxed[0]):
            others.append(Ranking("relaxed", request.relaxed[0], 1.0))
        if ask.picture and len(lexical[0]):
            # Beside a picture words are one ranking among others: who shows something means what is like it.
            others.append(Ranking("words", lexical[0][:RELAXED], 1.0 - ask.picture_weight))
            lexical = NOTHING
        elif request.by_words and not len(lexical[0]):
            others = weighed(others, request.near.trust | {"relaxed": SOME_WORDS})
        exact = ask.verbatim or (request.phrases and len(lexical[0]) > 0)
        tail = len(lexical[0]) < TAIL_BELOW and not exact
        fused = fuse(len(request.passes), lexical, 1.0, others, tail)
        if not len(fused.rows) and not ask.verbatim:
            return self._newest(request)
        if name != RELEVANCE:
            # Behind the cheapest shirt comes the next shirt, and not something that is a little like one.
            rows = lexical[0] if len(lexical[0]) else fused.rows
            return ordering.by_field(self._catalogue, rows, name, descending)
        scores = fused.scores
        if ask.picture and not ask.text.strip():
            fused = first(fused, request.near.same)
            scores = fused.scores
        if not ask.picture:  # who shows a picture looks for that very thing
            scores = np.where(self._catalogue.in_stock[fused.rows], scores, scores * OUT_OF_STOCK)
        return ordering.ordered(self._catalogue, fused.rows, fused.tiers, scores)

    def _newest(self, request: _Request) -> Ordered:
        """What came into the shop last, for a query that nothing is near to."""
        rows = np.flatnonzero(request.passes & self._catalogue.in_stock[: len(request.passes)])
        found = ordering.by_field(self._catalogue, rows, "create_time", True)
        return found.first(LAST_RESORT)

    def _answer(self, request: _Request, found: Ordered) -> Found:
        ask, understood = request.ask, request.understood
        with stage("page"):
            places = ordering.page(self._catalogue, found, ask.after, ask.size)
            shown = [(self._catalogue.product(int(found.rows[place])), _shown(found, int(place))) for place in places]
            results = [(product, score) for product, score in shown if product is not None]
            facets = [counting.count(self._catalogue, found.rows, name) for name in ask.facets]
        used = [*(["lexical"] if understood else []), *(ranking.name for ranking in request.others)]
        release = request.near.release if request.near.rankings else 0
        ranking = f"{'+'.join(used)}/{attribution.digest(normalized(ask.text))}"
        return Found(
            results=results,
            stems=understood.query.stems() if understood else frozenset(),
            total=len(found),
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

    def _is_fallback(self, request: _Request) -> bool:
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
