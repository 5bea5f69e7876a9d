"""Vectors of products that are kept beside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from trainers.encoders.runtime import Vectors
from trainers.release import __main__ as program
from trainers.release import encoding


class Encoder:
    """The length of a content, and what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, contents: Sequence[str]) -> Mapping[str, Vectors]:
        self.asked = list(contents)
        return {content: np.full(2, len(content), np.float32) for content in contents if content != "gone"}


def test_what_was_computed_before_is_not_computed_again(tmp_path: Path) -> None:
    encode, file = Encoder(), tmp_path / "vectors" / "sentence-3.npz"
    first = encoding._kept(file, ["a", "bb", "a", ""], 2, encode)
    assert first.tolist() == [[1, 1], [2, 2], [1, 1], [0, 0]]
    assert encode.asked == ["a", "bb"]
    second = encoding._kept(file, ["bb", "ccc", "gone"], 2, encode)
    assert second.tolist() == [[2, 2], [3, 3], [0, 0]]
    assert encode.asked == ["ccc", "gone"]
    with np.load(file) as kept:
        assert len(kept["keys"]) == 2, "what no product has any more is not kept"


def test_a_shop_without_anything_to_encode_has_vectors_all_the_same(tmp_path: Path) -> None:
    assert encoding._kept(tmp_path / "clip_image-3.npz", ["", ""], 2, Encoder()).tolist() == [[0, 0], [0, 0]]
    assert encoding._kept(tmp_path / "clip_image-3.npz", [""], 2, Encoder()).tolist() == [[0, 0]]


def test_an_encoder_that_cannot_be_shown_products_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program._parse(["train", "--encoders", "clip_text"])
    assert "clip_text" in capsys.readouterr().err
