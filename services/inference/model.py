"""One loaded version of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tritonclient.grpc import model_config_pb2 as pb

from services.inference import tensors
from services.inference.config import BrokenModel
from services.inference.errors import InferenceError, invalid
from services.inference.statistics import Statistics
from services.inference.tensors import Array

WARM_UP_RUNS = 3


@dataclass
class Spec:
    """An input or output."""

    name: str
    datatype: str
    dims: tuple[int, ...]
    """Without the batch's; -1 is any."""


class ModelVersion:
    """An ONNX Runtime session that fits its configuration."""

    def __init__(self, config: pb.ModelConfig, version: int, file: Path) -> None:
        """Loads the file and runs it once.

        Raises:
            BrokenModel: the file is missing or broken, or does not fit the configuration.
        """
        self.config = config
        self.version = version
        self.stamp = stamp(file)
        self.inputs = [Spec(i.name, tensors.datatype(i.data_type), tuple(i.dims)) for i in config.input]
        self.outputs = [Spec(o.name, tensors.datatype(o.data_type), tuple(o.dims)) for o in config.output]
        self.statistics = Statistics()
        self._session = _session(config, version, file)
        self._check()
        self._warm_up()

    @property
    def batched(self) -> bool:
        """Whether the first dimension is a batch."""
        return bool(self.config.max_batch_size > 0)

    def check(self, given: Mapping[str, tuple[str, Array]]) -> dict[str, Array]:
        """The arrays of a request that fits the model.

        Raises:
            InferenceError: an input is missing, unknown, or of the wrong type or shape.
        """
        self._check_names(given)
        of_model = f"for model '{self.config.name}'"
        for spec in self.inputs:
            kind = given[spec.name][0]
            if kind != spec.datatype:
                raise invalid(
                    f"inference input '{spec.name}' data-type is '{kind}', "
                    f"but model '{self.config.name}' expects '{spec.datatype}'"
                )
        arrays = {spec.name: given[spec.name][1] for spec in self.inputs}
        if self.batched:
            self._check_batch(arrays)
        for spec in self.inputs:
            shape = arrays[spec.name].shape
            full = (-1, *spec.dims) if self.batched else spec.dims
            if len(shape) != len(full) or any(want not in (-1, got) for got, want in zip(shape, full, strict=True)):
                raise invalid(
                    f"unexpected shape for input '{spec.name}' {of_model}. "
                    f"Expected {_brackets(full)}, got {_brackets(shape)}"
                )
        return arrays

    def run(self, inputs: dict[str, Array], outputs: list[str]) -> list[Array]:
        """Runs the model; called in a thread.

        Raises:
            InferenceError: the model refuses the values, such as an index out of range.
        """
        try:
            feed = {name: _text(array) if array.dtype == np.object_ else array for name, array in inputs.items()}
            return list(self._session.run(outputs, feed))
        except UnicodeDecodeError:
            raise invalid("a string input is not UTF-8") from None
        except Exception:
            raise invalid(f"model '{self.config.name}' cannot compute this input") from None

    def _check_names(self, given: Mapping[str, object]) -> None:
        known = {spec.name for spec in self.inputs}
        if len(given) != len(known):
            missing = ",".join(f"'{name}'" for name in sorted(known - set(given)))
            raise invalid(
                f"expected {len(known)} inputs but got {len(given)} inputs for model '{self.config.name}'. "
                f"Missing required input(s): [{missing}]"
            )
        if unknown := set(given) - known:
            raise invalid(f"unexpected inference input '{min(unknown)[:200]}' for model '{self.config.name}'")

    def _check_batch(self, arrays: Mapping[str, Array]) -> None:
        sizes = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
        size, most = next(iter(sizes.values())), self.config.max_batch_size
        if other := next((name for name in sizes if sizes[name] != size), None):
            raise invalid(f"input '{other}' batch size does not match other inputs for '{self.config.name}'")
        if not 1 <= size <= most:
            why = f"<= {most}" if size else ">= 1"
            raise invalid(f"inference request batch-size must be {why} for '{self.config.name}'")

    def _check(self) -> None:
        in_file = {i.name: i.type for i in self._session.get_inputs()}
        out_file = {o.name for o in self._session.get_outputs()}
        if set(in_file) != {spec.name for spec in self.inputs}:
            raise BrokenModel(f"the inputs of the file are {sorted(in_file)}, not those of the configuration")
        if missing := {spec.name for spec in self.outputs} - out_file:
            raise BrokenModel(f"the file has no output {min(missing)}")

    def _warm_up(self) -> None:
        """Runs on zeros: the first run allocates, and a file whose types do not fit fails here and not later."""
        given = {s.name: _zeros(self._smallest(s), s.datatype) for s in self.inputs}
        try:
            for _ in range(WARM_UP_RUNS):
                self.run(given, [spec.name for spec in self.outputs])
        except InferenceError:
            raise BrokenModel("the file cannot compute inputs of the configured types and shapes") from None

    def _smallest(self, spec: Spec) -> list[int]:
        """A shape that fits: what the configuration leaves open is as the file has it, or else 1."""
        whole = next(i.shape for i in self._session.get_inputs() if i.name == spec.name)
        own = whole[self.batched :]
        in_file = own if len(own) == len(spec.dims) else [1] * len(spec.dims)
        open_to = [size if isinstance(size, int) and size > 0 else 1 for size in in_file]
        return [1] * self.batched + [d if d > 0 else free for d, free in zip(spec.dims, open_to, strict=True)]


def stamp(file: Path) -> tuple[int, int]:
    """Changes when the file does."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _session(config: pb.ModelConfig, version: int, file: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    # With two threads the tower took twice the CPU at half the rate.
    options.intra_op_num_threads = _threads(config)
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not file.is_file():
        raise BrokenModel(f"version {version} has no {file.name}")
    try:
        return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception:
        raise BrokenModel(f"{file.name} of version {version} is not an ONNX model that this server can run") from None


def _threads(config: pb.ModelConfig) -> int:
    # Reading a key of this map that is not there would put it there, and the model would look changed at its next load.
    if "intra_op_thread_count" not in config.parameters:
        return 1
    text = config.parameters["intra_op_thread_count"].string_value
    if not text.isdecimal() or not 0 < int(text) <= 1024:
        raise BrokenModel(f"the parameter intra_op_thread_count is '{text}'; it must be a number of threads")
    return int(text)


def _zeros(shape: list[int], kind: str) -> Array:
    if kind == "BYTES":
        return np.full(shape, b"", dtype=np.object_)
    return np.zeros(shape, tensors.DTYPES[kind])


def _text(array: Array) -> Array:
    flat = [value.decode() if isinstance(value, bytes) else value for value in array.reshape(-1)]
    text = np.empty(len(flat), dtype=np.object_)
    text[:] = flat
    return text.reshape(array.shape)


def _brackets(shape: Sequence[int]) -> str:
    return f"[{','.join(map(str, shape))}]"
