"""From the log of events to rows of the views: what was known right after each event.

A row holds what the online store would have held then, so that training sees what serving saw.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol

from services.recs.domain.events import Kind
from services.recs.domain.shopper import BOUGHT_LENGTH, HISTORY_LENGTH
from services.recs.features.decay import COUNTED, faded
from services.recs.features.definitions import PRODUCT, SHOPPER, TIME

Row = dict[str, Any]
VERDICTS = frozenset({Kind.PURCHASE, Kind.LIKE, Kind.DISLIKE})


class LoggedEvent(Protocol):
    """What is read of an event."""

    shopper: str
    product_id: str
    kind: int
    event_time: datetime


def histories(events: Iterable[LoggedEvent]) -> Iterator[Row]:
    """Rows of `shopper_history`; events come by shopper and, of each, by time.

    Events of one moment make one row: Feast takes any of several rows with the same time.
    """
    for shopper, own in groupby(events, attrgetter("shopper")):
        newest: deque[LoggedEvent] = deque(maxlen=HISTORY_LENGTH)
        verdicts: deque[LoggedEvent] = deque(maxlen=BOUGHT_LENGTH)
        bought: list[str] = []
        disliked: list[str] = []
        for time, together in groupby(own, attrgetter("event_time")):
            judged = False
            for event in together:
                newest.append(event)
                if event.kind in VERDICTS:
                    verdicts.append(event)
                    judged = True
            if judged:
                bought, disliked = _judged(verdicts)
            yield {
                SHOPPER: shopper,
                "product_ids": [event.product_id for event in newest],
                "kinds": [event.kind for event in newest],
                "times_ms": [milliseconds(event.event_time) for event in newest],
                "bought": bought,
                "disliked": disliked,
                TIME: time,
            }


def statistics(events: Iterable[LoggedEvent]) -> Iterator[Row]:
    """Rows of `item_statistics`; events come by product and, of each, by time."""
    for product, own in groupby(events, attrgetter("product_id")):
        counts = dict.fromkeys(COUNTED.values(), 0.0)
        last: datetime | None = None
        for time, together in groupby(own, attrgetter("event_time")):
            passed = (time - last).total_seconds() if last else 0.0
            counts = {name: faded(value, passed) for name, value in counts.items()}
            for event in together:
                counts[COUNTED[Kind(event.kind)]] += 1.0
            last = time
            yield {PRODUCT: product, **counts, "as_of_ms": milliseconds(time), TIME: time}


def milliseconds(time: datetime) -> int:
    """Whole milliseconds since 1970, as PostgreSQL rounds them."""
    micros = int(time.replace(microsecond=0).timestamp()) * 1_000_000 + time.microsecond
    return (micros + 500) // 1000


def _judged(verdicts: Iterable[LoggedEvent]) -> tuple[list[str], list[str]]:
    """What was bought, and what was disliked and not liked since."""
    word: dict[str, int] = {}
    bought = set()
    for event in verdicts:
        if event.kind == Kind.PURCHASE:
            bought.add(event.product_id)
        else:
            word[event.product_id] = event.kind
    return sorted(bought), sorted(product for product, kind in word.items() if kind == Kind.DISLIKE)
