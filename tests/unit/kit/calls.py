"""A real server with the chain in front of one of the contracts' services, and calls to it."""

import asyncio
import contextlib
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
from google.rpc import error_details_pb2, status_pb2

from services.kit import context, errors
from services.kit.app import App
from services.kit.server import RunningServer, start
from services.kit.settings import ServiceSettings
from tests.support.tokens import Issuer

SERVICE = "aisle.recs.v1.UserEventService"
LONGEST_S = 60.0
"""What is given at most, whatever a caller asks for."""
WAITED_S = 0.6
"""By calls that wait for something to happen."""


class Panic(BaseException):
    """What libraries in Rust raise: no Exception."""


class Servicer(UserEventServiceServicer):
    """Does what the parent's last part says."""

    async def ListUserEvents(self, request: Any, _: Any) -> Any:
        if request.page_size == 1:
            raise ValueError("the password is hunter2")
        if request.page_size == 2:
            await asyncio.sleep(30)
        if request.page_size == 3:
            raise errors.ResourceExhausted("Too much.", retry_after=1.5)
        if request.page_size == 4:
            raise TimeoutError
        if request.page_size == 6:
            with context.waiting():
                await asyncio.sleep(WAITED_S)
        if request.page_size == 5:
            raise Panic("index out of bounds: the password is hunter2")
        context.add_response_header("cache-control", "no-store")
        return events.ListUserEventsResponse(next_page_token=f"{request.parent}|{context.time_remaining():.1f}")

    async def ExportUserEvents(self, request: Any, _: Any) -> AsyncIterator[Any]:
        yield events.ExportUserEventsResponse()
        if request.start_time.seconds == 2:
            await asyncio.sleep(1.5)
        yield events.ExportUserEventsResponse()
        if request.start_time.seconds == 1:
            raise errors.NotFound("users/x")


@contextlib.asynccontextmanager
async def serving(issuer: Issuer, settings: ServiceSettings) -> AsyncIterator[RunningServer]:
    app = App(
        "test", settings, lambda s: add_UserEventServiceServicer_to_server(Servicer(), s), [SERVICE], issuer.verifier()
    )
    running = await start(app)
    yield running
    await running.stop()


def status_of(error: grpc.aio.AioRpcError) -> tuple[status_pb2.Status, error_details_pb2.ErrorInfo]:
    trailing = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    return status, info


async def refused(call: Any) -> tuple[grpc.StatusCode, error_details_pb2.ErrorInfo, status_pb2.Status]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    status, info = status_of(caught.value)
    assert status.code == caught.value.code().value[0]
    assert info.domain == "aisle"
    return caught.value.code(), info, status


async def ask(channel: grpc.aio.Channel, issuer: Issuer, what: int, **options: Any) -> Any:
    request = events.ListUserEventsRequest(parent="users/me", page_size=what)
    metadata = issuer.metadata("users/ann", "shopper") + options.pop("metadata", ())
    return await UserEventServiceStub(channel).ListUserEvents(request, metadata=metadata, **options)
