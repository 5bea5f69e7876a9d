"""What a channel passes on to the service that is called."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
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

REQUEST = events.ListUserEventsRequest(parent="visitors/a")
LONG = events.ListUserEventsRequest(parent="visitors/long")
EVERYTHING = events.ExportUserEventsRequest()


class Servicer(UserEventServiceServicer):
    """Remembers what came with the calls."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {}
        self.remaining: float | None = None
        self.began, self.ended = asyncio.Event(), asyncio.Event()

    async def ListUserEvents(self, request: Any, call: Any) -> Any:
        self._see(call)
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
