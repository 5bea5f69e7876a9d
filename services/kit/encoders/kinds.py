"""What is to be known of an encoder to ask it; services have such in their domains, which import nothing."""

from typing import Protocol


class Encoder(Protocol):
    """One version of a model on the inference server."""

    @property
    def model(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dimension(self) -> int: ...


class TextEncoder(Encoder, Protocol):
    """Makes vectors of texts; can be told apart by its hash."""

    @property
    def max_tokens(self) -> int: ...
    @property
    def pad_id(self) -> int: ...
    @property
    def tokenizer(self) -> str:
        """The JSON of the `tokenizers` library."""
        ...


class PictureEncoder(Encoder, Protocol):
    """Makes vectors of pictures."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fit(self) -> str: ...
    @property
    def resample(self) -> str: ...
    @property
    def background(self) -> tuple[int, int, int]: ...
