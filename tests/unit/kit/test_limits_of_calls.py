"""How long a call may take, and how many are in work."""

import asyncio

import grpc
import pytest
from aisle.recs.v1 import user_event_service_pb2 as events
from aisle.recs.v1.user_event_service_pb2_grpc import (
    UserEventServiceStub,
)
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client import REGISTRY

from services.kit.settings import ServiceSettings
from tests.support.tokens import Issuer
from tests.unit.kit.calls import LONGEST_S, SERVICE, WAITED_S, ask, refused, serving


async def test_the_gateways_deadline_ends_the_call(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    gateway = (("x-envoy-expected-rq-timeout-ms", "50"),)
    code, info, _ = await refused(ask(channel, issuer, 2, metadata=gateway))
    assert (code, info.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


@pytest.mark.parametrize("given", ["0", "-5", "9" * 20, "9" * 5000, "soon", "1e3", ""])
async def test_a_gateways_deadline_that_is_none_is_ignored(
    channel: grpc.aio.Channel, issuer: Issuer, given: str
) -> None:
    answer = await ask(channel, issuer, 0, metadata=(("x-envoy-expected-rq-timeout-ms", given),))
    assert answer.next_page_token.startswith("users/ann|")


async def test_the_servers_own_deadline_holds_for_callers_without_one(
    channel: grpc.aio.Channel, issuer: Issuer
) -> None:
    assert (await refused(ask(channel, issuer, 2)))[0] is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_shorter_limit_inside_is_not_the_callers_deadline(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    code, info, _ = await refused(ask(channel, issuer, 4, timeout=20))
    assert code is grpc.StatusCode.UNAVAILABLE
    assert info.reason != "DEADLINE_EXCEEDED"


@pytest.mark.parametrize(
    ("callers_s", "gateways_ms", "least_s", "most_s"),
    [
        (20.0, "", 15, 21),  # gRPC sends it rounded up
        (20.0, "60000", 15, 21),
        (60.0, "20000", 15, 20),
        (3600.0, "", 50, LONGEST_S),
        (3600.0, "3600000", 50, LONGEST_S),
        (None, "3600000", 50, LONGEST_S),
        (None, "", 0, 1),
    ],
)
async def test_handlers_see_the_shortest_of_the_times(
    channel: grpc.aio.Channel, issuer: Issuer, callers_s: float | None, gateways_ms: str, least_s: float, most_s: float
) -> None:
    gateway = (("x-envoy-expected-rq-timeout-ms", gateways_ms),)
    answer = await ask(channel, issuer, 0, timeout=callers_s, metadata=gateway)
    assert least_s < float(answer.next_page_token.split("|")[1]) <= most_s


async def test_a_caller_with_an_hour_holds_no_place_for_an_hour(issuer: Issuer) -> None:
    """One with many answers may take longer, and has an end as well."""
    slow, admin = events.ExportUserEventsRequest(), issuer.metadata("users/root", "admin")
    slow.start_time.seconds = 2
    settings = ServiceSettings(longest_timeout_s=1.0)
    async with serving(issuer, settings) as server, grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stream = UserEventServiceStub(channel).ExportUserEvents(slow, metadata=admin, timeout=3600)
        code, info, _ = await refused(ask(channel, issuer, 2, timeout=3600))
        assert (code, info.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
        assert len([answer async for answer in stream]) == 2
    settings = ServiceSettings(longest_stream_s=1.0)
    async with serving(issuer, settings) as server, grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stream = UserEventServiceStub(channel).ExportUserEvents(slow, metadata=admin, timeout=3600)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            assert len([answer async for answer in stream]) == 2
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_calls_that_wait_for_something_to_happen_are_not_in_work(
    channel: grpc.aio.Channel, issuer: Issuer
) -> None:
    def spent() -> tuple[float, float]:
        labels = {"service": SERVICE, "method": "ListUserEvents"}
        found = [REGISTRY.get_sample_value(f"aisle_grpc_call_seconds_{what}", labels) for what in ("count", "sum")]
        return found[0] or 0.0, found[1] or 0.0

    calls, seconds = spent()
    waiting = [asyncio.create_task(ask(channel, issuer, 6)) for _ in range(3)]
    await asyncio.sleep(WAITED_S / 3)
    await asyncio.gather(*(ask(channel, issuer, 0) for _ in range(2)))
    assert not any(call.done() for call in waiting)
    await asyncio.gather(*waiting)
    more, spent_s = spent()
    assert more - calls == 5
    assert spent_s - seconds < WAITED_S, "only their work is timed"
    busy = [asyncio.create_task(ask(channel, issuer, 2)) for _ in range(2)]
    await asyncio.sleep(0.3)
    assert (await refused(ask(channel, issuer, 0)))[1].reason == "OVERLOADED", "each has left once, and come back once"
    await asyncio.gather(*busy, return_exceptions=True)


async def test_too_many_calls_are_refused_but_not_health(channel: grpc.aio.Channel, issuer: Issuer) -> None:
    slow = [asyncio.create_task(ask(channel, issuer, 2)) for _ in range(2)]
    await asyncio.sleep(0.3)
    code, info, _ = await refused(ask(channel, issuer, 0))
    assert (code, info.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=SERVICE))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    await asyncio.gather(*slow, return_exceptions=True)
