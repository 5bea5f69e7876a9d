"""What is asked of a search, and what it answers."""

from dataclasses import dataclass, replace

from aisle.catalog.v1.product_pb2 import Product

from services.kit.errors import InvalidArgument
from services.kit.filters import Expr
from services.kit.pictures import PictureRefused, check
from services.search.use_cases.audience import NOBODY_KNOWN, Audience
from services.search.use_cases.facets import Facet
from services.search.use_cases.guards import Degradation
from services.search.use_cases.ordering import RELEVANCE
from services.search.use_cases.position import Position


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
    audience: Audience = NOBODY_KNOWN


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


def decisive(ask: Ask) -> Ask:
    """What is asked for without what decides nothing: a picture or words of no weight beside the other.

    Raises:
        InvalidArgument: the picture is none that is taken.
    """
    if not (ask.picture and ask.text.strip()) or 0.0 < ask.picture_weight < 1.0:
        return ask
    if ask.picture_weight == 1.0:
        return replace(ask, text="")
    try:
        check(ask.picture)
    except PictureRefused as refused:
        raise refusal(refused) from None
    return replace(ask, picture=b"")


def refusal(why: PictureRefused) -> InvalidArgument:
    """The error of a picture that is not taken."""
    return InvalidArgument.field("image", f"is refused: {why}")
