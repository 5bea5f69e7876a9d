"""From the log of events to rows of the views: what was known right after each event.

A row holds what the online store would have held then, so that training sees what serving saw.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby, islice
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


class Judged:
    """What a shopper bought, and what they disliked and did not like since; the newest last."""

    def __init__(self) -> None:
        self._bought: dict[str, None] = {}
        self._disliked: dict[str, None] = {}

    def hear(self, event: LoggedEvent) -> bool:
        """Takes an event in; whether it is a verdict."""
        if event.kind == Kind.PURCHASE:
            self._bought.pop(event.product_id, None)
            self._bought[event.product_id] = None
        elif event.kind in VERDICTS:
            self._disliked.pop(event.product_id, None)
            if event.kind == Kind.DISLIKE:
                self._disliked[event.product_id] = None
        return event.kind in VERDICTS

    def newest(self) -> tuple[list[str], list[str]]:
        """Of either, as many as are remembered, by id."""
        return _newest(self._bought), _newest(self._disliked)


def histories(events: Iterable[LoggedEvent]) -> Iterator[Row]:
    """Rows of `shopper_history`; events come by shopper and, of each, by time.

    Events of one moment make one row: Feast takes any of several rows with the same time. What was bought or disliked
    is looked for in all events, where the online store looks through the newest LOOKED_THROUGH.
    """
    for shopper, own in groupby(events, attrgetter("shopper")):
        # One event is in fifty rows: what a row says of it is made once.
        products: deque[str] = deque(maxlen=HISTORY_LENGTH)
        kinds: deque[int] = deque(maxlen=HISTORY_LENGTH)
        times_ms: deque[int] = deque(maxlen=HISTORY_LENGTH)
        judged = Judged()
        bought, disliked = judged.newest()
        for time, together in groupby(own, attrgetter("event_time")):
            news = False
            for event in together:
                products.append(event.product_id)
                kinds.append(event.kind)
                times_ms.append(milliseconds(event.event_time))
                news |= judged.hear(event)
            if news:
                bought, disliked = judged.newest()
            yield {
                SHOPPER: shopper,
                "product_ids": list(products),
                "kinds": list(kinds),
                "times_ms": list(times_ms),
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


def _newest(products: dict[str, None]) -> list[str]:
    return sorted(islice(reversed(products), BOUGHT_LENGTH))
