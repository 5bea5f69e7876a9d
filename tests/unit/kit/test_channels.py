"""A channel of the kit to a real server: what it passes on, and what it sends again."""

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

from services.kit import channels, context
from services.kit.errors import DeadlineExceeded
from services.kit.principal import Principal

SERVICE = "aisle.recs.v1.UserEventService"
SEARCH = user_event_pb2.UserEvent(kind=user_event_pb2.UserEvent.KIND_SEARCH)


class Flaky(UserEventServiceServicer):
    """Is unavailable at first, and remembers who called how."""

    def __init__(self) -> None:
        self.failures = 0
        self.code = grpc.StatusCode.UNAVAILABLE
        self.calls: list[tuple[dict[str, str], float]] = []

    async def ListUserEvents(self, request: Any, call: Any) -> Any:
        await self._take(call)
        return events.ListUserEventsResponse()

    async def WriteUserEvent(self, request: Any, call: Any) -> Any:
        await self._take(call)
        return SEARCH

    async def _take(self, call: Any) -> None:
        self.calls.append((dict(call.invocation_metadata()), call.time_remaining()))
        if len(self.calls) <= self.failures:
            await call.abort(self.code, "not now")


@pytest.fixture
def flaky() -> Flaky:
    return Flaky()


@pytest.fixture
async def address(flaky: Flaky) -> AsyncIterator[str]:
    server = grpc.aio.server()
    add_UserEventServiceServicer_to_server(flaky, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(0)


async def read(address: str, **options: Any) -> None:
    async with channels.channel(address, SERVICE, **options) as channel:
        await UserEventServiceStub(channel).ListUserEvents(events.ListUserEventsRequest(), timeout=20)


async def test_a_read_is_sent_again_while_the_other_side_is_unavailable(address: str, flaky: Flaky) -> None:
    flaky.failures = 2
    await read(address)
    assert len(flaky.calls) == 3


@pytest.mark.parametrize("code", [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED])
async def test_nothing_but_unavailable_is_sent_again(address: str, flaky: Flaky, code: grpc.StatusCode) -> None:
    flaky.failures, flaky.code = 2, code
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read(address)
    assert (caught.value.code(), len(flaky.calls)) == (code, 1)


async def test_a_write_is_never_sent_again(address: str, flaky: Flaky) -> None:
    flaky.failures = 1
    async with channels.channel(address, SERVICE) as channel:
        request = events.WriteUserEventRequest(user_event=SEARCH)
        with pytest.raises(grpc.aio.AioRpcError):
            await UserEventServiceStub(channel).WriteUserEvent(request, timeout=20)
    assert len(flaky.calls) == 1


async def test_the_callers_deadline_ids_and_trace_go_along(address: str, flaky: Flaky) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    context.enter(context.CallState("r-7", trace, deadline=asyncio.get_running_loop().time() + 3))
    await read(address)
    metadata, left = flaky.calls[0]
    assert (metadata["x-request-id"], metadata["traceparent"]) == ("r-7", trace)
    assert left <= 3
    assert "authorization" not in metadata


async def test_a_caller_out_of_time_calls_nobody(address: str, flaky: Flaky) -> None:
    context.enter(context.CallState("r-8", deadline=asyncio.get_running_loop().time() - 1))
    with pytest.raises(DeadlineExceeded):
        await read(address)
    assert flaky.calls == []


async def test_the_callers_token_goes_along_only_where_that_is_wanted(address: str, flaky: Flaky) -> None:
    principal = Principal("users/ann", frozenset({"shopper"}), token="anns")
    context.enter(context.CallState("r-9", deadline=asyncio.get_running_loop().time() + 30, principal=principal))

    async def own() -> str:
        return "a machine's"

    await read(address, forward_authorization=True)
    await read(address, token=own)
    await read(address)
    assert [metadata.get("authorization") for metadata, _ in flaky.calls] == ["Bearer anns", "Bearer a machine's", None]


async def test_calls_are_spread_over_the_replicas_and_go_on_when_one_dies(address: str, flaky: Flaky) -> None:
    other = Flaky()
    server = grpc.aio.server()
    add_UserEventServiceServicer_to_server(other, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with channels.channel(f"{address}, 127.0.0.1:{port}", SERVICE) as channel:
        stub = UserEventServiceStub(channel)
        await channel.channel_ready()
        for _ in range(200):  # the second connection may take a moment longer than the first
            await stub.ListUserEvents(events.ListUserEventsRequest(), timeout=20)
            if flaky.calls and other.calls:
                break
        assert flaky.calls
        assert other.calls
        await server.stop(0)
        for _ in range(20):
            await stub.ListUserEvents(events.ListUserEventsRequest(), timeout=20)
