import itertools
from contextlib import suppress
from typing import Any

import grpc
import numpy as np
import pytest
from tritonclient.grpc import InferInput
from tritonclient.grpc import service_pb2 as pb
from tritonclient.utils import deserialize_bytes_tensor

from services.inference import tensors
from services.inference.errors import InferenceError

NUMBERS = [kind for kind in tensors.DTYPES if kind != "BYTES"]


def raw(kind: str, shape: list[int], data: bytes) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name="m", raw_input_contents=[data])
    request.inputs.add(name="x", datatype=kind, shape=shape)
    return request


def typed(kind: str, shape: list[int], **contents: Any) -> pb.ModelInferRequest:
    request = pb.ModelInferRequest(model_name="m")
    request.inputs.add(name="x", datatype=kind, shape=shape, contents=pb.InferTensorContents(**contents))
    return request


def refusal(request: pb.ModelInferRequest) -> str:
    with pytest.raises(InferenceError) as refused:
        tensors.read_inputs(request)
    assert refused.value.code == grpc.StatusCode.INVALID_ARGUMENT
    return refused.value.message


@pytest.mark.parametrize("kind", [*NUMBERS, "BYTES"])
def test_what_a_triton_client_sends_is_read(kind: str) -> None:
    sent: Any = np.array([[0, 1, 1], [1, 0, 1]]).astype(tensors.DTYPES[kind])
    if kind == "BYTES":
        sent = np.array([["", "a", "größe"], ["\0", "b" * 1000, "c"]], dtype=np.object_)
    tensor = InferInput("x", [2, 3], kind)
    tensor.set_data_from_numpy(sent)
    request = pb.ModelInferRequest(inputs=[tensor._get_tensor()], raw_input_contents=[tensor._get_content()])
    ((found_kind, found),) = tensors.read_inputs(request).values()
    assert (found_kind, found.dtype, found.shape) == (kind, tensors.DTYPES[kind], (2, 3))
    want = [text.encode() for text in sent.reshape(-1)] if kind == "BYTES" else sent.reshape(-1).tolist()
    assert found.reshape(-1).tolist() == want


@pytest.mark.parametrize("kind", [kind for kind in [*NUMBERS, "BYTES"] if kind != "FP16"])
def test_typed_contents_are_read(kind: str) -> None:
    values: list[Any] = [b"", b"red"] if kind == "BYTES" else [0, 1]
    ((_, found),) = tensors.read_inputs(typed(kind, [2, 1], **{tensors.CONTENTS[kind]: values})).values()
    assert (found.dtype, found.shape) == (tensors.DTYPES[kind], (2, 1))
    assert found.reshape(-1).tolist() == values


def test_what_is_written_is_what_a_triton_client_reads() -> None:
    text = np.array([["", "größe"], [b"a", b"\xff"]], dtype=np.object_)
    assert deserialize_bytes_tensor(tensors.write(text)).tolist() == [b"", "größe".encode(), b"a", b"\xff"]
    turned = np.arange(6, dtype=np.float32).reshape(2, 3).T
    assert tensors.write(turned) == b"".join(np.float32(value).tobytes() for value in (0, 3, 1, 4, 2, 5))


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (raw("FP32", [2], b"\0" * 7), "Expected 8, got 7"),
        (raw("FP32", [2], b"\0" * 9), "Expected 8, got 9"),
        (raw("FP32", [2], b""), "Expected 8, got 0"),
        (raw("FP32", [2**40, 2**40], b"\0" * 8), "got 8"),
        (raw("FP32", [0, 2**62, 2**62], b""), "a shape that no tensor can have"),
        (raw("FP32", [1] * 100, b"\0" * 4), "a shape that no tensor can have"),
        (raw("FP32", [-1], b"\0" * 4), "negative size"),
        (raw("FP31", [1], b"\0" * 4), "unknown data-type 'FP31'"),
        (raw("BYTES", [1], b"\1\0\0"), "incomplete string length indicator"),
        (raw("BYTES", [1], b"\5\0\0\0ab"), "expecting string of length 5 but only 2 bytes available"),
        (raw("BYTES", [2], b"\1\0\0\0a"), "expected 2 string elements for inference input 'x' for model 'm', got 1"),
        (raw("BYTES", [2**50], b"\1\0\0\0a"), "got 1"),
        (raw("BYTES", [1], b"\0\0\0\0" * 2), "unexpected number of string elements"),
        (typed("FP32", [2], fp32_contents=[1.0]), "Expected 8, got 4"),
        (typed("FP32", [2]), "unable to find data for input tensor 'x'"),
        (typed("FP32", [1], fp64_contents=[1.0]), "of type 'FP64', expected datatype 'FP32'"),
        (typed("FP16", [1], fp32_contents=[1.0]), "of type 'FP32', expected datatype 'FP16'"),
        (typed("INT8", [1], int_contents=[1000]), "a value that is no INT8"),
    ],
)
def test_data_that_does_not_fit_is_refused(request_: pb.ModelInferRequest, said: str) -> None:
    assert said in refusal(request_)


def test_data_must_come_one_way_for_each_input() -> None:
    both = typed("FP32", [1], fp32_contents=[1.0])
    both.raw_input_contents.append(b"\0" * 4)
    assert "contents field must not be specified" in refusal(both)
    few = raw("FP32", [1], b"\0" * 4)
    few.inputs.add(name="y", datatype="FP32", shape=[1])
    assert "unable to find data for input tensor 'y'" in refusal(few)
    twice = raw("FP32", [1], b"\0" * 4)
    twice.inputs.append(twice.inputs[0])
    twice.raw_input_contents.append(b"\0" * 4)
    assert "already exists" in refusal(twice)
    many = raw("FP32", [1], b"\0" * 4)
    many.raw_input_contents.append(b"")
    assert "2 raw inputs for 1" in refusal(many)


def test_no_bytes_bring_anything_but_a_refusal() -> None:
    """Every mutilation of a good string tensor is read or refused, and nothing else is raised."""
    good = b"\3\0\0\0red\4\0\0\0blue"
    cut = [good[:end] for end in range(len(good))]
    bent = [good[:at] + bytes([value]) + good[at + 1 :] for at, value in itertools.product(range(len(good)), (0, 255))]
    for data, shape in itertools.product([*cut, *bent], ([2], [1], [0], [2, 1])):
        with suppress(InferenceError):
            tensors.read_inputs(raw("BYTES", shape, data))
