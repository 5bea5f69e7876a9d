"""Strings to places in embedding tables. In the exported towers the same tables are LabelEncoder nodes."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from trainers.datasets import Events
from trainers.two_tower.config import Config
from trainers.two_tower.spec import ItemInputs, Texts

PADDING, UNKNOWN = 0, 1


@dataclass(frozen=True)
class Vocabulary:
    """Known strings; their places begin behind those of padding (the empty string) and unknown."""

    entries: tuple[str, ...]

    def __len__(self) -> int:
        """Rows of the embedding table."""
        return len(self.entries) + 2

    @cached_property
    def places(self) -> dict[str, int]:
        """Row by string."""
        return {"": PADDING} | {entry: i for i, entry in enumerate(self.entries, start=2)}

    def __call__(self, texts: Texts) -> torch.Tensor:
        """Places of strings of any shape, int64."""
        found = [self.places.get(text, UNKNOWN) for text in texts.ravel()]
        return torch.tensor(found, dtype=torch.int64).reshape(texts.shape)


@dataclass(frozen=True)
class Vocabularies:
    """One for each kind of string."""

    products: Vocabulary
    categories: Vocabulary
    brands: Vocabulary
    words: Vocabulary
    attributes: Vocabulary


def build(inputs: ItemInputs, events: Events, config: Config) -> Vocabularies:
    """Vocabularies of the training data.

    A product has an id of its own only if somebody did something with it: an id embedding that was never trained
    would be noise, and the content alone is better.
    """
    ids = sorted(inputs.product_id[np.unique(events.item), 0])
    return Vocabularies(
        products=Vocabulary(tuple(ids)),
        categories=_common(inputs.category_path.ravel(), 1),
        brands=_common(inputs.brand.ravel(), config.least_count),
        words=_common(inputs.title_tokens.ravel(), config.least_count),
        attributes=_common(inputs.attributes.ravel(), config.least_count),
    )


def _common(texts: Iterable[str], least: int) -> Vocabulary:
    counts = Counter(texts)
    return Vocabulary(tuple(sorted(text for text, count in counts.items() if text and count >= least)))
