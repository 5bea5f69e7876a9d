"""Golden rows of the ranker: what goes in, with the scores that torch computed and the features that it was told.

Those of the model are kept beside the towers'; those of the features stand in the feature specification, so that
serving can be held to them before a release answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from trainers.datasets import KINDS, Products
from trainers.ranker.config import Config
from trainers.ranker.export import INPUTS, OUTPUT
from trainers.ranker.features import NAMES, Features, History
from trainers.ranker.model import Served
from trainers.two_tower.errors import ParityError

TOLERANCE = 1e-4
"""Largest difference of a score, relative to the largest of them. Float32 in another order differs by about 1e-6."""
ROWS = 16
HISTORIES = (0, 1, 3, 12, 30)
"""Events of the shoppers of the features' golden rows."""
SOME = 6
"""Candidates of each."""
DIGITS = 6
Feeds = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Golden:
    """Inputs of the model by name, and its scores."""

    inputs: Feeds
    scores: NDArray[np.float32]

    def save(self, file: Path) -> None:
        """Writes an .npz; strings are stored as unicode arrays."""
        arrays = {name: rows.astype(str) if rows.dtype == object else rows for name, rows in self.inputs.items()}
        np.savez_compressed(file, **arrays, **{OUTPUT: self.scores})  # type: ignore[arg-type]


def load(file: Path) -> Golden:
    """Reads what `save` wrote."""
    with np.load(file) as arrays:
        rows, scores = {name: arrays[name] for name in INPUTS}, arrays[OUTPUT]
    return Golden({name: row.astype(object) if row.dtype.kind == "U" else row for name, row in rows.items()}, scores)


def make(served: Served, ids: list[str], config: Config) -> Golden:
    """Rows of the catalogue, among them unknown products and none at all."""
    random = np.random.default_rng(config.seed)
    names = np.array([*ids, "never seen: Ω", ""], dtype=object)
    shapes = {"candidates": (ROWS, config.candidates), "newest": (ROWS, config.neighbours_of)}
    rows = {name: random.integers(0, len(names), shape) for name, shape in shapes.items()}
    rows["candidates"][0], rows["newest"][1] = -1, -1
    features = random.normal(0, 3, (ROWS, config.candidates, len(NAMES))).astype(np.float32)
    places = {name: torch.from_numpy(np.where((row >= 0) & (row < len(ids)), row + 1, 0)) for name, row in rows.items()}
    with torch.inference_mode():
        scores = served.eval()(torch.from_numpy(features), places["candidates"], places["newest"]).numpy()
    return Golden({"features": features} | {name: names[row] for name, row in rows.items()}, scores)


def check(golden: Golden, found: NDArray[np.float32], where: str) -> float:
    """Compares scores that somebody computed from the golden inputs; returns the largest relative difference.

    Raises:
        ParityError: it is above TOLERANCE, or something is no number.
    """
    difference = float(np.abs(golden.scores - found).max() / max(float(np.abs(golden.scores).max()), 1.0))
    if not difference <= TOLERANCE:
        raise ParityError(
            f"{where} computes other scores than torch for the ranker: they differ by up to {difference:.2g}, "
            f"{TOLERANCE:.0e} is allowed."
        )
    return difference


def check_file(golden: Golden, file: Path) -> float:
    """Runs the file with ONNX Runtime, in one batch and row by row; returns the largest difference.

    Raises:
        ParityError: it computes something else than torch.
    """
    session = ort.InferenceSession(file, providers=["CPUExecutionProvider"])
    together = session.run([OUTPUT], dict(golden.inputs))[0]
    alone = [
        session.run([OUTPUT], {name: rows[i : i + 1] for name, rows in golden.inputs.items()})[0] for i in range(ROWS)
    ]
    return max(
        check(golden, together, "ONNX Runtime"), check(golden, np.concatenate(alone), "ONNX Runtime, row by row,")
    )


def of_features(features: Features, products: Products, config: Config) -> dict[str, Any]:
    """Shoppers and candidates with their features, as the feature specification has them; the first candidate of each
    is what the shopper saw last."""
    random = np.random.default_rng(config.seed)
    used: dict[int, int] = {}
    rows = []
    for length in HISTORIES:
        history = History(
            random.integers(0, len(products), length),
            random.integers(1, max(KINDS.values()) + 1, length),
            np.round(np.sort(random.exponential(20.0, length))[::-1] * (length > 1), DIGITS),
        )
        candidates = random.integers(0, len(products), SOME)
        candidates[:1] = history.items[-1:] if length else candidates[:1]
        towers = np.round(random.normal(0, 0.3, SOME), DIGITS)
        found = features.of(history, candidates, towers)
        rows.append(
            {
                "history": [used.setdefault(int(item), len(used)) for item in history.items],
                "kinds": history.kinds.tolist(),
                "ages_h": history.ages_h.tolist(),
                "candidates": [used.setdefault(int(item), len(used)) for item in candidates],
                "towers": towers.tolist(),
                "features": np.round(found.astype(np.float64), DIGITS).tolist(),
            }
        )
    return {"products": [_facts(products, item) for item in used], "rows": rows}


def _facts(products: Products, item: int) -> dict[str, Any]:
    return {
        "category_ids": list(products.categories[item]),
        "brand": products.brands[item],
        "price": float(products.prices[item]),
        "attributes": dict(products.attributes[item]),
    }
