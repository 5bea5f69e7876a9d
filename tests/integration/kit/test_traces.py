"""Traces reach a real OTLP receiver, connected from service to service; one that is away changes nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from aisle.recs.v1 import recommendation_service_pb2
from aisle.recs.v1.recommendation_service_pb2_grpc import RecommendationServiceStub
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from local.settings import ROOT
from tests.integration.kit.traced import PRODUCTS, RECOMMENDATIONS
from tests.support.collector import SPAN, TRACE, TRACEPARENT, collecting
from tests.support.mesh import wait_until
from tests.support.postgres import free_port

RECOMMEND = f"/{RECOMMENDATIONS}/Recommend"
GET_PRODUCT = f"/{PRODUCTS}/GetProduct"
START_S = 60.0


class Services:
    """Processes of both services."""

    def __init__(self, collector_port: int, log: Path) -> None:
        self.collector_port = collector_port
        ports = {"catalog": free_port(), "recs": free_port()}
        self.address = f"127.0.0.1:{ports['recs']}"
        self.processes = []
        for name, port in ports.items():
            variables = {
                "AISLE_TRACED_LISTEN": f"127.0.0.1:{port}",
                "AISLE_TRACED_CATALOG_ADDRESS": f"127.0.0.1:{ports['catalog']}",
                "AISLE_TRACED_OTLP_ENDPOINT": f"127.0.0.1:{collector_port}",
                "AISLE_TRACED_DRAIN_S": "0",
            }
            command = [sys.executable, "-m", "tests.integration.kit.traced", name]
            with log.open("ab") as said:
                made = subprocess.Popen(command, cwd=ROOT, env=os.environ | variables, stdout=said, stderr=said)
            self.processes.append(made)
        for port in ports.values():
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                grpc.channel_ready_future(channel).result(START_S)

    def recommend(self, product: str, *metadata: tuple[str, str]) -> list[str]:
        """Asks recs, which asks catalog."""
        request = recommendation_service_pb2.RecommendRequest(scenario="scenarios/home", context_product=product)
        with grpc.insecure_channel(self.address) as channel:
            answer = RecommendationServiceStub(channel).Recommend(request, metadata=metadata, timeout=20)
        return [result.product for result in answer.results]

    def stop(self) -> list[int]:
        """Ends both in their orderly way, in which they send what they have; returns their exit statuses."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        return [process.wait(START_S) for process in self.processes]

    def kill(self) -> None:
        """Ends what still runs."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(free_port(), tmp_path / "log")
    yield made
    made.kill()


def request_id(span: Span) -> str:
    return next(a.value.string_value for a in span.attributes if a.key == "aisle.request_id")


def is_one_trace(outer: Span, inner: Span) -> bool:
    """Whether a span is a part of another."""
    within = outer.start_time_unix_nano <= inner.start_time_unix_nano
    within &= inner.end_time_unix_nano <= outer.end_time_unix_nano
    return within and (inner.trace_id, inner.parent_span_id) == (outer.trace_id, outer.span_id)


def test_a_call_and_the_call_that_it_makes_are_one_trace(services: Services) -> None:
    with collecting(services.collector_port) as collector:
        assert services.recommend("products/a", ("x-request-id", "r-1")) == ["products/a"]
        with pytest.raises(grpc.RpcError):
            services.recommend("products/none", ("x-request-id", "r-2"), TRACEPARENT)
        assert services.stop() == [0, 0]
    outer, inner = collector.of("aisle-recs", RECOMMEND), collector.of("aisle-catalog", GET_PRODUCT)
    assert all(map(is_one_trace, outer, inner))
    assert len(collector.spans) == 4
    assert [request_id(span) for span in (*outer, *inner)] == ["r-1", "r-2"] * 2
    assert [span.status.code for span in (*outer, *inner)] == [Status.STATUS_CODE_UNSET, Status.STATUS_CODE_ERROR] * 2
    assert {span.kind for span in (*outer, *inner)} == {Span.SPAN_KIND_SERVER}
    began_it, went_on = outer
    assert began_it.parent_span_id == b""
    assert (went_on.trace_id.hex(), went_on.parent_span_id.hex()) == (TRACE, SPAN)


def test_a_collector_that_is_away_changes_nothing_and_is_found_when_it_comes(services: Services) -> None:
    for _ in range(20):
        assert services.recommend("products/a") == ["products/a"]
    with collecting(services.collector_port) as collector:

        def arrives() -> bool:
            services.recommend("products/b", TRACEPARENT)
            return any(span.trace_id.hex() == TRACE for _, span in collector.spans)

        wait_until(arrives, START_S, "a span at the collector that came late")
    assert services.recommend("products/a") == ["products/a"]
    assert services.stop() == [0, 0]
