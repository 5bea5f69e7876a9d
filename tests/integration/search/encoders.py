"""Small encoders with the inputs and outputs of real ones, whose answers one can foresee.

A text is the sum of its words' vectors; words of one meaning have nearly the same. A picture is its colours in a grid
of four by four; the words for colours lie where pictures of those colours do.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

SIDE, GRID, DIMENSION = 32, 4, 48
MEANINGS = (
    ("shoe", "shoes", "sneaker", "sneakers", "footwear", "running"),
    ("shirt", "shirts", "blouse", "top"),
    ("warm", "cosy", "winter", "fleece", "wool"),
    ("rain", "wet", "waterproof", "storm"),
    ("evening", "party", "elegant", "gown"),
)
COLOURS = {"red": (220, 20, 30), "green": (20, 180, 60), "blue": (20, 60, 220), "white": (250, 250, 250)}
PLAIN = [word for words in MEANINGS for word in words]
VOCABULARY = {word: place for place, word in enumerate(["[PAD]", "[UNK]", *PLAIN, *COLOURS])}


def tokenizer() -> dict[str, Any]:
    """Words, in small letters."""
    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return dict(json.loads(made.to_str()))


def picture_vector(colour: tuple[int, int, int]) -> np.ndarray[Any, Any]:
    """What the picture encoder makes of one colour all over."""
    grid = np.tile(np.array(colour, np.float32) / 255 - 0.5, GRID * GRID)
    return np.asarray(grid / np.linalg.norm(grid), np.float32)


def words() -> np.ndarray[Any, Any]:
    """[vocabulary, dimension]; nothing for padding and unknown words."""
    random = np.random.default_rng(3)
    table = np.zeros((len(VOCABULARY), DIMENSION), np.float32)
    # Meanings have nothing to do with each other, nor with colours: orthogonal to what pictures of one colour are.
    plain = [np.tile(np.eye(3)[channel], GRID * GRID) for channel in range(3)]
    basis, _ = np.linalg.qr(np.stack([*plain, *random.normal(size=(len(MEANINGS), DIMENSION))]).T)
    for place, group in enumerate(MEANINGS):
        for word in group:
            table[VOCABULARY[word]] = basis[:, len(plain) + place] + random.normal(size=DIMENSION) * 0.001
    for word, colour in COLOURS.items():
        table[VOCABULARY[word]] = picture_vector(colour)
    return table


def text_model() -> onnx.ModelProto:
    """Sum of the words' vectors, normalised."""
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["found"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "minus_one"], ["weights"]),
        helper.make_node("Mul", ["found", "weights"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "one"], ["whole"], keepdims=0),
        *_normalised("whole"),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "l"]) for name in ("input_ids", "attention_mask")
    ]
    tables = {"words": words(), "one": np.array([1], np.int64), "minus_one": np.array([-1], np.int64)}
    return _model(nodes, inputs, tables)


def picture_model() -> onnx.ModelProto:
    """Mean colours of a grid, normalised."""
    cell = SIDE // GRID
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "most"], ["bright"]),
        helper.make_node("Sub", ["bright", "half"], ["centred"]),
        helper.make_node("Transpose", ["centred"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["grid"], kernel_shape=[cell, cell], strides=[cell, cell]),
        helper.make_node("Transpose", ["grid"], ["cells"], perm=[0, 2, 3, 1]),
        helper.make_node("Flatten", ["cells"], ["whole"]),
        *_normalised("whole"),
    ]
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDE, SIDE, 3])]
    return _model(nodes, inputs, {"most": np.array([255], np.float32), "half": np.array([0.5], np.float32)})


TEXT_CONFIG = """
backend: "onnxruntime"
max_batch_size: 32
input [
  { name: "input_ids" data_type: TYPE_INT64 dims: [ -1 ] },
  { name: "attention_mask" data_type: TYPE_INT64 dims: [ -1 ] }
]
output [ { name: "vector" data_type: TYPE_FP32 dims: [ 48 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
version_policy { latest { num_versions: 2 } }
"""
PICTURE_CONFIG = """
backend: "onnxruntime"
max_batch_size: 32
input [ { name: "pixels" data_type: TYPE_UINT8 dims: [ 32, 32, 3 ] } ]
output [ { name: "vector" data_type: TYPE_FP32 dims: [ 48 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
version_policy { latest { num_versions: 2 } }
"""


def write(repository: Path, version: int) -> None:
    """Puts the encoders into a model repository."""
    models_by_name = {
        "clip_text": (text_model(), TEXT_CONFIG),
        "clip_image": (picture_model(), PICTURE_CONFIG),
        "look_image": (picture_model(), PICTURE_CONFIG),
        "sentence": (text_model(), TEXT_CONFIG),
    }
    for name, (model, config) in models_by_name.items():
        folder = repository / name
        (folder / str(version)).mkdir(parents=True, exist_ok=True)
        (folder / "config.pbtxt").write_text(config)
        onnx.save(model, folder / str(version) / "model.onnx")


def spec(version: int = 1, **changes: Any) -> dict[str, Any]:
    """The encoder specification of a release."""
    text = {
        "kind": "text", "version": str(version), "dimension": DIMENSION, "max_tokens": 16, "pad_id": 0,
        "tokenizer": tokenizer(), "answers_above": 0.4,
    }  # fmt: skip
    picture = {
        "kind": "image", "version": str(version), "dimension": DIMENSION, "width": SIDE, "height": SIDE,
        "fit": "squash", "resample": "bicubic", "background": [255, 255, 255],
    }  # fmt: skip
    encoders = {
        "clip_text": text | {"model": "clip_text", "space": "clip"},
        "clip_image": picture | {"model": "clip_image", "space": "clip"},
        "look_image": picture | {"model": "look_image", "space": "look", "same_above": 0.97},
        "sentence": text | {"model": "sentence", "space": "sentence"},
    }
    return {"encoders": encoders, "document": {"picture_weight": 0.9, "text_weight": 0.1}} | changes


def _normalised(name: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("ReduceL2", [name], ["length"], axes=[1], keepdims=1),
        helper.make_node("Add", ["length", "tiny"], ["safe"]),
        helper.make_node("Div", [name, "safe"], ["vector"]),
    ]


def _model(
    nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto], tables: dict[str, np.ndarray[Any, Any]]
) -> onnx.ModelProto:
    tables = {**tables, "tiny": np.array([1e-9], np.float32)}
    constants = [numpy_helper.from_array(table, name) for name, table in tables.items()]
    output = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["n", DIMENSION])
    graph = helper.make_graph(nodes, "encoder", inputs, [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(model)
    return model
