"""The encoder specification of a release: which encoders there are, and how texts and pictures become their inputs.

It is data that the trainer wrote; serving follows it, so that training and serving cannot differ. Golden rows in it
hold the two to each other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_DIMENSIONS = 4096
LARGEST_SIDE = 1024
"""Pixels of a side of an encoder's pictures."""
FITS = ("pad", "squash")
RESAMPLES = ("bicubic", "bilinear")


@dataclass(frozen=True, slots=True)
class TextEncoder:
    """Makes vectors of texts."""

    model: str
    version: str
    space: str
    """Encoders of one space make vectors that may be compared."""
    dimension: int
    max_tokens: int
    pad_id: int
    tokenizer: str
    """The JSON of the `tokenizers` library."""
    answers_above: float
    """Inner product with a query from which a product counts as an answer to it; 1 where the trainer named none."""


@dataclass(frozen=True, slots=True)
class PictureEncoder:
    """Makes vectors of pictures."""

    model: str
    version: str
    space: str
    dimension: int
    width: int
    height: int
    fit: str
    resample: str
    background: tuple[int, int, int]
    same_above: float = 1.0
    """Inner product from which on two pictures are the same one, altered; 1 where the trainer named none."""

    @property
    def prepared(self) -> tuple[int, int, str, str, tuple[int, int, int]]:
        """Encoders that agree in this see the same pixels."""
        return self.width, self.height, self.fit, self.resample, self.background


@dataclass(frozen=True, slots=True)
class Space:
    """Vectors that may be compared, and what makes them."""

    name: str
    dimension: int
    text: TextEncoder | None
    picture: PictureEncoder | None


@dataclass(frozen=True)
class EncoderSpec:
    """A specification, read."""

    spaces: Mapping[str, Space]
    picture_weight: float
    """Of a product's picture in its vector, where the space has encoders for both."""
    text_weight: float
    golden: Mapping[str, Any] = field(default_factory=dict)
    """Rows by model."""

    @property
    def pictures(self) -> Space | None:
        """The space that pictures are searched in."""
        return next((space for space in self.spaces.values() if space.picture), None)


def parse(text: str) -> EncoderSpec:
    """Reads a specification.

    Raises:
        ValueError: it is not JSON, or an entry is missing or wrong; says which.
    """
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    entries = spec.get("encoders") if isinstance(spec, dict) else None
    if not isinstance(entries, dict) or not entries:
        raise ValueError("needs `encoders`, an object with at least one encoder")
    texts, pictures = dict[str, TextEncoder](), dict[str, PictureEncoder]()
    for name, entry in entries.items():
        encoder = _encoder(name, entry)
        kind: dict[str, Any] = texts if isinstance(encoder, TextEncoder) else pictures
        if encoder.space in kind:
            raise ValueError(f"has two encoders of one kind in the space `{encoder.space}`")
        kind[encoder.space] = encoder
    document = spec.get("document") or {}
    golden = spec.get("golden") or {}
    if not isinstance(document, dict) or not isinstance(golden, dict):
        raise ValueError("needs `document` and `golden` to be objects")
    return EncoderSpec(
        spaces={name: _space(name, texts.get(name), pictures.get(name)) for name in sorted({*texts, *pictures})},
        picture_weight=_weight(document, "picture_weight", 0.9),
        text_weight=_weight(document, "text_weight", 0.1),
        golden=golden,
    )


def _space(name: str, text: TextEncoder | None, picture: PictureEncoder | None) -> Space:
    lengths = {encoder.dimension for encoder in (text, picture) if encoder is not None}
    if len(lengths) != 1:
        raise ValueError(f"has encoders of different dimensions in the space `{name}`")
    return Space(name, lengths.pop(), text, picture)


def _encoder(name: str, entry: Any) -> TextEncoder | PictureEncoder:
    if not isinstance(entry, dict):
        raise ValueError(f"needs `encoders.{name}`, an object")
    at = f"encoders.{name}"
    model, version, space = (_name(entry, at, key) for key in ("model", "version", "space"))
    if not version.isdecimal():
        raise ValueError(f"needs `{at}.version`, a number as text")
    if not space.isidentifier() or len(space) > 40:
        raise ValueError(f"needs `{at}.space`, a name of letters, digits and underscores")
    dimension = _count(entry, at, "dimension", MOST_DIMENSIONS)
    if entry.get("kind") == "text":
        tokenizer = entry.get("tokenizer")
        if not isinstance(tokenizer, dict):
            raise ValueError(f"needs `{at}.tokenizer`, an object")
        return TextEncoder(
            model, version, space, dimension,
            max_tokens=_count(entry, at, "max_tokens", 8192),
            pad_id=_count(entry, at, "pad_id", 10_000_000, least=0),
            tokenizer=json.dumps(tokenizer),
            answers_above=_weight(entry, "answers_above", 1.0),
        )  # fmt: skip
    if entry.get("kind") != "image":
        raise ValueError(f"needs `{at}.kind`, text or image")
    return PictureEncoder(
        model, version, space, dimension,
        width=_count(entry, at, "width", LARGEST_SIDE),
        height=_count(entry, at, "height", LARGEST_SIDE),
        fit=_choice(entry, at, "fit", FITS),
        resample=_choice(entry, at, "resample", RESAMPLES),
        background=_colour(entry, at),
        same_above=_weight(entry, "same_above", 1.0),
    )  # fmt: skip


def _name(holder: Mapping[str, Any], at: str, key: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str) or not value:
        raise ValueError(f"needs `{at}.{key}`, a text")
    return value


def _count(holder: Mapping[str, Any], at: str, key: str, most: int, least: int = 1) -> int:
    value = holder.get(key)
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"needs `{at}.{key}`, a number from {least} to {most}")
    return value


def _choice(holder: Mapping[str, Any], at: str, key: str, choices: tuple[str, ...]) -> str:
    value = holder.get(key)
    if value not in choices:
        raise ValueError(f"needs `{at}.{key}`, one of {', '.join(choices)}")
    return str(value)


def _colour(holder: Mapping[str, Any], at: str) -> tuple[int, int, int]:
    value = holder.get("background")
    if not isinstance(value, list) or len(value) != 3 or not all(type(v) is int and 0 <= v <= 255 for v in value):
        raise ValueError(f"needs `{at}.background`, three numbers from 0 to 255")
    red, green, blue = value
    return red, green, blue


def _weight(holder: Mapping[str, Any], key: str, default: float) -> float:
    value = holder.get(key, default)
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise ValueError(f"needs `{key}`, a number from 0 to 1")
    return float(value)
