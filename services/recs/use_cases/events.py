"""Takes, lists and hands out events."""

import hashlib
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.kit.errors import InvalidArgument, PermissionDenied
from services.kit.principal import Principal
from services.recs.domain import attribution
from services.recs.domain.events import Attribution, Event, Kind, happened, problem
from services.recs.ports import Events
from services.recs.use_cases.measures import EVENTS

SHOPPERS = ("users/", "visitors/")


class TakeEvents:
    """What the caller did, and what other systems know."""

    def __init__(self, events: Events, attribution_key: bytes) -> None:
        self._events = events
        self._key = attribution_key

    async def write(self, given: Sequence[Event], caller: Principal, fields: Sequence[str]) -> list[Event]:
        """Stores events of the caller; returns them as stored, also those that were stored before.

        Args:
            given: the events; the shopper may be empty, and an event time of `datetime.min` is now.
            caller: who did it.
            fields: prefix of each event's fields in the request, for violations.

        Raises:
            PermissionDenied: the caller is no shopper, or names somebody else.
            InvalidArgument: an event does not fit its kind or lies in the future.
        """
        if not caller.subject.startswith(SHOPPERS):
            raise PermissionDenied("Only shoppers do things: use ImportUserEvents.", reason="NOT_A_SHOPPER")
        now = datetime.now(UTC)
        taken, violations = [], []
        for i, (event, prefix) in enumerate(zip(given, fields, strict=True)):
            if event.shopper and event.shopper.partition("/")[2] != "me" and event.shopper != caller.subject:
                raise PermissionDenied(f"{event.shopper} is not the caller.", reason="NOT_OWNER", name=event.shopper)
            if wrong := problem(event.kind, event.product_id, event.rating, event.query, event.order_id):
                violations.append((f"{prefix}.{wrong[0]}", wrong[1]))
            # A microsecond apart, so that events of one batch without times keep their order.
            when = now + timedelta(microseconds=i) if event.event_time == UNSTATED else event.event_time
            if (time := happened(when, now + timedelta(microseconds=len(given)))) is None:
                violations.append((f"{prefix}.event_time", "lies in the future"))
            event_id = event.event_id or str(uuid.uuid4())
            whole = replace(event, event_time=time or now, shopper=caller.subject, event_id=event_id)
            taken.append(self._attributed(whole))
        if violations:
            raise InvalidArgument("Some events are not valid.", violations=violations)
        new = await self._events.write(taken)
        EVENTS.labels("written").inc(new)
        return taken if new == len(taken) else await self._as_stored(taken)

    async def import_(self, given: Sequence[Event]) -> int:
        """Stores checked events of any shoppers; how many were new. Those without an id get one by their content."""
        taken = [self._attributed(_with_id(event)) for event in given]
        new = await self._events.write(taken) if taken else 0
        EVENTS.labels("imported").inc(new)
        return new

    async def _as_stored(self, taken: Sequence[Event]) -> list[Event]:
        keys = [(event.shopper, event.event_id) for event in taken]
        stored = await self._events.stored(keys)
        return [stored.get(key, event) for key, event in zip(keys, taken, strict=True)]

    def _attributed(self, event: Event) -> Event:
        if not event.attribution_token:
            return event
        ours = attribution.verify(event.attribution_token, self._key) is not None
        return replace(event, attribution=Attribution.VALID if ours else Attribution.INVALID)


UNSTATED = datetime.min.replace(tzinfo=UTC)
"""Stands for an event time that was not given."""


class ReadEvents:
    """Events as they are stored."""

    def __init__(self, events: Events) -> None:
        self._events = events

    async def page(
        self, shopper: str, kinds: Sequence[Kind], before: tuple[datetime, int] | None, limit: int
    ) -> tuple[list[Event], tuple[datetime, int] | None]:
        """Newest first, of some kinds or of all, and where the next page begins; None at the end."""
        return await self._events.page(shopper, kinds, before, limit)

    def export(self, start: datetime | None) -> AsyncIterator[list[Event]]:
        """Everything since `start`, oldest first."""
        return self._events.export(start)


def import_problem(event: Event, now: datetime) -> tuple[str, str] | None:
    """Why an event of another system is refused, as (field, description); None when it is not."""
    if not event.shopper.startswith(SHOPPERS):
        return "shopper", "is required"
    if event.shopper.partition("/")[2] == "me":
        return "shopper", "must be a name: nobody's own events are imported"
    if event.event_time == UNSTATED:
        return "event_time", "is required"
    if happened(event.event_time, now) is None:
        return "event_time", "lies in the future"
    return problem(event.kind, event.product_id, event.rating, event.query, event.order_id)


def _with_id(event: Event) -> Event:
    if event.event_id:
        return event
    content = (
        event.shopper, int(event.kind), event.product_id, event.event_time.isoformat(), event.rating, event.query,
        event.position, event.quantity,
    )  # fmt: skip
    return replace(event, event_id=hashlib.sha256(repr(content).encode()).hexdigest()[:32])
