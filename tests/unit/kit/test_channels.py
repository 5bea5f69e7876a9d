"""What a channel passes on to the service that is called."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from aisle.recs.v1 import user_event_pb2
from aisle.recs.v1 import user_event_service_pb2 as events
from aisle.recs.v1.user_event_service_pb2_grpc import (
    UserEventServiceServicer,
    UserEventServiceStub,
    add_UserEventServiceServicer_to_server,
)

from services.kit import context
from services.kit.channels import channel
from services.kit.errors import DeadlineExceeded
from services.kit.principal import Principal

SERVICE = "aisle.recs.v1.UserEventService"
REQUEST = events.ListUserEventsRequest(parent="visitors/a")
WRITE = events.WriteUserEventRequest()
LONG = events.ListUserEventsRequest(parent="visitors/long")
EVERYTHING = events.ExportUserEventsRequest()


class Servicer(UserEventServiceServicer):
    """Remembers what came with the calls."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {}
        self.remaining: float | None = None
        self.began, self.ended = asyncio.Event(), asyncio.Event()
        self.arrived = 0
        self.failing = 0
        """So many calls more get UNAVAILABLE."""

    async def WriteUserEvent(self, request: Any, call: Any) -> Any:
        await self._arrive(call)
        return user_event_pb2.UserEvent()

    async def ListUserEvents(self, request: Any, call: Any) -> Any:
        self._see(call)
        await self._arrive(call)
        if request == LONG:
            self.began.set()
            try:
                await asyncio.sleep(30)
            finally:
                self.ended.set()
        return events.ListUserEventsResponse()

    async def ExportUserEvents(self, request: Any, call: Any) -> AsyncIterator[Any]:
        self._see(call)
        yield events.ExportUserEventsResponse()
        yield events.ExportUserEventsResponse()

    async def _arrive(self, call: Any) -> None:
        self.arrived += 1
        if self.failing > 0:
            self.failing -= 1
            await call.abort(grpc.StatusCode.UNAVAILABLE, "not now")

    def _see(self, call: Any) -> None:
        self.metadata, self.remaining = dict(call.invocation_metadata()), call.time_remaining()


@pytest.fixture
async def servicer() -> Servicer:
    return Servicer()


@pytest.fixture
async def address(servicer: Servicer) -> AsyncIterator[str]:
    server = grpc.aio.server()
    add_UserEventServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


def in_a_call(seconds: float) -> context.CallState:
    state = context.CallState("r1", "00-trace-1")
    state.principal = Principal("users/ann", frozenset(), "", "her-token")
    state.deadline = asyncio.get_running_loop().time() + seconds
    context.enter(state)
    return state


async def test_the_callers_ids_token_and_time_go_along(address: str, servicer: Servicer) -> None:
    async with channel(address, forward_authorization=True) as to:
        in_a_call(seconds=5)
        await UserEventServiceStub(to).ListUserEvents(REQUEST, timeout=60, metadata=(("x-mine", "1"),))
    assert servicer.metadata.items() >= {
        ("x-request-id", "r1"),
        ("traceparent", "00-trace-1"),
        ("authorization", "Bearer her-token"),
        ("x-mine", "1"),
    }
    assert servicer.remaining is not None
    assert servicer.remaining < 6, "gRPC sends it rounded up"


async def test_an_own_token_and_an_own_limit_outside_of_a_call(address: str, servicer: Servicer) -> None:
    async def token() -> str:
        return "own-token"

    async with channel(address, token=token) as to:
        answers = [one async for one in UserEventServiceStub(to).ExportUserEvents(EVERYTHING, timeout=7)]
    assert len(answers) == 2
    assert servicer.metadata["authorization"] == "Bearer own-token"
    assert "x-request-id" not in servicer.metadata
    assert servicer.remaining is not None
    assert servicer.remaining < 8


async def test_no_call_is_made_without_time(address: str, servicer: Servicer) -> None:
    async with channel(address) as to:
        in_a_call(seconds=0)
        with pytest.raises(DeadlineExceeded):
            await UserEventServiceStub(to).ListUserEvents(REQUEST)
    assert servicer.metadata == {}


async def test_a_caller_that_leaves_ends_the_call(address: str, servicer: Servicer) -> None:
    async with channel(address) as to:
        call = asyncio.create_task(UserEventServiceStub(to).ListUserEvents(LONG))
        await asyncio.wait_for(servicer.began.wait(), 5)
        call.cancel()
        await asyncio.wait_for(servicer.ended.wait(), 5)


async def test_a_read_is_asked_again_where_a_replica_is_unavailable(address: str, servicer: Servicer) -> None:
    servicer.failing = 2
    async with channel(address, SERVICE) as to:
        await UserEventServiceStub(to).ListUserEvents(REQUEST)
    assert servicer.arrived == 3


async def test_a_read_is_asked_three_times_at_most(address: str, servicer: Servicer) -> None:
    servicer.failing = 10
    async with channel(address, SERVICE) as to:
        assert await code(UserEventServiceStub(to).ListUserEvents(REQUEST)) is grpc.StatusCode.UNAVAILABLE
    assert servicer.arrived == 3


async def test_a_write_is_never_sent_again(address: str, servicer: Servicer) -> None:
    """It may have been done before the replica went."""
    servicer.failing = 1
    async with channel(address, SERVICE) as to:
        assert await code(UserEventServiceStub(to).WriteUserEvent(WRITE)) is grpc.StatusCode.UNAVAILABLE
    assert servicer.arrived == 1


async def test_in_a_storm_nothing_is_asked_again_until_it_is_over(address: str, servicer: Servicer) -> None:
    """A failed attempt costs one of 100 tokens, a good one brings a tenth; another try needs more than half of them."""
    attempts: list[int] = []

    async def ask(times: int, failing: int) -> None:
        for _ in range(times):
            before, servicer.failing = servicer.arrived, failing
            await code(UserEventServiceStub(to).ListUserEvents(REQUEST))
            attempts.append(servicer.arrived - before)

    async with channel(address, SERVICE) as to:
        await ask(times=30, failing=3)
        assert attempts == [3] * 16 + [2] + [1] * 13  # 50 attempts failed: the rest get one each
        attempts.clear()
        await ask(times=150, failing=0)
        await ask(times=1, failing=3)
    assert attempts == [1] * 150 + [2]


async def code(call: Any) -> grpc.StatusCode:
    """What a call came to."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK
