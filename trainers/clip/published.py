"""Published CLIP weights through open_clip: by its tag, by a name on the hub, or from a local file."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import nn

from trainers.clip.build import SPACE, Encoders
from trainers.encoders.export import ClipTexts, Pictures
from trainers.encoders.open_clip import open_clip
from trainers.encoders.spec import PictureSpec, TextSpec
from trainers.release.errors import ReleaseError

WHITE = (255, 255, 255)
WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
"""How CLIP cuts text into words (open_clip's tokenizer.py)."""


def load(name: str, weights: str, credit: Mapping[str, str]) -> Encoders:
    """A published CLIP.

    Args:
        name: open_clip's name of the model, or `hf-hub:organisation/model`.
        weights: a tag that open_clip knows, or a local file; empty with a hub name.
        credit: where it comes from and under which licence, for the report.

    Raises:
        ReleaseError: open_clip does not know it, or cannot get it.
    """
    try:
        model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=weights or None)
        tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:  # the library raises what its parts do
        raise ReleaseError(f"open_clip does not load {name} with weights {weights!r}: {error}") from error
    model = model.eval()
    length = int(model.context_length)
    text = TextSpec("clip_text", SPACE, _dimension(model, length), length, *_tokenizer(tokenizer))
    config = open_clip.get_model_preprocess_cfg(model)
    size = config["size"]
    height, width = size if isinstance(size, tuple | list) else (size, size)
    picture = PictureSpec(
        "clip_image", SPACE, text.dimension, int(width), int(height), _fit(config), config["interpolation"], WHITE
    )
    del preprocess
    looks = Pictures(model, tuple(config["mean"]), tuple(config["std"]))
    return Encoders(ClipTexts(model, length).eval(), looks.eval(), text, picture, {"credits": [dict(credit)]})


def _dimension(model: nn.Module, length: int) -> int:
    with torch.inference_mode():
        return int(model.encode_text(torch.zeros(1, length, dtype=torch.long)).shape[-1])  # type: ignore[operator]


def _fit(config: Mapping[str, Any]) -> str:
    """open_clip cuts what is not square; a shop's product would lose its ends, so that it is padded instead."""
    return "squash" if config["resize_mode"] == "squash" else "pad"


def _tokenizer(tokenizer: Any) -> tuple[int, Mapping[str, Any]]:
    """Its id of padding, and the JSON of the `tokenizers` library that makes the same tokens."""
    backend = getattr(getattr(tokenizer, "tokenizer", None), "backend_tokenizer", None)
    if backend is not None:
        backend.no_padding()
        backend.no_truncation()
        return int(tokenizer.tokenizer.pad_token_id or 0), json.loads(backend.to_str())
    made = Tokenizer(models.BPE(tokenizer.encoder, list(tokenizer.bpe_ranks), end_of_word_suffix="</w>"))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip(), normalizers.Lowercase()]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    begin, end = ((name, tokenizer.encoder[name]) for name in ("<start_of_text>", "<end_of_text>"))
    made.post_processor = processors.RobertaProcessing(end, begin, trim_offsets=False, add_prefix_space=False)
    return 0, json.loads(made.to_str())
