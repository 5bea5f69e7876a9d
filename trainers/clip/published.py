"""Published CLIP weights through open_clip: by its tag, by a name on the hub, or from a local file."""

import json
import re
import string
from collections.abc import Mapping
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import nn

from trainers.clip.build import SPACE, Encoders
from trainers.encoders import golden
from trainers.encoders.export import ClipTexts, Pictures
from trainers.encoders.open_clip import open_clip
from trainers.encoders.spec import PictureSpec, TextSpec
from trainers.encoders.texts import Tokens
from trainers.release.errors import ReleaseError

SimpleTokenizer, get_clean_fn = open_clip.tokenizer.SimpleTokenizer, open_clip.tokenizer.get_clean_fn
WHITE = (255, 255, 255)
WORDS = r"""<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
"""How CLIP cuts text into words (open_clip's tokenizer.py)."""
SPACES = (normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip())
MENDED = (
    normalizers.NFC(),
    normalizers.Replace(Regex("[\u02bc\u2018-\u201b]"), "'"),
    normalizers.Replace(Regex("[\u201c-\u201f]"), '"'),
)
"""Of what ftfy mends in a text, what shops have in theirs."""
CLEANING = {
    "lower": (*SPACES, normalizers.Lowercase()),
    "whitespace": SPACES,
    "canonicalize": (
        normalizers.Replace("_", " "),
        normalizers.Replace(Regex(f"[{re.escape(string.punctuation)}]"), ""),
        normalizers.Lowercase(),
        *SPACES,
    ),
}
"""open_clip's ways to clean texts (`get_clean_fn` in its tokenizer.py), by their names."""
TITLE = "Women’s T-Shirt_dress “Navy” (M/L),  100% cotton"
"""A text with what cleaning is about."""


def load(name: str, weights: str, credit: Mapping[str, str]) -> Encoders:
    """A published CLIP.

    Args:
        name: open_clip's name of the model, or `hf-hub:organisation/model`.
        weights: a tag that open_clip knows, or a local file; empty with a hub name.
        credit: where it comes from and under which licence, for the report.

    Raises:
        ReleaseError: open_clip does not know it, or cannot get it; or its tokens cannot be made while serving.
    """
    try:
        model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=weights or None)
        tokenizer = open_clip.get_tokenizer(name)
    except Exception as error:  # the library raises what its parts do
        raise ReleaseError(f"open_clip does not load {name} with weights {weights!r}: {error}") from error
    model = model.eval()
    length = int(model.context_length)
    text = TextSpec("clip_text", SPACE, _dimension(model, length), length, *_tokenizer(name, tokenizer))
    _check_tokens(name, tokenizer, text)
    config = open_clip.get_model_preprocess_cfg(model)
    size = config["size"]
    height, width = size if isinstance(size, tuple | list) else (size, size)
    picture = PictureSpec(
        "clip_image", SPACE, text.dimension, int(width), int(height), _fit(config), config["interpolation"], WHITE
    )
    del preprocess
    looks = Pictures(model, tuple(config["mean"]), tuple(config["std"]))
    return Encoders(
        ClipTexts(model, length, text.pad_id).eval(), looks.eval(), text, picture, {"credits": [dict(credit)]}
    )


def _dimension(model: nn.Module, length: int) -> int:
    with torch.inference_mode():
        return int(model.encode_text(torch.zeros(1, length, dtype=torch.long)).shape[-1])  # type: ignore[operator]


def _fit(config: Mapping[str, Any]) -> str:
    """open_clip cuts what is not square; a shop's product would lose its ends, so that it is padded instead."""
    return "squash" if config["resize_mode"] == "squash" else "pad"


def _tokenizer(name: str, tokenizer: Any) -> tuple[int, Mapping[str, Any]]:
    """Its id of padding, and the JSON of the `tokenizers` library that makes the same tokens.

    Raises:
        ReleaseError: it does what that library does not.
    """
    if isinstance(tokenizer, SimpleTokenizer):
        pad_id, made = 0, _of_clip(tokenizer)
    else:
        pad_id, made = _of_transformers(name, tokenizer)
    own = [made.normalizer] if made.normalizer is not None else []
    made.normalizer = normalizers.Sequence([*_cleaning(name, tokenizer), *own])
    return pad_id, json.loads(made.to_str())


def _of_clip(tokenizer: Any) -> Tokenizer:
    made = Tokenizer(models.BPE(tokenizer.encoder, list(tokenizer.bpe_ranks), end_of_word_suffix="</w>"))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    begin, end = ((name, tokenizer.encoder[name]) for name in ("<start_of_text>", "<end_of_text>"))
    made.post_processor = processors.RobertaProcessing(end, begin, trim_offsets=False, add_prefix_space=False)
    return made


def _of_transformers(name: str, tokenizer: Any) -> tuple[int, Tokenizer]:
    inner = getattr(tokenizer, "tokenizer", None)
    backend, pad_id = getattr(inner, "backend_tokenizer", None), getattr(inner, "pad_token_id", None)
    if backend is None or pad_id is None:
        raise ReleaseError(
            f"{name} cuts texts by {type(inner).__name__}, which the `tokenizers` library cannot stand for."
        )
    made = Tokenizer.from_str(backend.to_str())
    made.no_padding()
    made.no_truncation()
    return int(pad_id), made


def _cleaning(name: str, tokenizer: Any) -> list[Any]:
    """What open_clip does to a text before it is cut into words."""
    known = {get_clean_fn(kind): steps for kind, steps in CLEANING.items()}
    # The tokenizer of SigLIP's own files has it built in.
    steps = known.get(getattr(tokenizer, "clean_fn", get_clean_fn("canonicalize")))
    if steps is None:
        raise ReleaseError(f"{name} cleans texts in a way of its own; serving knows {', '.join(CLEANING)}.")
    return [*MENDED, *steps]


def _check_tokens(name: str, tokenizer: Any, spec: TextSpec) -> None:
    """Holds the specification to open_clip's own tokens, padding and all: golden rows are made by it.

    Raises:
        ReleaseError: a text gets other tokens.
    """
    tokens = Tokens(spec)
    for text in (*golden.TEXTS, TITLE):
        own = tokenizer([text], context_length=spec.max_tokens)[0].tolist()
        ids = tokens([text])[0][0].tolist()
        if ids + [spec.pad_id] * (spec.max_tokens - len(ids)) != own:
            raise ReleaseError(f"{name} cannot be served: its tokens of {text[:40]!r} are {own[:8]}, not {ids[:8]}.")
