"""What the recommender is told of commerce."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class EventKind(IntEnum):
    """Kinds of events; the numbers are those of aisle.recs.v1.UserEvent."""

    PURCHASE = 3
    RATE = 6


@dataclass(frozen=True, slots=True)
class ShopperEvent:
    """A purchase or a rating, on its way to the recommender."""

    id: str
    """The same however often it is sent: the recommender counts it once."""
    shopper: str
    kind: EventKind
    product_id: str
    event_time: datetime | None
    """None for the time of writing."""
    quantity: int = 0
    rating: int = 0
    attribution_token: str = ""
    order_id: str = ""
    """The order of a purchase."""
