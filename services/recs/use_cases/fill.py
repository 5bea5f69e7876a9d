"""Fills a page: retriever after retriever, until k products may be shown or none are left."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aisle.catalog.v1.product_pb2 import Product

from services.recs.domain.candidates import Candidate
from services.recs.use_cases.eligibility import Rules
from services.recs.use_cases.guards import Degradation, Down
from services.recs.use_cases.hydration import Hydration
from services.recs.use_cases.measures import stage
from services.recs.use_cases.position import Position
from services.recs.use_cases.retrievers import NothingToGoBy, Retriever

SPARE = 4
"""Candidates hydrated beyond those needed: a few may turn out ineligible, and a second call costs more than they do."""
MOST_AT_ONCE = 500
"""Products asked of the catalogue in one call; it takes 1,000."""


@dataclass
class Page:
    """The page so far."""

    size: int
    picked: list[Candidate] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    """Retrievers that have no more."""
    last: Candidate | None = None
    """The last candidate that was looked at, when the page is full: a larger one may be filled from there."""
    last_of: str = ""
    """Whose it is: the name of a retriever of the plan."""

    @property
    def missing(self) -> int:
        """How many products are still wanted."""
        return self.size - len(self.picked)


async def fill(
    page: Page,
    plan: Sequence[Retriever],
    after: Position | None,
    rules: Rules,
    hydrate: Hydration,
    degraded: set[Degradation],
) -> None:
    """Adds to the page until it is full or every retriever of the plan is at its end.

    A retriever that fails is named in `degraded`, and the next one goes on. One that came to its end is asked which
    of the later ones' candidates it has offered already.
    """
    page.last = None
    finished = [retriever for retriever in plan if after and retriever.name in after.finished]
    page.finished = [retriever.name for retriever in finished]
    for retriever in plan:
        if retriever in finished or (not retriever.complete and any(done.complete for done in finished)):
            continue
        start = after if after and retriever.name == after.retriever else None
        try:
            async for part in retriever.candidates(start):
                with stage("filter"):
                    unseen = [found for found in rules.unseen(part) if found.product_id not in page.products]
                await _take(page, await _not_offered(unseen, finished), rules, hydrate)
                if not page.missing:
                    page.last_of = retriever.name
                    return
        except NothingToGoBy:
            continue
        except Down as down:
            degraded.add(down.what)
            continue
        finished.append(retriever)
        page.finished.append(retriever.name)


async def _take(page: Page, candidates: Sequence[Candidate], rules: Rules, hydrate: Hydration) -> None:
    """Moves eligible candidates to the page; asks for more at once the fewer of them are eligible."""
    at, step = 0, page.missing + SPARE
    while at < len(candidates) and page.missing:
        part = candidates[at : at + step]
        products = await hydrate([candidate.product_id for candidate in part])
        with stage("filter"):
            eligible = rules.eligible(part, products)
        for candidate in eligible[: page.missing]:
            page.picked.append(candidate)
            page.products[candidate.product_id] = products[candidate.product_id]
        at, step = at + step, min(step * 2, MOST_AT_ONCE)
    if page.picked and not page.missing:
        page.last = page.picked[-1]


async def _not_offered(candidates: list[Candidate], finished: Sequence[Retriever]) -> list[Candidate]:
    ids = [candidate.product_id for candidate in candidates]
    if not ids:
        return []
    offered: set[str] = set()
    for retriever in finished:
        try:
            offered |= await retriever.covers(ids)
        except (Down, NothingToGoBy):
            continue  # a product twice is better than a page that is not full
    return [candidate for candidate in candidates if candidate.product_id not in offered]
