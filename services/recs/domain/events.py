"""What shoppers do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

AHEAD = timedelta(minutes=10)
"""A client's clock may be wrong by this much; what is farther in the future is a mistake."""


class Kind(IntEnum):
    """Kinds of events; the numbers are those of the contract and of the towers."""

    VIEW = 1
    ADD_TO_CART = 2
    PURCHASE = 3
    LIKE = 4
    DISLIKE = 5
    RATE = 6
    SEARCH = 7
    IMPRESSION = 8


HISTORY_KINDS = (Kind.VIEW, Kind.ADD_TO_CART, Kind.PURCHASE, Kind.LIKE, Kind.DISLIKE, Kind.RATE)
"""Kinds that say something of a product that the shopper chose."""


class Attribution(IntEnum):
    """Whether the attribution token of an event is ours."""

    NONE = 0
    VALID = 1
    INVALID = 2


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a shopper did. `event_id` is unique among the shopper's events."""

    shopper: str
    """`users/ID` or `visitors/ID`."""
    event_id: str
    kind: Kind
    product_id: str
    """Empty for a search."""
    event_time: datetime
    rating: int = 0
    query: str = ""
    position: int = 0
    quantity: int = 0
    attribution_token: str = ""
    attribution: Attribution = Attribution.NONE
    region: str = ""
    """CLDR code in capital letters; empty for unknown."""
    order_id: str = ""
    """The order that a purchase is part of; empty for unknown."""


def problem(kind: int, product_id: str, rating: int, query: str, order_id: str = "") -> tuple[str, str] | None:
    """What does not fit the kind, as (field, description); None when all does."""
    if kind != Kind.SEARCH and not product_id:
        return "product", "is required for this kind"
    if kind == Kind.RATE and not 1 <= rating <= 5:
        return "rating", "must be 1 to 5 for RATE"
    if kind != Kind.RATE and rating:
        return "rating", "is for RATE alone"
    if kind != Kind.SEARCH and query:
        return "query", "is for SEARCH alone"
    if kind != Kind.PURCHASE and order_id:
        return "order_id", "is for PURCHASE alone"
    return None


def happened(stated: datetime, now: datetime) -> datetime | None:
    """When an event counts as happened; None for a time too far ahead."""
    if stated > now + AHEAD:
        return None
    return min(stated, now)
