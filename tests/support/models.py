"""Small ONNX models, and repositories of them."""

import shutil
from pathlib import Path

import onnx
from onnx import TensorProto, helper

IR_VERSION = 10
OPSETS = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 2)]
SCALE = """
backend: "onnxruntime"
max_batch_size: 8
input [
  { name: "x" data_type: TYPE_FP32 dims: [ 4 ] },
  { name: "k" data_type: TYPE_INT64 dims: [ 2 ] }
]
output [
  { name: "y" data_type: TYPE_FP32 dims: [ 4 ] },
  { name: "sum" data_type: TYPE_INT64 dims: [ 1 ] }
]
instance_group [ { count: 1 kind: KIND_CPU } ]
version_policy { latest { num_versions: 2 } }
dynamic_batching { }
"""
OPEN = SCALE.replace("dims: [ 4 ]", "dims: [ -1 ]").replace("dims: [ 2 ]", "dims: [ -1 ]")
"""Leaves open what the file fixes, as the ranker's does."""
WORDS = """
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "words" data_type: TYPE_STRING dims: [ 2 ] } ]
output [
  { name: "ids" data_type: TYPE_INT64 dims: [ 2 ] },
  { name: "echo" data_type: TYPE_STRING dims: [ 2 ] }
]
instance_group [ { count: 1 kind: KIND_CPU } ]
"""
PICK = """
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "row" data_type: TYPE_INT64 dims: [ 1 ] } ]
output [ { name: "value" data_type: TYPE_FP32 dims: [ 1 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
dynamic_batching { }
"""


def scale(factor: float) -> onnx.ModelProto:
    """y = factor * x, and the sum of k."""
    return _model(
        [
            helper.make_node("Mul", ["x", "factor"], ["y"]),
            helper.make_node("ReduceSum", ["k", "axis"], ["sum"], keepdims=1),
        ],
        inputs=[_value("x", TensorProto.FLOAT, 4), _value("k", TensorProto.INT64, 2)],
        outputs=[_value("y", TensorProto.FLOAT, 4), _value("sum", TensorProto.INT64, 1)],
        constants=[
            helper.make_tensor("factor", TensorProto.FLOAT, [1], [factor]),
            helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        ],
    )


def words() -> onnx.ModelProto:
    """Looks up two words: "red" is 1, "blue" is 2, every other word 0; and gives the words back."""
    lookup = helper.make_node(
        "LabelEncoder",
        ["words"],
        ["ids"],
        domain="ai.onnx.ml",
        keys_strings=["red", "blue"],
        values_int64s=[1, 2],
        default_int64=0,
    )
    return _model(
        [lookup, helper.make_node("Identity", ["words"], ["echo"])],
        inputs=[_value("words", TensorProto.STRING, 2)],
        outputs=[_value("ids", TensorProto.INT64, 2), _value("echo", TensorProto.STRING, 2)],
    )


def pick() -> onnx.ModelProto:
    """Picks a row of a table of three; there is no fourth."""
    return _model(
        [helper.make_node("Gather", ["table", "row"], ["value"])],
        inputs=[_value("row", TensorProto.INT64, 1)],
        outputs=[_value("value", TensorProto.FLOAT, 1)],
        constants=[helper.make_tensor("table", TensorProto.FLOAT, [3], [10.0, 20.0, 30.0])],
    )


def write(repository: Path, name: str, config: str, versions: dict[int, onnx.ModelProto | bytes]) -> Path:
    """Lays a model out as Triton wants it; versions that are there already stay."""
    folder = repository / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.pbtxt").write_text(config)
    for number, model in versions.items():
        version = folder / str(number)
        version.mkdir(exist_ok=True)
        (version / "model.onnx").write_bytes(model if isinstance(model, bytes) else model.SerializeToString())
    return folder


def remove_version(folder: Path, number: int) -> None:
    """Takes a version out of a model's folder."""
    shutil.rmtree(folder / str(number))


def _model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: list[onnx.TensorProto] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "graph", inputs, outputs, constants or [])
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)


def _value(name: str, kind: int, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["batch", size])
