"""The last stage: candidates in the order that the business wants. Pure: from candidates to candidates.

A window of candidates is ordered together, a page taken from it, and the next page from what is left of it, so that
nothing is shown twice or lost.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import matches
from services.recs.domain.candidates import Candidate
from services.recs.domain.scenarios import Action, Diversity, Exploration
from services.recs.ports import Vector
from services.recs.use_cases.position import MOST_LEFT
from services.recs.use_cases.products import record
from services.recs.use_cases.scenario_book import ReadyRule

PAGES, LEAST = 3, 60
"""Pages, and candidates at least, that are ordered together: a boost reaches this far back."""
FLATTENING = 10
"""Relevance of place i is 1 / (10 + i): a boost of 2 takes the 30th to the 10th place. Places, because scores of
different retrievers cannot be compared."""


@dataclass(frozen=True)
class Placed:
    """A candidate at its place."""

    candidate: Candidate
    score: float
    rules: tuple[str, ...] = ()


@dataclass
class Taken:
    """How many of each category and brand the page holds."""

    categories: Counter[str] = field(default_factory=Counter)
    brands: Counter[str] = field(default_factory=Counter)

    def copy(self) -> "Taken":
        """The same, to be added to by itself."""
        return Taken(self.categories.copy(), self.brands.copy())

    def add(self, product: Product) -> None:
        """One more."""
        self.categories[product.category] += 1
        self.brands[product.brand] += 1

    def admits(self, product: Product, diversity: Diversity) -> bool:
        """Whether one more is not too many. What has no category, or no brand, is not like the others without."""
        most, of_brand = diversity.max_per_category, diversity.max_per_brand
        if most and product.category and self.categories[product.category] >= most:
            return False
        return not (of_brand and product.brand and self.brands[product.brand] >= of_brand)


@dataclass(frozen=True)
class Chosen:
    """What a page takes of a window."""

    placed: list[Placed]
    taken: Taken
    """With what the page held before."""
    beyond_caps: bool = False
    """Whether products are among them that the caps do not admit, since no other ones were left."""


def window_size(page_size: int, rules: Sequence[ReadyRule], diversity: Diversity) -> int:
    """How many candidates are ordered together; just a page where there is nothing to order."""
    ordering = diversity.wanted or any(rule.rule.action in {Action.BOOST, Action.BURY} for rule in rules)
    return min(max(page_size * PAGES, LEAST), MOST_LEFT) if ordering else page_size


def farthest(exploration: Exploration) -> int:
    """How many candidates are looked at so that a page keeps its caps, together with those that were shown and may come
    again: pages remember them, and the new products between them."""
    return int(MOST_LEFT * (1 - exploration.share))


def weighed(
    candidates: Sequence[Candidate], products: Mapping[str, Product], rules: Sequence[ReadyRule]
) -> list[Placed]:
    """By relevance times what the rules make of it, best first."""
    applied = [ready for ready in rules if ready.rule.action in {Action.BOOST, Action.BURY}]
    if not applied:
        return [Placed(candidate, 1 / (FLATTENING + i)) for i, candidate in enumerate(candidates, 1)]
    placed = []
    for i, candidate in enumerate(candidates, 1):
        factor, labels = _factor(products[candidate.product_id], candidate.product_id, applied)
        placed.append(Placed(candidate, factor / (FLATTENING + i), labels))
    placed.sort(key=lambda found: -found.score)
    return placed


def diversified(
    placed: Sequence[Placed],
    products: Mapping[str, Product],
    diversity: Diversity,
    wanted: int,
    vectors: Mapping[str, Vector],
    taken: Taken,
) -> Chosen:
    """The first `wanted`, each the most relevant and most novel of those that the caps admit.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998, equation 1). Where only products are left that the
    caps do not admit, these fill the page.

    Args:
        placed: best first.
        products: by id.
        diversity: caps and the share of novelty.
        wanted: at most so many.
        vectors: of the items, L2-normalised; one without is like none.
        taken: what the page holds already.
    """
    rest, picked, taken, beyond_caps = list(range(len(placed))), list[int](), taken.copy(), False
    novelty = _novelty(placed, vectors) if diversity.mmr else None
    top = max((found.score for found in placed), default=0.0) or 1.0
    while rest and len(picked) < wanted:
        admitted = [i for i in rest if taken.admits(products[placed[i].candidate.product_id], diversity)]
        beyond_caps = beyond_caps or not admitted
        best = max(admitted or rest, key=lambda i: _marginal(placed[i].score / top, diversity.mmr, novelty, i))
        rest.remove(best)
        picked.append(best)
        taken.add(products[placed[best].candidate.product_id])
        if novelty is not None:
            novelty(best)
    return Chosen([placed[i] for i in picked], taken, beyond_caps)


class _Novelty:
    """The largest similarity of each item to those picked so far."""

    def __init__(self, rows: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
        self._similarity = rows @ rows.T
        self.nearest = np.zeros(len(rows), np.float32)

    def __call__(self, picked: int) -> None:
        np.maximum(self.nearest, self._similarity[picked], out=self.nearest)


def _novelty(placed: Sequence[Placed], vectors: Mapping[str, Vector]) -> "_Novelty | None":
    if not vectors:
        return None
    nothing = np.zeros_like(next(iter(vectors.values())))
    return _Novelty(np.stack([vectors.get(found.candidate.product_id, nothing) for found in placed]))


def _marginal(relevance: float, share: float, novelty: "_Novelty | None", i: int) -> float:
    if novelty is None:
        return relevance
    return (1 - share) * relevance - share * float(novelty.nearest[i])


def _factor(product: Product, product_id: str, rules: Sequence[ReadyRule]) -> tuple[float, tuple[str, ...]]:
    factor, labels, values = 1.0, list[str](), None
    for ready in rules:
        concerned = product_id in ready.products
        if not concerned and ready.where is not None:
            values = values or record(product)
            concerned = matches(ready.where, values)
        if concerned:
            factor *= ready.rule.strength if ready.rule.action is Action.BOOST else 1 / ready.rule.strength
            labels.append(ready.label)
    return factor, tuple(labels)
