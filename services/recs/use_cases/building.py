"""Builds a page: what the business put there, and between it the retrievers' candidates in their final order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from aisle.catalog.v1.product_pb2 import Product

from services.recs.domain.candidates import Candidate
from services.recs.domain.scenarios import Action
from services.recs.ports import Vector
from services.recs.use_cases import exploring, ordering
from services.recs.use_cases.asking import Ordered
from services.recs.use_cases.eligibility import Rules
from services.recs.use_cases.fill import Page, fill
from services.recs.use_cases.guards import Down
from services.recs.use_cases.measures import stage
from services.recs.use_cases.newest_now import NewestNow
from services.recs.use_cases.ordering import Chosen, Placed, Taken
from services.recs.use_cases.planning import Context
from services.recs.use_cases.position import Position, digest, remembered
from services.recs.use_cases.ranking import Ranked
from services.recs.use_cases.retrievers import Nearest, Retriever
from services.recs.use_cases.scenario_book import ReadyRule
from services.recs.use_cases.wording import PINNED

GROWTH = 3
"""A window that lets no page keep its caps is made so many times as large: 300 candidates cost two more searches."""


@dataclass
class Built:
    """A page, and where the next one begins; None at the end."""

    products: dict[str, Product] = field(default_factory=dict)
    placed: list[Placed] = field(default_factory=list)
    following: Position | None = None

    @property
    def picked(self) -> list[Candidate]:
        """The candidates."""
        return [found.candidate for found in self.placed]

    def ordered(self) -> dict[str, Ordered]:
        """What the last stage made of each product."""
        return {
            found.candidate.product_id: Ordered(rank, found.score, found.rules)
            for rank, found in enumerate(self.placed, 1)
        }


class Builder:
    """One request's page."""

    def __init__(
        self, context: Context, planned: Sequence[Retriever], rules: Rules, business: Sequence[ReadyRule]
    ) -> None:
        self._context = context
        self._scenario = context.ask.scenario.scenario
        self._planned = planned
        self._rules = rules
        self._business = business
        self._built = Built()
        self._taken = Taken()

    async def __call__(self, new: NewestNow, now: datetime) -> Built:
        """The page; full while candidates are left."""
        inserted = await self._inserts(new, now)
        wanted = self._context.ask.size - len(inserted)
        end = await self._flow(wanted) if wanted > 0 else self._after()
        for place, found in sorted(inserted.items()):
            self._built.placed.insert(min(place, len(self._built.placed)), found)
        self._built.following = self._sealed(end) if end is not None else None
        return self._built

    async def _flow(self, wanted: int) -> Position | None:
        """Adds candidates in their final order; returns where the next page begins."""
        position, after = self._context.ask.after, self._after()
        left, passed, before = after.left, after.passed, after.passed_before
        size = ordering.window_size(wanted, self._business, self._scenario.diversity)
        while True:
            window, missing = Page(left or size), wanted - len(self._built.placed)
            most = ordering.farthest(self._scenario.exploration) - passed - before
            chosen = await self._chosen(window, position, missing, most)
            self._built.products.update(window.products)
            self._built.placed += chosen
            if len(chosen) < len(window.picked):
                left, passed = len(window.picked) - len(chosen), passed + len(chosen)
                return replace(position or Position(), left=left, passed=passed)
            if window.last is None:
                return None
            before, left, passed = passed + len(chosen), 0, 0
            position = replace(self._end_of(window, window.last), passed_before=before)
            if len(chosen) == missing:
                return position
            shown = self._rules.excluded.union(candidate.product_id for candidate in window.picked)
            self._rules = replace(self._rules, excluded=shown)

    async def _chosen(self, window: Page, after: Position | None, wanted: int, most: int) -> list[Placed]:
        """What the page takes of a window, which grows to `most` candidates before the caps are given up."""
        await self._fill(window, after)
        chosen = await self._ordered(window, wanted)
        while chosen.beyond_caps and window.last is not None and window.size < most:
            end = self._end_of(window, window.last)
            window.size = min(max(window.size * GROWTH, ordering.LEAST), most)
            await self._fill(window, end)
            chosen = await self._ordered(window, wanted)
        self._taken = chosen.taken
        return chosen.placed

    async def _fill(self, window: Page, after: Position | None) -> None:
        await fill(window, self._planned, after, self._rules, self._context.hydrate, self._context.degraded)

    async def _ordered(self, window: Page, wanted: int) -> Chosen:
        diversity = self._scenario.diversity
        vectors = await self._vectors(window) if diversity.mmr else {}
        with stage("order"):
            placed = ordering.weighed(window.picked, window.products, self._business)
            if not diversity.wanted:
                return Chosen(placed[:wanted], self._taken)
            return ordering.diversified(placed, window.products, diversity, wanted, vectors, self._taken)

    async def _vectors(self, window: Page) -> Mapping[str, Vector]:
        if self._context.vectors is None:
            return {}
        try:
            return await self._context.vectors.many([candidate.product_id for candidate in window.picked])
        except Down as down:
            self._context.degraded.add(down.what)
            return {}

    async def _inserts(self, new: NewestNow, now: datetime) -> dict[int, Placed]:
        """What stands at a place of its own, by index."""
        inserted = await self._pinned() if self._context.ask.after is None else {}
        for found in inserted.values():
            self._taken.add(self._built.products[found.candidate.product_id])
        exploration, ask = self._scenario.exploration, self._context.ask
        if not exploration.share or ask.retriever:
            return inserted
        seed = exploring.seed_of(ask.shopper, now)
        free = [place for place in exploring.places(exploration, ask.size, seed) if place not in inserted]
        products = await new(self._context.filter_text, self._context.hydrate, self._context.degraded)
        known = [exploring.candidate(item, i) for i, item in enumerate(products, 1)]
        eligible = {found.product_id: found for found in self._rules.eligible(self._rules.unseen(known), products)}
        in_turn = exploring.in_turn({item: products[item] for item in eligible}, exploration, now, seed)
        chosen = self._admitted(in_turn, products, len(free))
        for place, item in zip(free, chosen, strict=False):
            inserted[place] = Placed(eligible[item], 0.0, (exploring.LABEL,))
            self._built.products[item] = products[item]
        self._rules = replace(self._rules, excluded=self._rules.excluded.union(chosen))
        return inserted

    def _admitted(self, items: Sequence[str], products: Mapping[str, Product], count: int) -> list[str]:
        """The first `count` that the caps admit; the page holds them."""
        admitted = list[str]()
        for item in items:
            if len(admitted) < count and self._taken.admits(products[item], self._scenario.diversity):
                self._taken.add(products[item])
                admitted.append(item)
        return admitted

    async def _pinned(self) -> dict[int, Placed]:
        wanted: dict[str, tuple[int, str]] = {}
        for ready in self._business:
            if ready.rule.action is Action.PIN:
                for i, item in enumerate(ready.rule.products):
                    wanted.setdefault(item, (ready.rule.position - 1 + i, ready.label))
        if not wanted:
            return {}
        candidates = [Candidate(item, PINNED, i, 0.0) for i, item in enumerate(wanted, 1)]
        products = await self._context.hydrate(list(wanted))
        placed: dict[int, Placed] = {}
        for candidate in self._rules.eligible(self._rules.unseen(candidates), products):
            place, label = wanted[candidate.product_id]
            while place in placed:
                place += 1
            if place < self._context.ask.size:
                placed[place] = Placed(candidate, 0.0, (label,))
                self._built.products[candidate.product_id] = products[candidate.product_id]
        # Those whose place is beyond the page stand where the retrievers put them.
        here = [found.candidate.product_id for found in placed.values()]
        self._rules = replace(self._rules, excluded=self._rules.excluded.union(here))
        return placed

    def _after(self) -> Position:
        return self._context.ask.after or Position()

    def _end_of(self, window: Page, last: Candidate) -> Position:
        from_index = [found for found in self._planned if isinstance(found, Nearest | Ranked)]
        nearest = any(found.name == window.last_of for found in from_index)
        # Among ranked ones a score says nothing of those that come after it: see Ranked.
        nearest = nearest and not last.ranking_place
        return Position(
            retriever=window.last_of,
            rank=last.rank,
            score=last.score if nearest else None,
            resume=last.resume,
            finished=tuple(window.finished),
            stopped=tuple(found.name for found in from_index if found.stopped),
        )

    def _sealed(self, end: Position) -> Position:
        """With what all pages have to know."""
        vectors, after = self._context.vectors, self._context.ask.after
        shown = remembered(after.shown if after else (), [*self._pinned_before(), *self._here()])
        return replace(
            end,
            release=vectors.release.number if vectors else 0,
            vector=vectors.kept if vectors else None,
            shown=shown,
        )

    def _here(self) -> list[str]:
        return [found.product_id for found in self._built.picked]

    def _pinned_before(self) -> list[str]:
        """Pins of the first page: no retriever is past them, so that no page may forget them."""
        pinned = [item for ready in self._business if ready.rule.action is Action.PIN for item in ready.rule.products]
        return [item for item in pinned if digest(item) in self._after().shown]
