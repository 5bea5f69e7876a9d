"""A vector server that hangs or refuses is a sentence, after a while."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from trainers.release import index
from trainers.release.errors import ReleaseError, Unavailable
from trainers.release.index import Index

Answer = Callable[[bytes, grpc.ServicerContext], bytes]


class Milvus(grpc.GenericRpcHandler):
    """Lets who connects in, and does with every other call what it is told to."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.refuses: grpc.StatusCode | None = None

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        connects = details.method.endswith("/Connect")
        return grpc.unary_unary_rpc_method_handler(self._let_in if connects else self._stall)

    def _let_in(self, _: bytes, context: grpc.ServicerContext) -> bytes:
        return b""

    def _stall(self, _: bytes, context: grpc.ServicerContext) -> bytes:
        if self.refuses:
            context.abort(self.refuses, "auth check failure")
        self.over.wait(30)
        return b""


@pytest.fixture
def milvus(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Milvus, Index]]:
    for name in ("TIMEOUT_S", "READY_S", "FLUSH_S"):
        monkeypatch.setattr(index, name, 0.5)
    with ThreadPoolExecutor() as pool:
        stands = Milvus()
        server = grpc.server(pool, handlers=[stands])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield stands, Index(f"http://127.0.0.1:{port}")
        stands.over.set()
        server.stop(None).wait()


FAILING = {"hangs": (None, "DEADLINE_EXCEEDED"), "refuses the token": (grpc.StatusCode.UNAUTHENTICATED, "auth check")}


@pytest.mark.parametrize("failing", FAILING)
def test_a_vector_server_that_does_not_do_as_it_is_told_is_a_sentence(
    milvus: tuple[Milvus, Index], failing: str
) -> None:
    stands, vectors = milvus
    stands.refuses, said = FAILING[failing]
    with pytest.raises(Unavailable, match=f"Milvus at .* does not answer: .*{said}"):
        vectors.ready()
    with pytest.raises(ReleaseError, match=f"does not drop old item vectors: .*{said}"):
        vectors.drop(["items_r1"])
    vectors.drop_quietly("items_r1")
