"""UserEventService."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from aisle.recs.v1 import user_event_service_pb2 as pb
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceServicer

from services.kit import context, paging
from services.kit.errors import InvalidArgument, Unauthenticated
from services.kit.principal import Principal
from services.kit.validation import violations
from services.recs.domain.events import Event, Kind
from services.recs.servicer import messages
from services.recs.use_cases.events import ReadEvents, TakeEvents, import_problem

CHECKED_AT_ONCE = 200
Refusal = pb.ImportUserEventsResponse.Refusal


class UserEventServicer(UserEventServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, take: TakeEvents, read: ReadEvents) -> None:
        self._take = take
        self._read = read

    async def WriteUserEvent(self, request: pb.WriteUserEventRequest, _: Any) -> UserEvent:
        given = [_event(request.user_event, "user_event")]
        return messages.user_event((await self._take.write(given, _caller(), ["user_event"]))[0])

    async def BatchWriteUserEvents(
        self, request: pb.BatchWriteUserEventsRequest, _: Any
    ) -> pb.BatchWriteUserEventsResponse:
        fields = [f"user_events[{i}]" for i in range(len(request.user_events))]
        given = [_event(message, field) for message, field in zip(request.user_events, fields, strict=True)]
        stored = await self._take.write(given, _caller(), fields)
        return pb.BatchWriteUserEventsResponse(user_events=map(messages.user_event, stored))

    async def ListUserEvents(self, request: pb.ListUserEventsRequest, _: Any) -> pb.ListUserEventsResponse:
        before = _before(paging.decode(request.page_token, request))
        size = paging.page_size(request.page_size, 50, 1000)
        events, following = await self._read.page(request.parent, list(map(Kind, request.kinds)), before, size)
        token = ""
        if following is not None:
            token = paging.encode({"t": following[0].isoformat(), "n": following[1]}, request)
        return pb.ListUserEventsResponse(user_events=map(messages.user_event, events), next_page_token=token)

    async def ImportUserEvents(self, request: pb.ImportUserEventsRequest, _: Any) -> pb.ImportUserEventsResponse:
        good, refusals, now = [], [], datetime.now(UTC)
        for i, message in enumerate(request.user_events):
            if i % CHECKED_AT_ONCE == 0:
                await asyncio.sleep(0)  # thousands of events take a while: others come in between
            event, refused = _checked(message, now)
            if event is not None:
                good.append(event)
            else:
                refusals.append(Refusal(index=i, field=refused[0], description=refused[1]))
        created = await self._take.import_(good)
        return pb.ImportUserEventsResponse(
            created_count=created, unchanged_count=len(good) - created, refusals=refusals
        )

    async def ExportUserEvents(
        self, request: pb.ExportUserEventsRequest, _: Any
    ) -> AsyncIterator[pb.ExportUserEventsResponse]:
        start = _time(request, "start_time") if request.HasField("start_time") else None
        async for part in self._read.export(start):
            yield pb.ExportUserEventsResponse(user_events=map(messages.user_event, part))


def _caller() -> Principal:
    if (caller := context.principal()) is None:
        raise Unauthenticated("Send an access token as `authorization: Bearer <token>`.", reason="TOKEN_MISSING")
    return caller


def _event(message: UserEvent, field: str) -> Event:
    try:
        return messages.event(message)
    except ValueError:
        raise InvalidArgument.field(f"{field}.event_time", "is not a time between the years 1 and 9999") from None


def _time(request: pb.ExportUserEventsRequest, field: str) -> datetime:
    try:
        return messages.moment(getattr(request, field))
    except ValueError:
        raise InvalidArgument.field(field, "is not a time between the years 1 and 9999") from None


def _checked(message: UserEvent, now: datetime) -> tuple[Event | None, tuple[str, str]]:
    for violation in violations(message):
        return None, violation
    try:
        event = messages.event(message)
    except ValueError:
        return None, ("event_time", "is not a time between the years 1 and 9999")
    refused = import_problem(event, now)
    return (None, refused) if refused else (event, ("", ""))


def _before(position: dict[str, Any] | None) -> tuple[datetime, int] | None:
    if position is None:
        return None
    try:
        time, number = datetime.fromisoformat(position["t"]), position["n"]
        if time.tzinfo is None or type(number) is not int or not 0 <= number < 2**63:
            raise ValueError
    except (KeyError, ValueError, TypeError):
        raise InvalidArgument.field("page_token", "is not one that this service gave out") from None
    return time, number
