"""The ranker as an ONNX file: features of one request's candidates in, scores out, in one batched call."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from trainers.ranker.model import Ranker
from trainers.two_tower.export import BATCH, IR_VERSION, OPSET
from trainers.two_tower.golden import ParityError

INPUT, OUTPUT = "features", "scores"
TOLERANCE = 1e-4


def write(ranker: Ranker, features: int, file: Path) -> float:
    """Writes the file; returns the largest difference to torch.

    Raises:
        ParityError: ONNX Runtime computes something else.
    """
    shape = {0: torch.export.Dim(BATCH, min=1), 1: torch.export.Dim("candidates", min=1)}
    program = torch.onnx.export(
        ranker.eval(),
        (torch.zeros(2, 3, features),),
        dynamo=True,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=(shape,),
        opset_version=OPSET,
        verbose=False,
    )
    assert program is not None
    program.model_proto.ir_version = IR_VERSION
    file.write_bytes(program.model_proto.SerializeToString())
    return _difference(ranker, features, file)


def _difference(ranker: Ranker, features: int, file: Path) -> float:
    rows = np.random.default_rng(0).normal(0, 20, (4, 50, features)).astype(np.float32)
    found = ort.InferenceSession(file, providers=["CPUExecutionProvider"]).run([OUTPUT], {INPUT: rows})[0]
    with torch.inference_mode():
        expected = ranker(torch.from_numpy(rows)).numpy()
    difference = float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1.0))
    if not difference <= TOLERANCE:
        raise ParityError(f"ONNX Runtime computes other scores than torch for the ranker: {difference:.2g} apart.")
    return difference
