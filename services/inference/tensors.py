"""Tensors of the protocol to numpy and back."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from tritonclient.grpc import model_config_pb2, service_pb2

from services.inference.errors import invalid

Array = np.ndarray[Any, Any]
DTYPES: dict[str, Any] = {
    "BOOL": np.bool_,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "FP16": np.float16,
    "FP32": np.float32,
    "FP64": np.float64,
    "BYTES": np.object_,
}
CONTENTS = {
    "BOOL": "bool_contents",
    "UINT8": "uint_contents",
    "UINT16": "uint_contents",
    "UINT32": "uint_contents",
    "UINT64": "uint64_contents",
    "INT8": "int_contents",
    "INT16": "int_contents",
    "INT32": "int_contents",
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}


def datatype(config_type: int) -> str:
    """The protocol's name of a configuration's data type: TYPE_STRING is BYTES."""
    name = model_config_pb2.DataType.Name(config_type).removeprefix("TYPE_")
    return "BYTES" if name == "STRING" else name


def read_inputs(request: service_pb2.ModelInferRequest) -> dict[str, tuple[str, Array]]:
    """(data type, array) of each input by name.

    Raises:
        InferenceError: a tensor's bytes do not fit its shape or type.
    """
    raw = request.raw_input_contents
    if raw and len(raw) != len(request.inputs):
        raise invalid(f"expected {len(request.inputs)} raw inputs, got {len(raw)}")
    found: dict[str, tuple[str, Array]] = {}
    for i, tensor in enumerate(request.inputs):
        if tensor.name in found:
            raise invalid(f"input '{tensor.name}' is given more than once")
        found[tensor.name] = tensor.datatype, _read(tensor, raw[i] if raw else None)
    return found


def _read(tensor: service_pb2.ModelInferRequest.InferInputTensor, raw: bytes | None) -> Array:
    kind, shape = tensor.datatype, list(tensor.shape)
    if kind not in DTYPES:
        raise invalid(f"input '{tensor.name}' has the unknown data type '{kind}'")
    if any(size < 0 for size in shape):
        raise invalid(f"input '{tensor.name}' has a negative size in its shape {shape}")
    count = 1
    for size in shape:
        count *= size
        if count > 2**28:
            raise invalid(f"input '{tensor.name}' is too large")
    if raw is not None:
        if kind == "BYTES":
            return _strings(tensor.name, raw, count).reshape(shape)
        wanted = count * np.dtype(DTYPES[kind]).itemsize
        if len(raw) != wanted:
            raise invalid(f"unexpected total byte size {len(raw)} for input '{tensor.name}', expecting {wanted}")
        return np.frombuffer(raw, DTYPES[kind]).reshape(shape)
    values: Sequence[Any] = getattr(tensor.contents, CONTENTS.get(kind, "bytes_contents"))
    if len(values) != count:
        raise invalid(f"unexpected number of elements {len(values)} for input '{tensor.name}', expecting {count}")
    try:
        return np.array(values, dtype=DTYPES[kind]).reshape(shape)
    except (ValueError, OverflowError):
        raise invalid(f"input '{tensor.name}' has a value that is no {kind}") from None


def _strings(name: str, raw: bytes, count: int) -> Array:
    """Reads length-prefixed strings: four bytes of little-endian length, then the bytes."""
    found, at = np.empty(count, dtype=np.object_), 0
    for i in range(count):
        if at + 4 > len(raw):
            raise invalid(f"incomplete string data for input '{name}': expected {count} strings, got {i}")
        (size,) = struct.unpack_from("<I", raw, at)
        if at + 4 + size > len(raw):
            raise invalid(f"incomplete string data for input '{name}': a string of {size} bytes is cut short")
        found[i] = raw[at + 4 : at + 4 + size]
        at += 4 + size
    if at != len(raw):
        raise invalid(f"unexpected bytes after the {count} strings of input '{name}'")
    return found


def write(array: Array) -> bytes:
    """An output as raw bytes."""
    if array.dtype != np.object_:
        return np.ascontiguousarray(array).tobytes()
    parts = []
    for value in array.reshape(-1):
        data = value if isinstance(value, bytes) else str(value).encode()
        parts.append(struct.pack("<I", len(data)) + data)
    return b"".join(parts)
