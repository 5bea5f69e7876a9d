"""A real server with the chain in front of the contracts' own methods."""

import asyncio
import contextlib
from types import SimpleNamespace

import grpc
import pytest
from aisle.recs.v1 import user_event_service_pb2 as events
from aisle.recs.v1.user_event_service_pb2_grpc import (
    UserEventServiceStub,
)
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.kit import chain, errors
from services.kit.app import App
from services.kit.server import start
from services.kit.settings import ServiceSettings
from tests.support.tokens import Issuer
from tests.unit.kit.calls import SERVICE, ask, refused


def test_the_chain_has_its_one_order() -> None:
    assert [step.__name__ for step in chain.STEPS] == [
        "identify",
        "measure",
        "render_errors",
        "bound_time",
        "admit",
        "decode",
        "authenticate",
        "authorize",
        "check_fields",
    ]


async def test_me_becomes_the_caller_and_headers_come_back(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    call = UserEventServiceStub(channel).ListUserEvents(
        events.ListUserEventsRequest(parent="users/me"),
        metadata=(*issuer.metadata("users/ann", "shopper"), ("x-request-id", "r-1")),
    )
    assert (await call).next_page_token.startswith("users/ann|")
    headers = dict(await call.initial_metadata())
    assert headers["x-request-id"] == "r-1"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("subject", "role", "page_size", "level"),
    [
        ("users/ann", "shopper", 0, "info"),
        ("services/recs", "service", 0, "debug"),  # they ask all the time
        ("services/recs", "service", 3, "info"),
        ("services/recs", "service", 1, "error"),
    ],
)
async def test_calls_are_logged_at_the_level_that_they_are_worth(
    channel: grpc.aio.Channel,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    subject: str,
    role: str,
    page_size: int,
    level: str,
) -> None:
    levels, logged = list[str](), asyncio.Event()

    def say(level: str, what: str) -> None:
        if what == "call":
            levels.append(level)
            logged.set()

    log = SimpleNamespace(
        **{name: lambda what, name=name, **_: say(name, what) for name in ("debug", "info", "warning", "error")}
    )
    monkeypatch.setattr(chain, "log", log)
    request = events.ListUserEventsRequest(parent="users/ann", page_size=page_size)
    call = UserEventServiceStub(channel).ListUserEvents(request, metadata=issuer.metadata(subject, role))
    with contextlib.suppress(grpc.aio.AioRpcError):
        await call
    async with asyncio.timeout(5):  # a refusal is on its way before it is logged
        await logged.wait()
    assert levels == [level]


async def test_malformed_bytes_are_an_invalid_argument_and_leak_nothing(channel: grpc.aio.Channel) -> None:
    raw = channel.unary_unary(f"/{SERVICE}/ListUserEvents")
    code, info, status = await refused(raw(b"\xff\xff\xff\xff"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert info.reason == "MALFORMED_MESSAGE"
    assert "Error" not in status.message


async def test_malformed_bytes_to_health_and_reflection_are_an_invalid_argument(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary("/grpc.health.v1.Health/Check")(b"\xff\xff\xff")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    call = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")(iter([b"\xff\xff"]))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("subject", "roles", "parent", "code"),
    [
        ("users/ann", ("shopper",), "users/bob", grpc.StatusCode.PERMISSION_DENIED),
        ("visitors/v1", ("visitor",), "visitors/v2", grpc.StatusCode.PERMISSION_DENIED),
        ("visitors/v1", ("visitor",), "users/me", grpc.StatusCode.PERMISSION_DENIED),
        ("users/merchant", ("merchant",), "users/bob", grpc.StatusCode.PERMISSION_DENIED),
        ("users/ann", ("shopper",), "", grpc.StatusCode.INVALID_ARGUMENT),
        ("users/ann", ("shopper",), "products/x", grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_what_is_somebody_elses_is_refused(
    channel: grpc.aio.Channel, issuer: Issuer, subject: str, roles: tuple[str, ...], parent: str, code: grpc.StatusCode
) -> None:
    request = events.ListUserEventsRequest(parent=parent)
    call = UserEventServiceStub(channel).ListUserEvents(request, metadata=issuer.metadata(subject, *roles))
    assert (await refused(call))[0] is code


async def test_without_a_token_the_answer_says_to_send_one(channel: grpc.aio.Channel) -> None:
    code, info, _ = await refused(UserEventServiceStub(channel).ListUserEvents(events.ListUserEventsRequest()))
    assert (code, info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_MISSING")


async def test_authorisation_comes_before_validation(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    request = events.ListUserEventsRequest(parent="users/bob", page_size=-1)
    call = UserEventServiceStub(channel).ListUserEvents(request, metadata=issuer.metadata("users/ann", "shopper"))
    assert (await refused(call))[0] is grpc.StatusCode.PERMISSION_DENIED


async def test_fields_at_fault_are_named(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    request = events.ListUserEventsRequest(parent="users/me", page_size=-1)
    call = UserEventServiceStub(channel).ListUserEvents(request, metadata=issuer.metadata("users/ann", "shopper"))
    code, _, status = await refused(call)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    bad = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(bad)
    assert [(v.field, v.description) for v in bad.field_violations] == [("page_size", "must be at least 0")]


@pytest.mark.parametrize("page_size", [1, 5])
async def test_an_unexpected_exception_says_nothing_but_the_request_id(
    channel: grpc.aio.Channel, issuer: Issuer, page_size: int
) -> None:
    code, info, status = await refused(ask(channel, issuer, page_size, metadata=(("x-request-id", "abc"),)))
    assert code is grpc.StatusCode.INTERNAL
    assert info.metadata["request_id"] == "abc"
    assert "hunter2" not in str(status)


async def test_retry_info_says_when_to_come_back(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    code, _, status = await refused(ask(channel, issuer, 3))
    retry = error_details_pb2.RetryInfo()
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status.details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 1500


@pytest.mark.parametrize(
    "value", ["x" * 20_000, "é" * 8_000, "\U0001f600" * 4_000, "\n\r\t" * 3_000], ids=lambda v: v[:1]
)
async def test_an_answer_repeats_little_of_a_request(channel: grpc.aio.Channel, issuer: Issuer, value: str) -> None:
    request = events.ListUserEventsRequest(parent=f"users/{value}")
    call = UserEventServiceStub(channel).ListUserEvents(request, metadata=issuer.metadata("users/ann", "shopper"))
    code, info, status = await refused(call)
    assert (code, info.reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_OWNER")
    assert status.ByteSize() < errors.MOST_BYTES


async def test_thousands_of_wrong_fields_are_an_answer_too(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    wrong = [{"product": "é" * 500, "rating": 9} for _ in range(1000)]
    request = events.BatchWriteUserEventsRequest(user_events=wrong)
    call = UserEventServiceStub(channel).BatchWriteUserEvents(request, metadata=issuer.metadata("users/ann", "shopper"))
    code, _, status = await refused(call)
    bad = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(bad)
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert len(bad.field_violations) > 0
    assert status.ByteSize() < errors.MOST_BYTES


@pytest.mark.parametrize("value", [" ", " Bearer x", "Basic YTpi", "Bearer", "Bearer ", "x"])
async def test_a_header_that_holds_no_token_is_refused(channel: grpc.aio.Channel, value: str) -> None:
    call = UserEventServiceStub(channel).ListUserEvents(
        events.ListUserEventsRequest(parent="users/me"), metadata=(("authorization", value),)
    )
    code, info, _ = await refused(call)
    assert (code, info.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")


async def test_streams_go_through_the_chain(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    stub, admin = UserEventServiceStub(channel), issuer.metadata("users/root", "admin")
    answers = [a async for a in stub.ExportUserEvents(events.ExportUserEventsRequest(), metadata=admin)]
    assert len(answers) == 2
    broken = events.ExportUserEventsRequest()
    broken.start_time.seconds = 1
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in stub.ExportUserEvents(broken, metadata=admin):
            pass
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in stub.ExportUserEvents(broken, metadata=issuer.metadata("users/m", "merchant")):
            pass
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_lost_dependency_turns_health_and_its_return_turns_it_back(issuer: Issuer) -> None:
    there = False

    async def probe() -> None:
        if not there:
            raise ConnectionError

    app = App("test", ServiceSettings(), lambda _: None, [SERVICE], issuer.verifier(), {"database": probe})
    running = await start(app)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == 2
        there = True
        await running.health.update()
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == 1
        stopping = asyncio.create_task(running.stop(drain_s=0.5))
        await asyncio.sleep(0.1)
        assert (await stub.Check(health_pb2.HealthCheckRequest())).status == 2
        await stopping
