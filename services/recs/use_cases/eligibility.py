"""Which candidates may be shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import Expr, matches
from services.recs.domain.candidates import Candidate
from services.recs.use_cases.position import digest
from services.recs.use_cases.products import record


@dataclass(frozen=True)
class Rules:
    """What the shopper and the request rule out. They hold for every retriever, fallbacks too."""

    excluded: frozenset[str]
    """Disliked, excluded by the shop, and the products that the page is about."""
    bought: frozenset[str]
    """Shown by retrievers of what one buys again alone."""
    shown: frozenset[int]
    """Digests of products of earlier pages."""
    where: Expr | None
    region: str
    """Empty for unknown: then no product is ruled out by where it is sold."""
    age: int
    """0 for unknown: then every product with an age limit is ruled out."""

    def unseen(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those that are not ruled out by their id."""
        return [
            candidate
            for candidate in candidates
            if candidate.product_id not in self.excluded
            and (candidate.again or candidate.product_id not in self.bought)
            and not (self.shown and digest(candidate.product_id) in self.shown)
        ]

    def eligible(self, candidates: Sequence[Candidate], products: Mapping[str, Product]) -> list[Candidate]:
        """Those whose product exists and may be shown."""
        return [
            candidate
            for candidate in candidates
            if (product := products.get(candidate.product_id)) is not None and self._admits(product)
        ]

    def _admits(self, product: Product) -> bool:
        if not product.in_stock or product.age_limit > self.age:
            return False
        if self.region and product.regions and self.region not in product.regions:
            return False
        return self.where is None or matches(self.where, record(product))
