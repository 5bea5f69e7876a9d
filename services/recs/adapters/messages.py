"""Tensors in messages of the Open Inference Protocol v2."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from tritonclient.grpc import service_pb2 as pb

from services.recs.ports import Vector


def add(request: pb.ModelInferRequest, name: str, datatype: str, values: np.ndarray[Any, Any]) -> None:
    """Adds an input of numbers."""
    request.inputs.add(name=name, datatype=datatype, shape=values.shape)
    request.raw_input_contents.append(values.tobytes())


def add_text(request: pb.ModelInferRequest, name: str, rows: Sequence[Sequence[str]]) -> None:
    """Adds an input of strings: each goes as four bytes of length, little-endian, then the bytes."""
    request.inputs.add(name=name, datatype="BYTES", shape=(len(rows), len(rows[0])))
    encoded = [text.encode() for row in rows for text in row]
    request.raw_input_contents.append(b"".join(struct.pack("<I", len(text)) + text for text in encoded))


def output(answer: pb.ModelInferResponse, name: str) -> Vector:
    """The float32 numbers of an output, one after the other.

    Raises:
        ValueError: there is no such output.
    """
    for i, tensor in enumerate(answer.outputs):
        if tensor.name == name:
            return np.frombuffer(answer.raw_output_contents[i], "<f4")
    raise ValueError(f"{answer.model_name} has no output {name}")
