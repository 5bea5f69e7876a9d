"""The backend "onnxruntime" for a Triton that was built without it: a Python-based backend.

Triton's own Python runs this file in an environment of its own, so nothing of Aisle can be imported here.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as pb_utils  # type: ignore[import-not-found]

Array = np.ndarray[Any, Any]
DTYPES: dict[str, Any] = {
    "TYPE_BOOL": np.bool_,
    "TYPE_UINT8": np.uint8,
    "TYPE_UINT16": np.uint16,
    "TYPE_UINT32": np.uint32,
    "TYPE_UINT64": np.uint64,
    "TYPE_INT8": np.int8,
    "TYPE_INT16": np.int16,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
}
WARM_UP_RUNS = 3


class TritonPythonModel:
    """One instance of one version of an ONNX model."""

    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        """Leaves the configuration as it is: it names every input and output."""
        return config

    def initialize(self, args: dict[str, str]) -> None:
        """Loads the file, holds it to the configuration, and runs it on zeros.

        Raises:
            TritonModelException: the file is missing or broken, or does not fit the configuration.
        """
        config = json.loads(args["model_config"])
        self._name = args["model_name"]
        self._outputs = [output["name"] for output in config["output"]]
        folder, version = Path(args["model_repository"]), args["model_version"]
        file = folder / version / (config.get("default_model_filename") or "model.onnx")
        self._session = _session(file, version, config)
        self._check({spec["name"] for spec in config["input"]})
        self._warm_up(config)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answers the requests that Triton's dynamic batcher put together; a bad one does not take others with it."""
        feeds: list[dict[str, Array]] = []
        errors: dict[int, str] = {}
        for number, request in enumerate(requests):
            feed = {tensor.name(): tensor.as_numpy() for tensor in request.inputs()}
            try:
                feeds.append({name: _text(array) for name, array in feed.items()})
            except UnicodeDecodeError:
                feeds.append({})
                errors[number] = "a string input is not UTF-8"
        good = [number for number in range(len(requests)) if number not in errors]
        found = self._compute([feeds[number] for number in good])
        answers: dict[int, Any] = {number: _refusal(why) for number, why in errors.items()}
        for number, arrays in zip(good, found, strict=True):
            answers[number] = self._answer(requests[number], arrays)
        return [answers[number] for number in range(len(requests))]

    def _compute(self, feeds: list[dict[str, Array]]) -> list[list[Array] | None]:
        """The outputs of each request; None where the model cannot compute them."""
        if not feeds:
            return []
        together = (
            {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]} if feeds[1:] else feeds[0]
        )
        try:
            found = self._session.run(self._outputs, together)
        except Exception:
            return [self._compute([feed])[0] for feed in feeds] if feeds[1:] else [None]
        if not feeds[1:]:
            return [found]
        ends = np.cumsum([len(next(iter(feed.values()))) for feed in feeds])[:-1]
        return [list(parts) for parts in zip(*(np.split(array, ends) for array in found), strict=True)]

    def _answer(self, request: Any, arrays: list[Array] | None) -> Any:
        if arrays is None:
            return _refusal(f"model '{self._name}' cannot compute this input")
        asked = set(request.requested_output_names())
        named = zip(self._outputs, arrays, strict=True)
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, array) for name, array in named if name in asked])

    def _check(self, wanted: set[str]) -> None:
        inputs = {tensor.name for tensor in self._session.get_inputs()}
        if inputs != wanted:
            raise _broken(f"the inputs of the file are {sorted(inputs)}, not those of the configuration")
        if missing := set(self._outputs) - {tensor.name for tensor in self._session.get_outputs()}:
            raise _broken(f"the file has no output {min(missing)}")

    def _warm_up(self, config: dict[str, Any]) -> None:
        batched = config["max_batch_size"] > 0
        feed = {spec["name"]: _zeros(spec["data_type"], self._smallest(spec, batched)) for spec in config["input"]}
        try:
            for _ in range(WARM_UP_RUNS):
                self._session.run(self._outputs, feed)
        except Exception:
            raise _broken("the file cannot compute inputs of the configured types and shapes") from None

    def _smallest(self, spec: dict[str, Any], batched: bool) -> list[int]:
        """A shape that fits: what the configuration leaves open is as the file has it, or else 1."""
        whole = next(tensor.shape for tensor in self._session.get_inputs() if tensor.name == spec["name"])
        own, dims = whole[batched:], spec["dims"]
        in_file = own if len(own) == len(dims) else [1] * len(dims)
        open_to = [size if isinstance(size, int) and size > 0 else 1 for size in in_file]
        return [1] * batched + [size if size > 0 else free for size, free in zip(dims, open_to, strict=True)]


def _session(file: Path, version: str, config: dict[str, Any]) -> ort.InferenceSession:
    options = ort.SessionOptions()
    threads = config.get("parameters", {}).get("intra_op_thread_count", {}).get("string_value", "1")
    # With two threads the tower took twice the CPU at half the rate.
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if not file.is_file():
        raise _broken(f"version {version} has no {file.name}")
    try:
        return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception:
        raise _broken(f"{file.name} of version {version} is not an ONNX model that this server can run") from None


def _broken(why: str) -> Exception:
    error: Exception = pb_utils.TritonModelException(why)
    return error


def _refusal(why: str) -> Any:
    error = pb_utils.TritonError(why, pb_utils.TritonError.INVALID_ARG)
    return pb_utils.InferenceResponse(output_tensors=[], error=error)


def _zeros(data_type: str, shape: list[int]) -> Array:
    return np.full(shape, "", np.object_) if data_type == "TYPE_STRING" else np.zeros(shape, DTYPES[data_type])


def _text(array: Array) -> Array:
    if array.dtype != np.object_:
        return array
    text = np.empty(array.size, dtype=np.object_)
    text[:] = [value.decode() for value in array.reshape(-1)]
    return text.reshape(array.shape)
