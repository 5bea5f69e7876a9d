"""Golden rows: inputs with the vectors that torch computed. Whoever runs the exported towers must find the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from trainers.datasets import KINDS
from trainers.two_tower.errors import ParityError
from trainers.two_tower.export import ENCODER_VECTORS, ITEM_INPUTS, USER_INPUTS
from trainers.two_tower.files import ENCODED_ITEM_TOWER
from trainers.two_tower.item_tower import encode
from trainers.two_tower.model import Towers
from trainers.two_tower.spec import ItemInputs

TOLERANCE = 1e-4
"""Largest difference of any number of a vector of length 1. Float32 in another order differs by about 1e-6."""
ROWS = 64
OUTPUTS = {"item_tower": "item_vector", "user_tower": "user_vector"}
Feeds = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Golden:
    """Inputs and outputs of both towers, by model."""

    inputs: Mapping[str, Feeds]
    outputs: Mapping[str, NDArray[np.float32]]

    def served(self, model: str) -> str:
        """What a model is called on the inference server."""
        return ENCODED_ITEM_TOWER if ENCODER_VECTORS in self.inputs[model] else model

    def save(self, file: Path) -> None:
        """Writes an .npz: keys are `model/input` and `model/output`; strings are stored as unicode arrays."""
        arrays = {
            f"{model}/{name}": values.astype(str) if values.dtype == object else values
            for model, feeds in self.inputs.items()
            for name, values in feeds.items()
        }
        arrays |= {f"{model}/{OUTPUTS[model]}": values for model, values in self.outputs.items()}
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load(file: Path) -> Golden:
    """Reads what `save` wrote."""
    inputs: dict[str, dict[str, NDArray[Any]]] = {model: {} for model in OUTPUTS}
    outputs = {}
    with np.load(file) as arrays:
        for key in arrays.files:
            model, _, name = key.partition("/")
            if name == OUTPUTS[model]:
                outputs[model] = arrays[key]
            else:
                values = arrays[key]
                inputs[model][name] = values.astype(object) if values.dtype.kind == "U" else values
    return Golden(inputs, outputs)


def make(towers: Towers) -> Golden:
    """Rows of the catalogue and made-up histories, among them all that is out of the ordinary. The towers stand on
    the CPU."""
    random = np.random.default_rng(towers.config.seed)
    items = _with_oddities(towers.inputs.take(random.choice(len(towers.inputs.price), ROWS)))
    users = _histories(towers, random)
    with torch.inference_mode():
        towers.modules().eval()
        item_vectors = towers.item(*encode(items, towers.vocabularies).tuple())
        preferred = towers.vocabularies.categories(users["preferred_categories"])
        plain = (torch.from_numpy(users[name]) for name in USER_INPUTS[:3])
        user_vectors = towers.user(*plain, preferred)
    outputs = {"item_tower": item_vectors.numpy(), "user_tower": user_vectors.numpy()}
    return Golden({"item_tower": items.feeds(), "user_tower": users}, outputs)


def check(golden: Golden, model: str, found: NDArray[np.float32], where: str) -> float:
    """Compares what somebody computed from the golden inputs; returns the largest difference.

    Raises:
        ParityError: it is above TOLERANCE, or something is no number.
    """
    difference = float(np.abs(golden.outputs[model] - found).max())
    if not difference <= TOLERANCE:
        raise ParityError(
            f"{where} computes other vectors than torch for {model}: they differ by up to {difference:.2g}, "
            f"{TOLERANCE:.0e} is allowed."
        )
    return difference


def check_files(golden: Golden, folder: Path) -> dict[str, float]:
    """Runs both files with ONNX Runtime, in one batch and row by row; returns the largest differences by model.

    Raises:
        ParityError: a file computes something else than torch.
    """
    found = {}
    for model, output in OUTPUTS.items():
        session = ort.InferenceSession(folder / f"{model}.onnx", providers=["CPUExecutionProvider"])
        feeds = golden.inputs[model]
        together = session.run([output], dict(feeds))[0]
        alone = [session.run([output], {name: row[i : i + 1] for name, row in feeds.items()})[0] for i in range(ROWS)]
        found[model] = max(
            check(golden, model, together, "ONNX Runtime"),
            check(golden, model, np.concatenate(alone), "ONNX Runtime, row by row,"),
        )
    return found


def _with_oddities(items: ItemInputs) -> ItemInputs:
    """Replaces the first rows by what is unknown, empty or broken."""
    items = ItemInputs(**{name: values.copy() for name, values in items.feeds().items()})
    for name in ITEM_INPUTS:
        if name != "price":
            getattr(items, name)[0] = "never seen: Ω"
            getattr(items, name)[1] = ""
    items.product_id[2] = "nobody-knows-this-one"
    items.price[:6, 0] = [0, np.nan, np.inf, -5, 1e9, 1e-3]
    if items.encoder_vectors is not None:
        items.encoder_vectors[1:4] = 0
    return items


def _histories(towers: Towers, random: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Histories of every length, the first two empty; some with preferences, known and unknown."""
    spec = towers.spec
    lengths = np.concatenate([[0, 0, 1, 2, 3], random.integers(0, spec.history_length + 1, ROWS - 5)])
    lengths[-1] = spec.history_length
    catalogue = towers.item_vectors().cpu().numpy()
    vectors = np.zeros((ROWS, spec.history_length, spec.dimension), np.float32)
    kinds = np.zeros((ROWS, spec.history_length), np.int64)
    ages = np.zeros((ROWS, spec.history_length), np.float32)
    preferred = np.full((ROWS, spec.max_preferred_categories), "", dtype=object)
    categories = towers.vocabularies.categories.entries or ("none",)
    for row, length in enumerate(lengths):
        if length:
            vectors[row, -length:] = catalogue[random.integers(0, len(catalogue), length)]
            kinds[row, -length:] = random.integers(1, max(KINDS.values()) + 1, length)
            ages[row, -length:] = np.sort(random.exponential(200.0, length))[::-1]
        if row % 2:
            chosen = random.choice(len(categories), random.integers(1, 4))
            preferred[row, : len(chosen)] = [categories[place] for place in chosen]
            preferred[row, len(chosen)] = "a category of tomorrow"
    rows = (vectors, kinds, ages, preferred)
    return dict(zip(USER_INPUTS, rows, strict=True))
