"""open_clip, imported with what a CPU build of torch needs; nothing else here imports it or timm."""

import os
from importlib.util import find_spec
from pathlib import Path

import torch

SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def _define_missing_operators() -> None:
    """torchvision's compiled operators miss beside a CPU build of torch, and its import fails without their names.

    Where they are not missing (a build for CUDA) they must not be named twice: loading them would fail then.
    """
    found = find_spec("torchvision")
    folder = Path(found.origin).parent if found and found.origin else Path()
    try:
        torch.ops.load_library(str(next(folder.glob("_C*.so"))))  # type: ignore[no-untyped-call]
    except (OSError, StopIteration):
        for name in ("nms", "qnms"):
            _LIBRARY.define(name + SIGNATURE)  # type: ignore[no-untyped-call]


_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
_define_missing_operators()

import open_clip  # noqa: E402
from open_clip.hf_model import HFTextEncoder  # noqa: E402
from open_clip.loss import ClipLoss  # noqa: E402
from open_clip.timm_model import TimmModel  # noqa: E402
from transformers.utils import logging as _logging  # noqa: E402

# It reports layers that are left out on purpose.
_logging.set_verbosity_error()  # type: ignore[no-untyped-call]

__all__ = ["ClipLoss", "HFTextEncoder", "TimmModel", "open_clip"]
