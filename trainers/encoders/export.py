"""Encoders as ONNX files that take what a client has: token ids, or pixels as bytes."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.encoders.open_clip import HFTextEncoder

OPSET = 18
IR_VERSION = 10
"""Not the newest: model servers are upgraded more slowly than trainers."""
TEXT_INPUTS, PICTURE_INPUT, OUTPUT = ("input_ids", "attention_mask"), "pixels", "vector"


class SentenceTexts(nn.Module):
    """An open_clip text tower around a sentence encoder: ids and mask to vectors of length 1."""

    def __init__(self, tower: HFTextEncoder) -> None:
        super().__init__()
        self.tower = tower
        self.length = int(tower.context_length)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Mean of the tokens, projected."""
        transformer: Any = self.tower.transformer
        # Zeros and large negative numbers are added to the scores: ready-made, so that nothing depends on the data.
        hidden = transformer.embeddings(input_ids=input_ids)
        hidden = transformer.encoder(hidden, attention_mask=_additive(attention_mask, hidden.dtype)).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        vectors: Tensor = self.tower.proj(mean)
        return functional.normalize(vectors, dim=-1)


class ClipTexts(nn.Module):
    """A text tower of open_clip's own, which takes texts of one length: shorter ones are filled up inside."""

    def __init__(self, model: nn.Module, length: int, pad_id: int = 0) -> None:
        super().__init__()
        self.model: Any = model
        self.length, self.pad_id = length, pad_id

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Puts padding where the mask hides something, and behind."""
        hidden = (input_ids - self.pad_id) * attention_mask
        filled = functional.pad(hidden, (0, self.length - hidden.shape[1])) + self.pad_id
        vectors: Tensor = self.model.encode_text(filled)
        return functional.normalize(vectors, dim=-1)


class Pictures(nn.Module):
    """A picture tower with normalisation inside: bytes [N, H, W, 3] to vectors of length 1."""

    def __init__(self, model: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.model: Any = model
        self.shift: Tensor
        self.spread: Tensor
        self.register_buffer("shift", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("spread", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Normalises and encodes."""
        image = (pixels.permute(0, 3, 1, 2).float() / 255 - self.shift) / self.spread
        vectors: Tensor = self.model.encode_image(image)
        return functional.normalize(vectors, dim=-1)


def text(module: SentenceTexts | ClipTexts, file: Path) -> None:
    """Writes a text encoder for any number of texts, of any length that the tower can take."""
    shape: dict[int, object] = {
        0: torch.export.Dim("batch", min=1),
        1: torch.export.Dim("length", min=1, max=module.length),
    }
    examples = tuple(torch.ones(2, 7, dtype=torch.int64) for _ in TEXT_INPUTS)
    _write(module, examples, dict.fromkeys(TEXT_INPUTS, shape), file)


def picture(module: nn.Module, file: Path, height: int, width: int) -> None:
    """Writes a picture encoder for pictures of one size, any number of them."""
    example = torch.zeros(2, height, width, 3, dtype=torch.uint8)
    _write(module, (example,), {PICTURE_INPUT: {0: torch.export.Dim("batch", min=1)}}, file)


def _additive(mask: Tensor, kind: torch.dtype) -> Tensor:
    return (1.0 - mask[:, None, None, :].to(kind)) * torch.finfo(kind).min


def _write(
    module: nn.Module, examples: tuple[Tensor, ...], shapes: Mapping[str, dict[int, object]], file: Path
) -> None:
    with warnings.catch_warnings():
        # torch warns of its own internals and of libraries that are not needed here.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            module.eval(),
            examples,
            dynamo=True,
            input_names=list(shapes),
            output_names=[OUTPUT],
            dynamic_shapes=tuple(shapes.values()),
            opset_version=OPSET,
            optimize=True,
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, file)
