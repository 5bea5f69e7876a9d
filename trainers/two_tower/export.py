"""Towers as ONNX files that take what a client knows: strings, prices, ages.

The lookups of strings are LabelEncoder nodes (ai.onnx.ml) in front of the graph that torch exports, so that a server
needs nothing but the file.
"""

import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper

from trainers.two_tower.item_tower import ItemTower
from trainers.two_tower.model import Towers
from trainers.two_tower.user_tower import UserTower
from trainers.two_tower.vocabulary import UNKNOWN

OPSET = 18
ML_OPSET = 2
IR_VERSION = 10
"""Not the newest: model servers are upgraded more slowly than trainers."""
BATCH = "batch"
ITEM_INPUTS = ("product_id", "category_path", "brand", "price", "title_tokens", "attributes")
ENCODER_VECTORS = "encoder_vectors"
"""Input of item towers that take such."""
USER_INPUTS = ("history_vectors", "history_kinds", "history_ages_h", "preferred_categories")


@dataclass(frozen=True)
class Graph:
    """What torch exports, and how its inputs are called outside."""

    module: torch.nn.Module
    inputs: Mapping[str, torch.Tensor]
    output: str
    lookups: Mapping[str, Mapping[str, int]]
    """Places of strings, for the inputs that are strings outside."""
    unknown: int = UNKNOWN
    """The place of every other string."""


def item_tower(towers: Towers) -> onnx.ModelProto:
    """The item tower: strings, a price, and vectors of encoders if there are any, to `item_vector`."""
    spec, words = towers.spec, towers.vocabularies
    sizes = (1, spec.category_depth, 1, 1, spec.title_max_tokens, spec.max_attributes)
    inputs = {name: torch.zeros(2, size, dtype=torch.int64) for name, size in zip(ITEM_INPUTS, sizes, strict=True)}
    inputs["price"] = torch.ones(2, 1)
    if spec.encoders:
        inputs[ENCODER_VECTORS] = torch.ones(2, sum(encoder.dimension for encoder in spec.encoders))
    lookups = {
        "product_id": words.products.places,
        "category_path": words.categories.places,
        "brand": words.brands.places,
        "title_tokens": words.words.places,
        "attributes": words.attributes.places,
    }
    return of_graph(Graph(_Items(towers.item), inputs, "item_vector", lookups))


def user_tower(towers: Towers) -> onnx.ModelProto:
    """The user tower: a history and preferences to `user_vector`."""
    spec = towers.spec
    places = (2, spec.history_length)
    shapes = (
        torch.zeros(*places, spec.dimension),
        torch.ones(places, dtype=torch.int64),
        torch.zeros(places),
        torch.zeros(2, spec.max_preferred_categories, dtype=torch.int64),
    )
    inputs = dict(zip(USER_INPUTS, shapes, strict=True))
    lookups = {"preferred_categories": towers.vocabularies.categories.places}
    return of_graph(Graph(_Users(towers.user), inputs, "user_vector", lookups))


def write(towers: Towers, folder: Path) -> None:
    """Writes both files. The towers stand on the CPU."""
    onnx.save(item_tower(towers), folder / "item_tower.onnx")
    onnx.save(user_tower(towers), folder / "user_tower.onnx")


class _Items(torch.nn.Module):
    """Only what serving calls: torch exports a forward with positional tensors."""

    def __init__(self, tower: ItemTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, *rows: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.tower(*rows)
        return vectors


class _Users(torch.nn.Module):
    def __init__(self, tower: UserTower) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, *rows: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.tower(*rows)
        return vectors


def of_graph(graph: Graph) -> onnx.ModelProto:
    """The module as ONNX, its lookups in front."""
    module = graph.module.eval()
    names = [f"{name}_places" if name in graph.lookups else name for name in graph.inputs]
    batch = torch.export.Dim(BATCH, min=1)
    with warnings.catch_warnings():
        # torch warns of its own internals and of libraries that are not needed here.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            module,
            tuple(graph.inputs.values()),
            dynamo=True,
            input_names=names,
            output_names=[graph.output],
            dynamic_shapes=(tuple({0: batch} for _ in graph.inputs),),
            opset_version=OPSET,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    _look_up(model, graph)
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model


def _look_up(model: onnx.ModelProto, graph: Graph) -> None:
    """Puts a lookup in front of each input of places, which from then on takes strings."""
    inputs = []
    nodes = []
    for value in model.graph.input:
        name = value.name.removesuffix("_places")
        if name not in graph.lookups:
            inputs.append(value)
            continue
        shape = [BATCH, *graph.inputs[name].shape[1:]]
        inputs.append(helper.make_tensor_value_info(name, TensorProto.STRING, shape))
        nodes.append(_encoder(name, value.name, graph.lookups[name], graph.unknown))
    described: Sequence[onnx.ValueInfoProto] = [value for value in model.graph.input if value.name.endswith("_places")]
    model.graph.value_info.extend(described)
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    rest = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))


def _encoder(source: str, target: str, places: Mapping[str, int], unknown: int) -> onnx.NodeProto:
    return helper.make_node(
        "LabelEncoder",
        [source],
        [target],
        name=f"look_up_{source}",
        domain="ai.onnx.ml",
        keys_strings=list(places),
        values_int64s=list(places.values()),
        default_int64=unknown,
    )
