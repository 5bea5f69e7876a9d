"""What the embedded server promises beyond what Triton does."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import InferenceServerClient, service_pb2
from tritonclient.grpc import service_pb2 as pb
from tritonclient.utils import InferenceServerException

from local.settings import ROOT
from tests.integration.inference.programs import factor, inputs, scale_inputs
from tests.integration.inference.servers import Server
from tests.support import models
from tests.support.mesh import wait_until

SERVICE = service_pb2.DESCRIPTOR.services_by_name["GRPCInferenceService"]
UNARY = [method.name for method in SERVICE.methods if not method.client_streaming]
ALLOWED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.UNIMPLEMENTED,
}


@pytest.fixture
def embedded(tmp_path: Path) -> Server:
    models.write(tmp_path / "repository", "m", models.SCALE, {1: models.scale(2.0)})
    return Server("embedded", tmp_path / "repository", tmp_path / "log")


def call(channel: grpc.Channel, method: str, data: bytes) -> tuple[grpc.StatusCode, str]:
    send = channel.unary_unary(f"/inference.GRPCInferenceService/{method}", _bytes, _bytes)
    try:
        send(data, timeout=20)
    except grpc.RpcError as error:
        return error.code(), str(error.details())
    return grpc.StatusCode.OK, ""


def test_malformed_messages_are_refused_and_nothing_leaks(embedded: Server) -> None:
    request = pb.ModelInferRequest(model_name="m")
    for tensor in inputs(scale_inputs()):
        request.inputs.append(tensor._get_tensor())
        request.raw_input_contents.append(tensor._get_content())
    good = request.SerializeToString()
    dice = random.Random(7)
    mutated = [b"\xff\xff\xff", good[:-1], good[: len(good) // 2]]
    for _ in range(400):
        data = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        mutated.append(bytes(data[: dice.randint(1, len(data))]) if dice.random() < 0.3 else bytes(data))
    with embedded, grpc.insecure_channel(embedded.address) as channel:
        for method in UNARY:
            code, said = call(channel, method, b"\xff\xff\xff")
            assert (code, said) == (grpc.StatusCode.INVALID_ARGUMENT, "the request is not a valid message")
        for data in mutated:
            code, said = call(channel, "ModelInfer", data)
            assert code in ALLOWED, (data, code, said)
            assert not any(word in said for word in ("Traceback", "Error", str(ROOT), str(embedded.repository)))
        with InferenceServerClient(embedded.address) as client:
            assert factor(client, "m") == 2.0


def test_what_is_not_there_is_unimplemented(embedded: Server) -> None:
    with embedded, grpc.insecure_channel(embedded.address) as channel:
        for method in ("SystemSharedMemoryStatus", "CudaSharedMemoryRegister", "TraceSetting", "LogSettings"):
            code, said = call(channel, method, b"")
            assert (code, said) == (grpc.StatusCode.UNIMPLEMENTED, f"{method} is not implemented")
        client = InferenceServerClient(embedded.address)
        with client, pytest.raises(InferenceServerException, match="takes no files") as refused:
            client.load_model("m", config="{}", files={"file:1/model.onnx": b"x"})
        assert refused.value.status() == "StatusCode.UNIMPLEMENTED"


def test_no_request_is_lost_when_it_is_told_to_stop(embedded: Server) -> None:
    """Callers that turn away once it says that it is not ready, as balancers do, get an answer to every request."""
    embedded.drain_s = 2.0
    embedded.start()
    warm, answered, failed = threading.Event(), list[float](), list[Exception]()

    def ask() -> None:
        with InferenceServerClient(embedded.address) as client:
            try:
                while client.is_server_ready():
                    answered.append(factor(client, "m"))
                    if len(answered) > 50:
                        warm.set()
            except InferenceServerException as error:
                failed.append(error)

    callers = [threading.Thread(target=ask) for _ in range(4)]
    for caller in callers:
        caller.start()
    assert warm.wait(30)
    assert embedded.stop() == 0
    for caller in callers:
        caller.join()
    assert failed == []
    assert set(answered) == {2.0}


def test_health_says_so_before_the_server_ends(embedded: Server) -> None:
    embedded.drain_s = 3.0
    embedded.start()
    with grpc.insecure_channel(embedded.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        check = health_pb2.HealthCheckRequest(service="inference.GRPCInferenceService")
        assert stub.Check(check, timeout=10).status == health_pb2.HealthCheckResponse.SERVING
        os.kill(embedded.pid, signal.SIGTERM)
        wait_until(lambda: embedded.get("/v2/health/ready") == 503, 10)
        assert embedded.get("/v2/health/live") == 200
        assert stub.Check(check, timeout=10).status == health_pb2.HealthCheckResponse.NOT_SERVING
        with InferenceServerClient(embedded.address) as client:
            assert not client.is_server_ready()
            assert factor(client, "m") == 2.0, "who has not noticed yet is still answered"
    assert embedded.stop() == 0


def test_polling_finds_what_is_laid_into_the_folder(embedded: Server) -> None:
    embedded.control = "poll"
    with embedded, InferenceServerClient(embedded.address) as client:
        with pytest.raises(InferenceServerException, match="not allowed if polling is enabled"):
            client.load_model("m")
        models.write(embedded.repository, "m", models.SCALE, {2: models.scale(7.0)})
        wait_until(lambda: factor(client, "m") == 7.0, 20)


def test_a_missing_setting_is_a_sentence() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AISLE_")}
    done = subprocess.run(
        [sys.executable, "-m", "services.inference"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "AISLE_INFERENCE_MODEL_REPOSITORY is not set: set it." in done.stderr


def _bytes(data: bytes) -> bytes:
    return data
