"""A gateway with small limits before the same services: what it refuses in a flood, and what it does not."""

import asyncio
import dataclasses
from collections.abc import Iterator

import grpc
import httpx
import pytest
from aisle.catalog.v1 import product_service_pb2
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub

from gateway.settings import Limits
from tests.gateway.conftest import Shop, bearer
from tests.gateway.envoy import Envoy
from tests.gateway.test_rest import error
from tests.support.mesh import wait_until
from tests.support.postgres import free_port

RATE = 20
"""Requests a second."""
FLOOD = 12 * RATE
"""More than are let through in ten seconds, should the machine be that slow."""
RETRIES = 2
"""Under way at a time."""
PAGE = "http://localhost:5173"


@pytest.fixture(scope="module")
def narrow(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    """Another gateway of the same shop."""
    limits = Limits(requests_per_second=RATE, retry_budget_percent=1, retries_under_way=RETRIES)
    gateway = dataclasses.replace(shop.envoy.gateway, port=free_port(), admin_port=free_port(), limits=limits)
    envoy = Envoy(gateway, tmp_path_factory.mktemp("narrow"))
    try:
        envoy.start()
        yield envoy
    finally:
        envoy.stop()


async def at_once(envoy: Envoy, path: str, times: int, **headers: str) -> list[httpx.Response]:
    """Answers to requests that all come together."""
    async with httpx.AsyncClient(base_url=envoy.url, trust_env=False, timeout=30) as http:
        return await asyncio.gather(*(http.get(path, headers=headers) for _ in range(times)))


def test_the_gateways_own_questions_do_not_count(shop: Shop, narrow: Envoy) -> None:
    """Else a flood of strangers would keep the keys of tokens out, and everybody with them."""
    narrow.stop()
    narrow.start()
    wait_until(lambda: narrow.counter("http.public.jwt_authn.jwks_fetch_success") > 0, 30, "the keys to be fetched")
    assert narrow.counter("public.http_local_rate_limit.enabled") == 0
    visitor = shop.visitor()
    url = f"{narrow.url}/v1/scenarios/home:recommend"
    answer = httpx.post(url, json={}, headers=bearer(visitor), trust_env=False)
    assert answer.raise_for_status().json()["attributionToken"] == visitor["subject"]
    assert narrow.counter("public.http_local_rate_limit.enabled") == 1


async def test_a_flood_is_told_when_to_come_back(shop: Shop, narrow: Envoy, quiet: None) -> None:
    answers = await at_once(narrow, "/v1/products/a", FLOOD, origin=PAGE)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert len(answers) - len(refused) >= RATE
    for answer in refused:
        assert error(answer, 429, 8)["reason"] == "RATE_LIMITED"
        retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}
        assert answer.json()["details"][1:] == [retry]
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["access-control-allow-origin"] == PAGE  # so that the page can read all that
    (health,) = await at_once(narrow, "/healthz", 1)
    assert health.status_code == 200  # nobody takes the gateway out for it
    line = narrow.access(refused[0].headers["x-request-id"])
    assert (line["status"], line["details"]) == (429, "local_rate_limited")


async def test_a_flood_of_grpc_exhausts_the_resource(narrow: Envoy, quiet: None) -> None:
    request = product_service_pb2.GetProductRequest(name="products/a")
    async with grpc.aio.insecure_channel(narrow.address) as channel:
        calls = [ProductServiceStub(channel).GetProduct(request) for _ in range(FLOOD)]
        codes = [await call.code() for call in calls]
        refused = calls[codes.index(grpc.StatusCode.RESOURCE_EXHAUSTED)]
        said = dict([*await refused.initial_metadata(), *await refused.trailing_metadata()])
    assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert said["retry-after"] == "1"


async def test_retries_are_no_second_flood(shop: Shop, narrow: Envoy, quiet: None) -> None:
    """Every read here fails and could be asked three times; only as many as the budget allows are."""
    asked = shop.standins.products.asked
    retried = narrow.counter("cluster.catalog.upstream_rq_retry")
    answers = await at_once(narrow, "/v1/products/unavailable", RATE)
    assert {answer.status_code for answer in answers} == {503}
    retried = narrow.counter("cluster.catalog.upstream_rq_retry") - retried
    assert shop.standins.products.asked - asked == RATE + retried
    assert 0 < retried < RATE
    assert narrow.counter("cluster.catalog.upstream_rq_retry_overflow") > 0
