"""gRPC and gRPC-Web on the port that REST has."""

import base64
import re
import struct
from pathlib import Path
from subprocess import run

import grpc
import pytest
from aisle.catalog.v1 import product_pb2, product_service_pb2
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from aisle.users.v1 import account_service_pb2
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway import contracts
from tests.gateway.conftest import SIGN_INS, Shop, bearer
from tests.gateway.envoy import BIN

GET_PRODUCT = "/aisle.catalog.v1.ProductService/GetProduct"


def test_a_call_with_a_token(shop: Shop, channel: grpc.Channel) -> None:
    session = shop.shopper()
    stub, me = AccountServiceStub(channel), account_service_pb2.GetAccountRequest(name="users/me")
    account = stub.GetAccount(me, metadata=tuple(bearer(session).items()))
    assert account.name == session["subject"]
    for metadata in (None, (("authorization", "Bearer x"),)):
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetAccount(me, metadata=metadata)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_an_error_carries_its_details(shop: Shop, channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        ProductServiceStub(channel).GetProduct(product_service_pb2.GetProductRequest(name="products/none"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    trailers = dict(refused.value.trailing_metadata())
    info = error_details_pb2.ErrorInfo()
    status_pb2.Status.FromString(trailers["grpc-status-details-bin"]).details[0].Unpack(info)
    assert info.reason == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    "path", ["/aisle.search.v1.SearchService/Search", "/aisle.catalog.v1.ProductService/No", "/a.B/C"]
)
def test_an_unknown_method_is_unimplemented(channel: grpc.Channel, path: str) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_too_many_sign_ins_exhaust_the_resource(shop: Shop, channel: grpc.Channel, quiet: None) -> None:
    log_in = channel.unary_unary("/aisle.users.v1.SessionService/LogIn")
    codes = set()
    for _ in range(3 * SIGN_INS):
        with pytest.raises(grpc.RpcError) as refused:
            log_in(b"")
        codes.add(refused.value.code())
    assert codes == {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}


def test_reflection_describes_the_whole_shop(shop: Shop) -> None:
    listed = grpcurl(shop, "list").split()
    served = {method.service for method in contracts.methods() if method.domain in shop.envoy.gateway.clusters}
    assert set(listed) == served | {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    for service in served:
        assert "rpc " in grpcurl(shop, "describe", service)


def test_a_call_by_hand_needs_no_contract_at_hand(shop: Shop) -> None:
    said = grpcurl(shop, "-d", '{"name": "products/a"}', GET_PRODUCT.lstrip("/"))
    assert '"title": "A lamp"' in said


def grpcurl(shop: Shop, *arguments: str) -> str:
    """Runs grpcurl against the gateway. Its options come first, then the address, then what to do."""
    program = Path(BIN) / "grpcurl"
    options, words = (arguments[:2], arguments[2:]) if arguments[0] == "-d" else ((), arguments)
    done = run(
        [str(program), "-plaintext", *options, shop.envoy.address, *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_health_is_that_of_the_service_which_is_named(shop: Shop, channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for name in (
        "",
        "aisle.users.v1.SessionService",
        "aisle.catalog.v1.ProductService",
        "aisle.recs.v1.RecommendationService",
    ):
        reply = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
        watch = health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        watch.cancel()
    for unknown in ("aisle.search.v1.SearchService", "nobody"):
        with pytest.raises(grpc.RpcError) as refused:
            health.Check(health_pb2.HealthCheckRequest(service=unknown), timeout=5)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def frame(message: bytes) -> bytes:
    return struct.pack(">BI", 0, len(message)) + message


def frames(body: bytes) -> list[tuple[int, bytes]]:
    """(flags, content) of each frame; the flag 0x80 marks the trailers."""
    found = []
    while body:
        flags, size = struct.unpack(">BI", body[:5])
        found.append((flags, body[5 : 5 + size]))
        body = body[5 + size :]
    return found


@pytest.mark.parametrize("text", [False, True])
def test_grpc_web(shop: Shop, text: bool) -> None:
    kind = "application/grpc-web-text" if text else "application/grpc-web+proto"
    message = frame(product_service_pb2.GetProductRequest(name="products/a").SerializeToString())
    headers = {"content-type": kind, "accept": kind, "x-grpc-web": "1"}
    answer = shop.http.post(GET_PRODUCT, content=base64.b64encode(message) if text else message, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    # As text, every frame is base64 of its own.
    parts = re.findall(rb"[A-Za-z0-9+/]+=*", answer.content) if text else []
    body = b"".join(base64.b64decode(part) for part in parts) if text else answer.content
    (_, product), (flags, trailers) = frames(body)
    assert product_pb2.Product.FromString(product).title == "A lamp"
    assert flags & 0x80
    assert b"grpc-status:0" in trailers.replace(b" ", b"")


def test_grpc_web_errors(shop: Shop) -> None:
    message = frame(product_service_pb2.GetProductRequest(name="products/none").SerializeToString())
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}
    answer = shop.http.post(GET_PRODUCT, content=message, headers=headers)
    trailers = (
        answer.headers.get("grpc-status")
        or dict(line.split(":", 1) for line in frames(answer.content)[-1][1].decode().splitlines())["grpc-status"]
    )
    assert trailers.strip() == "5"
