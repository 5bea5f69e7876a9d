"""Small towers with the inputs and outputs of real ones, whose answers one can foresee.

An item is its categories and a little of itself; a shopper is the mean of their history (dislikes count against) and
the preferred categories.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

DIMENSION, LENGTH = 64, 50
CATEGORIES = ["apparel", "shoes", "shirts", "hats", "bags"]
PRODUCTS = 400
SPEC = """{"title": {"lowercase": true, "pattern": "[^\\\\W_]+", "max_tokens": 32}, "history_length": 50,
 "dimension": 64, "category_depth": 4, "max_attributes": 16, "max_preferred_categories": 8,
 "kinds": {"VIEW": 1, "ADD_TO_CART": 2, "PURCHASE": 3, "LIKE": 4, "DISLIKE": 5, "RATE": 6}}"""
FLOAT, INT, TEXT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def category_vectors() -> np.ndarray[Any, Any]:
    """[categories + 1, dimension]; row 0 is for unknown ones and is zero."""
    return np.eye(len(CATEGORIES) + 1, DIMENSION, dtype=np.float32) * (np.arange(len(CATEGORIES) + 1) > 0)[:, None]


def item_tower(version: int) -> onnx.ModelProto:
    """Sum of category vectors and a small vector of the product's own, another one in each version, normalised."""
    rng = np.random.default_rng(4 + version)
    own = rng.normal(size=(PRODUCTS + 1, DIMENSION)).astype(np.float32) * 0.05
    own[:, : len(CATEGORIES) + 1] = 0
    nodes = [
        *_lookup("category_path", CATEGORIES, "path"),
        helper.make_node("Gather", ["categories", "path"], ["path_vectors"]),
        helper.make_node("ReduceSum", ["path_vectors", "one"], ["path_sum"], keepdims=0),
        *_lookup("product_id", [f"p{i}" for i in range(PRODUCTS)], "own_index"),
        helper.make_node("Gather", ["own", "own_index"], ["own_vectors"]),
        helper.make_node("ReduceSum", ["own_vectors", "one"], ["own_sum"], keepdims=0),
        helper.make_node("Add", ["path_sum", "own_sum"], ["whole"]),
        *_normalised("whole", "item_vector"),
    ]
    inputs = [
        _value("product_id", TEXT, 1), _value("category_path", TEXT, 4), _value("brand", TEXT, 1),
        _value("price", FLOAT, 1), _value("title_tokens", TEXT, 32), _value("attributes", TEXT, 16),
    ]  # fmt: skip
    tables = {"categories": category_vectors(), "own": own, "one": np.array([1], np.int64)}
    return _model(nodes, inputs, "item_vector", tables)


def user_tower() -> onnx.ModelProto:
    """Sum of the history with its signs, and of the preferred categories, normalised."""
    signs = np.array([0, 1, 1, 1, 1, -1, 1], np.float32)
    nodes = [
        helper.make_node("Gather", ["signs", "history_kinds"], ["weights"]),
        helper.make_node("Unsqueeze", ["weights", "minus_one"], ["columns"]),
        helper.make_node("Mul", ["history_vectors", "columns"], ["weighed"]),
        helper.make_node("ReduceSum", ["weighed", "one"], ["history"], keepdims=0),
        *_lookup("preferred_categories", CATEGORIES, "preferred"),
        helper.make_node("Gather", ["categories", "preferred"], ["liked"]),
        helper.make_node("ReduceSum", ["liked", "one"], ["liked_sum"], keepdims=0),
        helper.make_node("Add", ["history", "liked_sum"], ["whole"]),
        *_normalised("whole", "user_vector"),
    ]
    inputs = [
        helper.make_tensor_value_info("history_vectors", FLOAT, ["n", LENGTH, DIMENSION]),
        _value("history_kinds", INT, LENGTH), _value("history_ages_h", FLOAT, LENGTH),
        _value("preferred_categories", TEXT, 8),
    ]  # fmt: skip
    tables = {
        "categories": category_vectors(), "signs": signs,
        "one": np.array([1], np.int64), "minus_one": np.array([-1], np.int64),
    }  # fmt: skip
    return _model(nodes, inputs, "user_vector", tables)


def write(repository: Path, version: int) -> None:
    """Puts both towers into a model repository, beside their configurations."""
    checked_in = Path(__file__).resolve().parents[3] / "model_repository"
    for name, model in (("item_tower", item_tower(version)), ("user_tower", user_tower())):
        folder = repository / name
        (folder / str(version)).mkdir(parents=True, exist_ok=True)
        (folder / "config.pbtxt").write_text((checked_in / name / "config.pbtxt").read_text())
        onnx.save(model, folder / str(version) / "model.onnx")


def _value(name: str, kind: int, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["n", size])


def _lookup(text: str, keys: list[str], index: str) -> list[onnx.NodeProto]:
    values = list(range(1, len(keys) + 1))
    return [
        helper.make_node(
            "LabelEncoder", [text], [index], domain="ai.onnx.ml",
            keys_strings=keys, values_int64s=values, default_int64=0,
        )
    ]  # fmt: skip


def _normalised(name: str, output: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("ReduceL2", [name], [f"{name}_length"], axes=[1], keepdims=1),
        helper.make_node("Add", [f"{name}_length", "tiny"], [f"{name}_safe"]),
        helper.make_node("Div", [name, f"{name}_safe"], [output]),
    ]


def _model(
    nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto], output: str, tables: dict[str, Any]
) -> onnx.ModelProto:
    tables = {**tables, "tiny": np.array([1e-9], np.float32)}
    constants = [numpy_helper.from_array(table, name) for name, table in tables.items()]
    graph = helper.make_graph(nodes, "tower", inputs, [_value(output, FLOAT, DIMENSION)], constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    onnx.checker.check_model(model)
    return model
