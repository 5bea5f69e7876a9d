"""What callers notice when a part behind the gateway is slow or gone."""

import threading

import grpc
import httpx
import pytest
from aisle.catalog.v1 import product_service_pb2
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub

from tests.gateway.conftest import Shop, bearer
from tests.gateway.test_rest import error
from tests.support.mesh import wait_until


@pytest.mark.parametrize("name", ["slow", "stubborn"])
def test_a_call_that_takes_too_long(shop: Shop, name: str) -> None:
    assert error(shop.http.get(f"/v1/categories/{name}"), 504, 4)["reason"] == "DEADLINE_EXCEEDED"


def test_a_service_that_is_gone_and_comes_back(shop: Shop) -> None:
    for port in shop.catalog_ports:
        shop.standins.stop(port)
    try:
        shop.wait_for_replicas("catalog", 0)
        assert error(shop.http.get("/v1/products/a"), 503, 14)["reason"] == "UPSTREAM_UNAVAILABLE"
        with grpc.insecure_channel(shop.envoy.address) as channel, pytest.raises(grpc.RpcError) as refused:
            ProductServiceStub(channel).GetProduct(product_service_pb2.GetProductRequest(name="products/a"))
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert shop.http.get("/healthz").status_code == 503
        shop.visitor()  # the other services go on
    finally:
        for port in shop.catalog_ports:
            shop.standins.start("catalog", port)
        shop.wait_for_replicas("catalog", 2)
    wait_until(lambda: shop.http.get("/v1/products/a").status_code == 200, 10, "the catalogue to answer again")
    assert shop.http.get("/healthz").status_code == 200


# An answer that has begun cannot be had from another replica.
BEGUN = "upstream_reset_after_response_started"


def test_reads_go_on_when_one_of_two_replicas_is_killed(shop: Shop) -> None:
    session = shop.shopper()
    answers: list[httpx.Response] = []
    stop = threading.Event()

    def read() -> None:
        with httpx.Client(base_url=shop.envoy.url, trust_env=False) as http:
            while not stop.is_set():
                answers.append(http.get("/v1/users/me", headers=bearer(session)))

    readers = [threading.Thread(target=read) for _ in range(4)]
    retried = shop.envoy.counter("cluster.users.upstream_rq_retry")
    for reader in readers:
        reader.start()
    try:
        wait_until(lambda: len(answers) > 20, 60, "the first answers")
        shop.users[0].kill()
        before = len(answers)
        wait_until(lambda: len(answers) > before + 100, 60, "answers of the replica that is left")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        shop.users[0].start()
        shop.users[0].wait()
        shop.wait_for_replicas("users", 2)
    failed = [answer.headers["x-request-id"] for answer in answers if answer.status_code != 200]
    lines = [shop.envoy.access(request_id) for request_id in failed]
    assert [line for line in lines if not str(line["details"]).startswith(BEGUN)] == []
    assert len(failed) <= len(readers)
    assert shop.envoy.counter("cluster.users.upstream_rq_retry") > retried


def test_what_one_service_answers_takes_no_replica_out(shop: Shop) -> None:
    for _ in range(4):
        error(shop.http.get("/v1/categories/slow"), 504, 4)
    assert shop.envoy.counter("cluster.catalog.outlier_detection.ejections_active") == 0
