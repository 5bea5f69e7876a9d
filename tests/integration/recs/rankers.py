"""A small ranker with the inputs and outputs of a real one, whose answers one can foresee.

Version v scores a candidate by 100 v + where its price stands among the others, so that a score tells of its version.
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.integration.recs import towers
from tests.support.shops import small_shop
from trainers.ranker import spec
from trainers.ranker.config import Config
from trainers.ranker.features import NAMES, Features
from trainers.two_tower.spec import FeatureSpec

CONFIG = Config()
APART = 100.0


def model(version: int) -> onnx.ModelProto:
    """The ranker of a version."""
    size, newest = CONFIG.candidates, CONFIG.neighbours_of
    constants = {"level": np.array(NAMES.index("price level")), "version": np.array(APART * version, np.float32)}
    nodes = [
        helper.make_node("Gather", ["features", "level"], ["levels"], axis=2),
        helper.make_node("Add", ["levels", "version"], ["scores"]),
    ]
    inputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", size, len(NAMES)]),
        helper.make_tensor_value_info("candidates", TensorProto.STRING, ["n", size]),
        helper.make_tensor_value_info("newest", TensorProto.STRING, ["n", newest]),
    ]
    output = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", size])
    tables = [numpy_helper.from_array(table, name) for name, table in constants.items()]
    graph = helper.make_graph(nodes, "ranker", inputs, [output], tables)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.checker.check_model(made)
    return made


def write(repository: Path, version: int) -> None:
    """Puts the ranker into a model repository, beside its configuration."""
    checked_in = Path(__file__).resolve().parents[3] / "model_repository"
    folder = repository / "ranker"
    (folder / str(version)).mkdir(parents=True, exist_ok=True)
    (folder / "config.pbtxt").write_text((checked_in / "ranker" / "config.pbtxt").read_text())
    onnx.save(model(version), folder / str(version) / "model.onnx")


def specification() -> str:
    """The towers' with the ranker's part, as the trainer writes it."""
    products = small_shop(products=60, shoppers=10).products
    features = Features(products, FeatureSpec(towers.DIMENSION, towers.LENGTH), CONFIG)
    return json.dumps({**json.loads(towers.SPEC), "ranker": spec.of(features, products, CONFIG)})
