"""Tensors of the protocol to numpy and back."""

import struct
from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np
from tritonclient.grpc import model_config_pb2, service_pb2

from services.inference.errors import InferenceError, invalid

Array = np.ndarray[Any, Any]
Tensor: TypeAlias = service_pb2.ModelInferRequest.InferInputTensor
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
"""Where a typed tensor keeps its values; FP16 travels raw only."""


def datatype(config_type: int) -> str:
    """The protocol's name of a configuration's data type: TYPE_STRING is BYTES."""
    name = model_config_pb2.DataType.Name(config_type).removeprefix("TYPE_")
    return "BYTES" if name == "STRING" else name


def read_inputs(request: service_pb2.ModelInferRequest) -> dict[str, tuple[str, Array]]:
    """(data type, array) of each input by name.

    Raises:
        InferenceError: a tensor's data does not fit its shape or type.
    """
    raw, model = request.raw_input_contents, request.model_name
    if raw and len(raw) > len(request.inputs):
        raise invalid(f"{len(raw)} raw inputs for {len(request.inputs)} input tensors of model '{model}'")
    found: dict[str, tuple[str, Array]] = {}
    for i, tensor in enumerate(request.inputs):
        where = f"'{tensor.name[:200]}' for model '{model}'"
        if tensor.name in found:
            raise invalid(f"input '{tensor.name[:200]}' already exists in request")
        if raw and i >= len(raw):
            raise invalid(f"unable to find data for input tensor {where} in request.")
        found[tensor.name] = tensor.datatype, _read(tensor, raw[i] if raw else None, where)
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


def _read(tensor: Tensor, raw: bytes | None, where: str) -> Array:
    kind, shape = tensor.datatype, tuple(tensor.shape)
    if kind not in DTYPES:
        raise invalid(f"inference input {where} has the unknown data-type '{kind[:40]}'")
    if any(size < 0 for size in shape):
        raise invalid(f"inference input {where} has a negative size in its shape {list(shape)}")
    count = prod(shape)
    if raw is None:
        values = _typed(tensor, count, where)
    elif tensor.HasField("contents"):
        raise invalid(f"contents field must not be specified when using raw_input_contents for {where}")
    elif kind == "BYTES":
        values = _strings(raw, count, where)
    else:
        wanted = count * np.dtype(DTYPES[kind]).itemsize
        if len(raw) != wanted:
            raise _size(wanted, len(raw), where)
        values = np.frombuffer(raw, DTYPES[kind]) if raw else np.zeros(0, DTYPES[kind])
    try:
        return values.reshape(shape)
    except ValueError:
        raise invalid(f"inference input {where} has a shape that no tensor can have") from None


def _typed(tensor: Tensor, count: int, where: str) -> Array:
    kind = tensor.datatype
    mine = CONTENTS.get(kind)
    given = [field.name for field, _ in tensor.contents.ListFields()]
    if not given:
        raise invalid(f"unable to find data for input tensor {where} in request.")
    if given != [mine]:
        other = next(name for name in given if name != mine)
        raise invalid(
            f"unexpected explicit tensor data for input tensor {where} of type "
            f"'{other.removesuffix('_contents').upper()}', expected datatype '{kind}'"
        )
    values: Sequence[Any] = getattr(tensor.contents, str(mine))
    if len(values) != count:
        size = 1 if kind == "BYTES" else np.dtype(DTYPES[kind]).itemsize
        raise _size(count * size, len(values) * size, where)
    try:
        return np.array(values, dtype=DTYPES[kind])
    except (ValueError, OverflowError):
        raise invalid(f"inference input {where} has a value that is no {kind}") from None


def _strings(raw: bytes, count: int, where: str) -> Array:
    """Reads length-prefixed strings: four bytes of little-endian length, then the bytes."""
    found: list[bytes] = []
    at = 0
    # By what is there, and not by what the shape claims: a shape costs a caller nothing.
    while at < len(raw):
        if at + 4 > len(raw):
            raise invalid(f"incomplete string length indicator for inference input {where}, {len(raw) - at} bytes left")
        (size,) = struct.unpack_from("<I", raw, at)
        at += 4
        if at + size > len(raw):
            raise invalid(
                f"incomplete string data for inference input {where}, "
                f"expecting string of length {size} but only {len(raw) - at} bytes available"
            )
        found.append(raw[at : at + size])
        at += size
        if len(found) > count:
            raise invalid(f"unexpected number of string elements for inference input {where}, expecting {count}")
    if len(found) < count:
        raise invalid(f"expected {count} string elements for inference input {where}, got {len(found)}")
    values = np.empty(count, dtype=np.object_)
    values[:] = found
    return values


def _size(wanted: int, got: int, where: str) -> InferenceError:
    return invalid(f"input byte size mismatch for input {where}. Expected {wanted}, got {got}")
