"""One program, written with tritonclient for Triton, against the embedded server and the real Triton.

Both must give the same numbers, the same codes, and sentences that say the same.
"""

import shutil
import time
from collections.abc import Callable
from queue import Queue
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.grpc import service_pb2 as pb

from tests.integration.inference.conftest import load
from tests.integration.inference.programs import infer, inputs, refused, scale_inputs, send
from tests.integration.inference.servers import Server
from tests.support import models
from tests.support.mesh import wait_until

# The server and its models


def test_a_server_with_an_empty_repository_is_live_and_ready(server: Server, client: InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert server.get("/v2/health/live") == server.get("/v2/health/ready") == 200
    metadata = client.get_server_metadata()
    assert metadata.name
    assert metadata.version
    assert {"model_repository", "model_configuration", "statistics"} <= set(metadata.extensions)


def test_metadata_says_what_a_model_takes_and_gives(client: InferenceServerClient, steady: str) -> None:
    metadata = client.get_model_metadata(steady)
    assert (metadata.name, list(metadata.versions), metadata.platform) == (steady, ["1"], "onnxruntime_onnx")
    described = {tensor.name: (tensor.datatype, list(tensor.shape)) for tensor in (*metadata.inputs, *metadata.outputs)}
    assert described == {
        "x": ("FP32", [-1, 4]),
        "k": ("INT64", [-1, 2]),
        "y": ("FP32", [-1, 4]),
        "sum": ("INT64", [-1, 1]),
    }
    assert client.is_model_ready(steady)
    assert client.is_model_ready(steady, "1")
    assert not client.is_model_ready(steady, "9")
    assert not client.is_model_ready("nope")


def test_the_configuration_is_that_of_the_file(client: InferenceServerClient, steady: str) -> None:
    config = client.get_model_config(steady).config
    assert (config.name, config.backend, config.max_batch_size) == (steady, "onnxruntime", 8)
    assert config.version_policy.latest.num_versions == 2
    assert config.HasField("dynamic_batching")
    assert [list(tensor.dims) for tensor in config.input] == [[4], [2]]


# Numbers


def test_numbers_are_those_of_onnx_runtime(client: InferenceServerClient, steady: str) -> None:
    session = ort.InferenceSession(models.scale(2.0).SerializeToString())
    for rows in range(1, 9):
        sent = scale_inputs(rows, seed=rows)
        result = infer(client, steady, sent)
        for name, want in zip(("y", "sum"), session.run(["y", "sum"], sent), strict=True):
            np.testing.assert_array_equal(result.as_numpy(name), want)


def test_a_file_may_fix_what_the_configuration_leaves_open(server: Server, client: InferenceServerClient) -> None:
    name = load(server, "open", models.OPEN, models.scale(3.0))
    sent = scale_inputs(2)
    np.testing.assert_array_equal(infer(client, name, sent).as_numpy("y"), 3 * sent["x"])
    client.unload_model(name)
    shutil.rmtree(server.repository / name)


def test_the_answer_names_what_was_asked(client: InferenceServerClient, steady: str) -> None:
    result = client.infer(steady, inputs(scale_inputs()), request_id="request 7")
    answer = result.get_response()
    assert (answer.model_name, answer.model_version, answer.id) == (steady, "1", "request 7")
    assert [output.name for output in answer.outputs] == ["y", "sum"]
    one = infer(client, steady, scale_inputs(), outputs=["sum"]).get_response()
    assert [(output.name, output.datatype, list(output.shape)) for output in one.outputs] == [("sum", "INT64", [1, 1])]


def test_strings_go_in_and_come_out(client: InferenceServerClient, steady_words: str) -> None:
    sent = np.array([["red", "größe"], ["", "blue"]], dtype=np.object_)
    result = infer(client, steady_words, {"words": sent})
    assert result.as_numpy("ids").tolist() == [[1, 0], [0, 2]]
    assert result.as_numpy("echo").tolist() == [[text.encode() for text in row] for row in sent.tolist()]


def test_typed_contents_give_the_same_numbers(client: InferenceServerClient, steady: str, steady_words: str) -> None:
    request = pb.ModelInferRequest(model_name=steady)
    x = request.inputs.add(name="x", datatype="FP32", shape=[1, 4])
    x.contents.fp32_contents.extend([1.0, 2.0, 3.0, 4.0])
    k = request.inputs.add(name="k", datatype="INT64", shape=[1, 2])
    k.contents.int64_contents.extend([2**40, -5])
    answer = send(client, request)
    assert np.frombuffer(answer.raw_output_contents[0], np.float32).tolist() == [2.0, 4.0, 6.0, 8.0]
    assert np.frombuffer(answer.raw_output_contents[1], np.int64).tolist() == [2**40 - 5]
    request = pb.ModelInferRequest(model_name=steady_words)
    text = request.inputs.add(name="words", datatype="BYTES", shape=[1, 2])
    text.contents.bytes_contents.extend([b"blue", b""])
    assert np.frombuffer(send(client, request).raw_output_contents[0], np.int64).tolist() == [2, 0]


def test_a_stream_answers_and_goes_on_after_a_bad_request(client: InferenceServerClient, steady: str) -> None:
    answers: Queue[tuple[Any, Any]] = Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    client.async_stream_infer(steady, inputs(scale_inputs(seed=1)))
    client.async_stream_infer("nope", inputs(scale_inputs(seed=1)))
    client.async_stream_infer(steady, inputs(scale_inputs(seed=2)))
    found = [answers.get(timeout=20) for _ in range(3)]
    client.stop_stream()
    assert "Request for unknown model: 'nope' is not found" in {str(error) for _, error in found}
    good = [result.as_numpy("y")[0, 0] for result, error in found if error is None]
    assert sorted(good) == sorted(float(scale_inputs(seed=seed)["x"][0, 0] * 2) for seed in (1, 2))


# Refusals


def raw(client: InferenceServerClient, model: str, **changed: Any) -> Callable[[], object]:
    """A good request with raw contents, and what is changed of it."""
    sent = scale_inputs(2)
    kinds = changed.get("kinds", {"x": "FP32", "k": "INT64"})
    request = pb.ModelInferRequest(model_name=model)
    for name, kind in kinds.items():
        request.inputs.add(name=name, datatype=kind, shape=changed.get("shapes", {}).get(name, sent[name].shape))
        request.raw_input_contents.append(changed.get("data", {}).get(name, sent[name].tobytes()))
    if "count" in changed:
        del request.raw_input_contents[changed["count"] :]
    return lambda: send(client, request)


def test_what_does_not_exist_is_not_found(client: InferenceServerClient, steady: str) -> None:
    sent = scale_inputs()
    unknown = ("NOT_FOUND", "Request for unknown model: 'nope' is not found")
    assert refused(lambda: infer(client, "nope", sent)) == unknown
    assert refused(lambda: client.get_model_metadata("nope")) == unknown
    assert refused(lambda: client.get_model_config("nope")) == unknown
    version = ("NOT_FOUND", f"Request for unknown model: '{steady}' version 9 is not found")
    assert refused(lambda: infer(client, steady, sent, "9")) == version
    assert refused(lambda: client.get_model_metadata(steady, "9")) == version
    code, said = refused(lambda: infer(client, steady, sent, "new"))
    assert (code, "version should be an integral value > 0" in said) == ("INVALID_ARGUMENT", True)
    not_available = ("INVALID_ARGUMENT", "requested model 'nope' is not available")
    assert refused(lambda: client.get_inference_statistics("nope")) == not_available


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"x": np.zeros((2, 3), np.float32)},
            "unexpected shape for input 'x' for model '{}'. Expected [-1,4], got [2,3]",
        ),
        (
            {"x": np.zeros((2, 2, 2), np.float32)},
            "unexpected shape for input 'x' for model '{}'. Expected [-1,4], got [2,2,2]",
        ),
        ({"x": np.zeros((2, 4), np.float64)}, "inference input 'x' data-type is 'FP64', but model '{}' expects 'FP32'"),
        ({"k": np.zeros((2, 2), np.int32)}, "inference input 'k' data-type is 'INT32', but model '{}' expects 'INT64'"),
        ({"k": None}, "expected 2 inputs but got 1 inputs for model '{}'"),
        ({"z": np.zeros((2, 4), np.float32)}, "expected 2 inputs but got 3 inputs for model '{}'"),
        ({"k": None, "z": np.zeros((2, 4), np.float32)}, "unexpected inference input 'z' for model '{}'"),
        ({"k": np.zeros((1, 2), np.int64)}, "batch size does not match other inputs for '{}'"),
    ],
    ids=["shape", "rank", "FP64", "INT32", "missing", "too many", "unknown", "batches"],
)
def test_inputs_that_do_not_fit_are_refused(
    client: InferenceServerClient, steady: str, changed: dict[str, Any], said: str
) -> None:
    sent = {name: array for name, array in {**scale_inputs(2), **changed}.items() if array is not None}
    code, found = refused(lambda: infer(client, steady, sent))
    assert code == "INVALID_ARGUMENT"
    assert said.format(steady) in found


def test_a_batch_that_is_too_large_is_refused(client: InferenceServerClient, steady: str) -> None:
    code, said = refused(lambda: infer(client, steady, scale_inputs(9)))
    assert (code, said) == ("INVALID_ARGUMENT", f"inference request batch-size must be <= 8 for '{steady}'")


def test_an_unknown_output_is_refused(client: InferenceServerClient, steady: str) -> None:
    found = refused(lambda: infer(client, steady, scale_inputs(), outputs=["z"]))
    assert found == ("INVALID_ARGUMENT", f"unexpected inference output 'z' for model '{steady}'")


def test_raw_contents_that_do_not_fit_are_refused(client: InferenceServerClient, steady: str) -> None:
    raw(client, steady)()
    x = scale_inputs(2)["x"].tobytes()
    for data in (x[:-3], x + b"1", b""):
        code, said = refused(raw(client, steady, data={"x": data}))
        assert (code, said) == (
            "INVALID_ARGUMENT",
            f"input byte size mismatch for input 'x' for model '{steady}'. Expected 32, got {len(data)}",
        )
    code, said = refused(raw(client, steady, count=1))
    assert (code, said) == (
        "INVALID_ARGUMENT",
        f"unable to find data for input tensor 'k' for model '{steady}' in request.",
    )
    for changed in (
        {"shapes": {"x": [-2, 4]}},
        {"shapes": {"x": [2**40, 4]}},
        {"shapes": {"x": [2**62, 2**62]}},
        {"kinds": {"x": "FP31", "k": "INT64"}},
    ):
        assert refused(raw(client, steady, **changed))[0] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\3\0\0\0red\5\0\0\0blu", "expecting string of length 5 but only 3 bytes available"),
        (b"\3\0\0\0red\5\0", "incomplete string length indicator"),
        (b"\3\0\0\0red", "expected 2 string elements for inference input 'words' for model '{}', got 1"),
        (b"\3\0\0\0red" * 3, "unexpected number of string elements"),
        (b"\1\0\0\0\xff\0\0\0\0", "a string input is not UTF-8"),
    ],
    ids=["cut string", "cut length", "too few", "too many", "not UTF-8"],
)
def test_strings_that_do_not_fit_are_refused(
    client: InferenceServerClient, steady_words: str, data: bytes, said: str
) -> None:
    request = pb.ModelInferRequest(model_name=steady_words, raw_input_contents=[data])
    request.inputs.add(name="words", datatype="BYTES", shape=[1, 2])
    code, found = refused(lambda: send(client, request))
    assert code == "INVALID_ARGUMENT"
    assert said.format(steady_words) in found


def test_what_the_model_cannot_compute_is_refused(server: Server, client: InferenceServerClient) -> None:
    models.write(server.repository, "pick", models.PICK, {1: models.pick()})
    client.load_model("pick")
    assert infer(client, "pick", {"row": np.array([[2]])}).as_numpy("value").tolist() == [[30.0]]
    found = refused(lambda: infer(client, "pick", {"row": np.array([[99]])}))
    assert found == ("INVALID_ARGUMENT", "model 'pick' cannot compute this input")


# What the server tells of itself


def test_statistics_and_metrics_grow(server: Server, client: InferenceServerClient, scale: str) -> None:
    for rows in (1, 3, 3):
        infer(client, scale, scale_inputs(rows))

    def statistics() -> Any:
        (one,) = client.get_inference_statistics(scale).model_stats
        return one

    # Triton answers first, and counts then.
    wait_until(lambda: statistics().inference_stats.success.count == 3, 5, "what was answered to be counted")
    told = statistics()
    assert (told.name, told.version, told.inference_count, told.execution_count) == (scale, "1", 7, 3)
    assert abs(told.last_inference / 1000 - time.time()) < 60
    stats = told.inference_stats
    assert (stats.success.count, stats.fail.count, stats.queue.count) == (3, 0, 3)
    assert (stats.compute_input.count, stats.compute_infer.count, stats.compute_output.count) == (3, 3, 3)
    assert 0 < stats.compute_infer.ns < stats.success.ns
    batches = {batch.batch_size: batch.compute_infer.count for batch in told.batch_stats}
    assert batches == {1: 1, 3: 2}
    assert scale in {one.name for one in client.get_inference_statistics().model_stats}
    counts = {"request_success": 3, "count": 7, "exec_count": 3, "pending_request_count": 0}
    lines = {f'nv_inference_{name}{{model="{scale}",version="1"}} {value}' for name, value in counts.items()}
    wait_until(lambda: lines <= set(server.metrics().splitlines()), 10, "the metrics to say so")
    metrics = server.metrics()
    for name in ("request", "queue", "compute_input", "compute_infer", "compute_output"):
        assert f'nv_inference_{name}_duration_us{{model="{scale}",version="1"}}' in metrics
    assert f'nv_inference_request_failure{{model="{scale}",reason="REJECTED",version="1"}} 0\n' in metrics
