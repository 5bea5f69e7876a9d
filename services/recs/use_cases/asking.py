"""What Recommend is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import Expr
from services.recs.domain.candidates import Candidate
from services.recs.domain.releases import Release
from services.recs.domain.scenarios import RetrieverName
from services.recs.use_cases.guards import Degradation
from services.recs.use_cases.position import Position
from services.recs.use_cases.scenario_book import ReadyScenario


@dataclass(frozen=True)
class Ask:
    """What is asked for."""

    scenario: ReadyScenario
    size: int
    shopper: str = ""
    """`users/ID` or `visitors/ID`; empty for somebody unknown."""
    context_product: str = ""
    """Id of the product that is being looked at."""
    context_products: tuple[str, ...] = ()
    """Ids of all that the place is about, such as those in the cart; the one that is being looked at first."""
    retriever: RetrieverName | None = None
    """This one alone."""
    where: Expr | None = None
    filter_text: str = ""
    after: Position | None = None
    region: str = ""
    age: int = 0
    explain: bool = False
    rule_time: datetime | None = None
    """Rules apply as at this time; now when None."""


@dataclass(frozen=True)
class Ordered:
    """What the last stage made of a product."""

    rank: int
    score: float
    rules: tuple[str, ...] = ()
    """Those that touched it."""


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
    title: str
    anchor: str = ""
    """Id of the product that the title speaks of."""
    ordered: Mapping[str, Ordered] = field(default_factory=dict)
    """By product, where there was something to order."""
