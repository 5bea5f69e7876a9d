"""What a client needs to know of an encoder to ask it: the encoder specification of a search release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TextSpec:
    """How a text becomes the input of its encoder."""

    model: str
    space: str
    """Encoders of one space make vectors that may be compared."""
    dimension: int
    max_tokens: int
    pad_id: int
    tokenizer: Mapping[str, Any]
    """The JSON of the `tokenizers` library."""
    answers_above: float = 1.0
    """Inner product with a question from which on a product counts as an answer to it; 1 where nobody measured it."""

    def to_json(self) -> dict[str, Any]:
        """The entry of an encoder specification, without a version."""
        return {"kind": "text", **vars(self)}


@dataclass(frozen=True)
class PictureSpec:
    """How a picture becomes the input of its encoder."""

    model: str
    space: str
    dimension: int
    width: int
    height: int
    fit: str
    """`squash` stretches the picture to width x height; `pad` keeps its shape and fills up with the background."""
    resample: str
    background: tuple[int, int, int]
    """Behind pictures that let light through, and around padded ones."""
    same_above: float = 1.0
    """Inner product from which on two pictures are the same one, altered; 1 where that is not what vectors say."""

    def to_json(self) -> dict[str, Any]:
        """The entry of an encoder specification, without a version."""
        return {"kind": "image", **vars(self), "background": list(self.background)}


Spec = TextSpec | PictureSpec


def of_json(entry: Mapping[str, Any]) -> Spec:
    """Reads an entry; what this code does not know of (a version, golden rows) is left aside."""
    kind = TextSpec if entry["kind"] == "text" else PictureSpec
    known = {name: entry[name] for name in kind.__dataclass_fields__ if name in entry}
    if kind is PictureSpec:
        known["background"] = tuple(known["background"])
    return kind(**known)
