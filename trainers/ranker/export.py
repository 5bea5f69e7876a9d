"""The ranker as an ONNX file: features and ids of one request's candidates in, scores out, in one batched call."""

from collections.abc import Sequence
from pathlib import Path

import onnx
import torch

from trainers.ranker.config import Config
from trainers.ranker.features import NAMES
from trainers.ranker.model import Served
from trainers.two_tower import export
from trainers.two_tower.export import Graph

INPUTS, OUTPUT = ("features", "candidates", "newest"), "scores"
NOT_KNOWN = 0


def write(served: Served, ids: Sequence[str], config: Config, file: Path) -> None:
    """Writes the file. `ids` are the catalogue's, in the order of the tables' places."""
    places = {"": NOT_KNOWN} | {product: place for place, product in enumerate(ids, start=1)}
    inputs = {
        "features": torch.zeros(2, config.candidates, len(NAMES)),
        "candidates": torch.zeros(2, config.candidates, dtype=torch.int64),
        "newest": torch.zeros(2, config.neighbours_of, dtype=torch.int64),
    }
    graph = Graph(_Called(served), inputs, OUTPUT, {"candidates": places, "newest": places}, NOT_KNOWN)
    onnx.save(export.of_graph(graph), file)


class _Called(torch.nn.Module):
    """Only what serving calls: torch exports a forward with positional tensors."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served = served

    def forward(self, *rows: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.served(*rows)
        return scores
