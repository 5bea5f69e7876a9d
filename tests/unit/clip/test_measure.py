"""The score by which an epoch is chosen, on vectors that can be looked at."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from trainers.clip.data import Product
from trainers.clip.features import Cache
from trainers.clip.measure import Score, Validation

PICTURES = ("1.jpg",)


class Places(nn.Module):
    """A model whose pictures are their features and whose texts are unit vectors by their first letter."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))

    def project(self, features: torch.Tensor) -> torch.Tensor:
        return features

    def encode_text(self, ids: torch.Tensor, normalize: bool) -> torch.Tensor:
        assert normalize
        return torch.eye(26)[ids[:, 0]]


def first_letters(texts: list[str]) -> tuple[np.ndarray, None]:
    return np.array([[ord(text[0].lower()) - ord("a")] for text in texts]), None


def score(letters: str, titles: list[str], colours: list[str]) -> Score:
    products = [
        Product(str(n), title, (), "", {"colour": colour}, (Path("x.jpg"),))
        for n, (title, colour) in enumerate(zip(titles, colours, strict=True))
    ]
    places = np.arange(len(products))
    features = np.stack([np.eye(26, dtype=np.float32)[ord(letter) - ord("a")] for letter in letters])
    cache = Cache(np.stack([features, features], axis=1), places, 1)
    return Validation(products, places).score(Places(), cache, first_letters)  # type: ignore[arg-type]


def test_everything_is_found() -> None:
    assert score("abc", ["ant", "bee", "cat"], ["a", "b", "c"]) == Score(1, 1)


def test_a_title_or_a_colour_is_missed_where_others_are_nearer() -> None:
    # Eleven pictures lie where the words that begin with b do: one more colour that does is another picture's.
    found = score("b" * 11 + "c", ["bee"] * 11 + ["cat"], ["blue"] * 11 + ["bronze"])
    assert found.titles == pytest.approx((10 / 11 + 1) / 2)
    assert found.facts == pytest.approx((1 + 0) / 2)
    assert found.mean == pytest.approx((found.titles + found.facts) / 2)
