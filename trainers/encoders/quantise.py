"""Encoders in int8: smaller, and faster where a processor multiplies bytes."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from trainers.encoders.pictures import Pixels

CALIBRATED = 256
"""Pictures from which the ranges of activations are taken."""
BATCH = 16


def text(source: Path, target: Path) -> None:
    """Weights of products and embeddings as bytes; ranges of activations are found as they come."""
    kinds = ["MatMul", "Gemm"]
    with _silent():
        quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=kinds)


def picture(source: Path, target: Path, examples: Sequence[Pixels]) -> None:
    """Weights and activations as bytes, with the ranges that examples have."""
    with _silent(), tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            _Examples(examples),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv", "Gemm", "MatMul"],
        )


@contextmanager
def _silent() -> Iterator[None]:
    """The library gives advice on the root logger, also where it was followed."""
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


class _Examples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, examples: Sequence[Pixels]) -> None:
        self._batches: Iterator[Sequence[Pixels]] = (
            examples[begin : begin + BATCH] for begin in range(0, min(len(examples), CALIBRATED), BATCH)
        )

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {"pixels": np.stack(batch)}
