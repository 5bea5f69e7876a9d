"""Pieces of a program that somebody wrote with tritonclient, for Triton."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput, InferResult, service_pb2_grpc
from tritonclient.grpc import service_pb2 as pb
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

LIMIT_S = 20
Array = np.ndarray[Any, Any]


def inputs(arrays: Mapping[str, Array]) -> list[InferInput]:
    """The inputs of a request."""
    made = []
    for name, array in arrays.items():
        tensor = InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        tensor.set_data_from_numpy(array)
        made.append(tensor)
    return made


def infer(
    client: InferenceServerClient,
    model: str,
    arrays: Mapping[str, Array],
    version: str = "",
    outputs: Sequence[str] = (),
) -> InferResult:
    """One request with raw contents."""
    asked = [InferRequestedOutput(name) for name in outputs] or None
    return client.infer(model, inputs(arrays), model_version=version, outputs=asked, client_timeout=LIMIT_S)


def scale_inputs(rows: int = 1, seed: int = 0) -> dict[str, Array]:
    """Inputs of the model `scale`."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows, 4)).astype(np.float32)
    return {"x": x, "k": random.integers(-(2**60), 2**60, (rows, 2))}


def factor(client: InferenceServerClient, model: str, version: str = "") -> float:
    """What the version of the model `scale` multiplies by."""
    result = infer(client, model, {"x": np.ones((1, 4), np.float32), "k": np.ones((1, 2), np.int64)}, version)
    return float(result.as_numpy("y")[0, 0])


def send(client: InferenceServerClient, request: pb.ModelInferRequest) -> pb.ModelInferResponse:
    """A request that tritonclient would not make."""
    stub: service_pb2_grpc.GRPCInferenceServiceStub = client._client_stub
    answer: pb.ModelInferResponse = stub.ModelInfer(request, timeout=LIMIT_S)
    return answer


def states(client: InferenceServerClient, model: str) -> dict[str, str]:
    """State by version, from the index."""
    return {row.version: row.state for row in client.get_model_repository_index().models if row.name == model}


def refused(work: Callable[[], object]) -> tuple[str, str]:
    """Code and sentence of a refusal, without what Triton alone puts around the sentence."""
    with pytest.raises((InferenceServerException, grpc.RpcError)) as caught:
        work()
    if isinstance(caught.value, InferenceServerException):
        code, said = str(caught.value.status()).removeprefix("StatusCode."), str(caught.value.message())
    else:
        code, said = caught.value.code().name, str(caught.value.details())
    return code, said.removeprefix("[request id: <id_unknown>] ")
