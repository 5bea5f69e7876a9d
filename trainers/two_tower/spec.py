"""The feature specification: how products and histories become the towers' inputs, as data.

Training and serving both follow the file; neither imports the other's code. Golden rows hold them to each other.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import KINDS, DataError, Encoder, Products
from trainers.two_tower.config import Config

Texts = NDArray[np.object_]


@dataclass(frozen=True)
class FeatureSpec:
    """What feature_spec.json says."""

    dimension: int
    history_length: int
    title_lowercase: bool = True
    title_pattern: str = r"[^\W_]+"
    title_max_tokens: int = 32
    category_depth: int = 4
    max_attributes: int = 16
    max_preferred_categories: int = 8
    kinds: Mapping[str, int] = field(default_factory=lambda: dict(KINDS))
    encoders: tuple[Encoder, ...] = ()
    """Those whose vectors the item tower takes, one beside the other."""

    def to_json(self) -> str:
        """The file's text."""
        title = {
            "lowercase": self.title_lowercase,
            "pattern": self.title_pattern,
            "max_tokens": self.title_max_tokens,
        }
        spec: dict[str, Any] = {
            "dimension": self.dimension,
            "history_length": self.history_length,
            "title": title,
            "category_depth": self.category_depth,
            "max_attributes": self.max_attributes,
            "max_preferred_categories": self.max_preferred_categories,
            "kinds": dict(self.kinds),
        }
        if self.encoders:
            spec["encoders"] = [vars(encoder) for encoder in self.encoders]
        return json.dumps(spec, indent=2) + "\n"

    def tokens(self, title: str) -> list[str]:
        """The words of a title.

        >>> FeatureSpec(64, 50).tokens("Men's T-Shirt_XL")
        ['men', 's', 't', 'shirt', 'xl']
        """
        return re.findall(self.title_pattern, title.lower() if self.title_lowercase else title)

    def items(self, products: Products) -> "ItemInputs":
        """The item tower's rows of a catalogue."""
        attributes = [sorted(f"{key}={value}" for key, value in row.items()) for row in products.attributes]
        return ItemInputs(
            product_id=_padded([[product] for product in products.ids], 1),
            category_path=_padded(products.categories, self.category_depth),
            brand=_padded([[brand] for brand in products.brands], 1),
            price=np.asarray(products.prices, np.float32)[:, None],
            title_tokens=_padded([self.tokens(title) for title in products.titles], self.title_max_tokens),
            attributes=_padded(attributes, self.max_attributes),
            encoder_vectors=self._vectors(products) if self.encoders else None,
        )

    def _vectors(self, products: Products) -> NDArray[np.float32]:
        """Zeros where an encoder of this version made none: such products are placed without."""
        size = len(products)
        found = [products.vectors.get(each, np.zeros((size, each.dimension), np.float32)) for each in self.encoders]
        return np.concatenate(found, axis=1)


@dataclass(frozen=True)
class ItemInputs:
    """Rows of the item tower, padded with empty strings. The fields are the model's inputs."""

    product_id: Texts
    """[n, 1]"""
    category_path: Texts
    """[n, category_depth], root first"""
    brand: Texts
    """[n, 1]"""
    price: NDArray[np.float32]
    """[n, 1], in units of the currency; 0 when unknown"""
    title_tokens: Texts
    """[n, title_max_tokens]"""
    attributes: Texts
    """[n, max_attributes], `key=value`, sorted"""
    encoder_vectors: NDArray[np.float32] | None = None
    """[n, dimensions of all encoders]; an encoder's part is zeros where it had nothing to encode. None without any."""

    def feeds(self) -> dict[str, NDArray[Any]]:
        """Arrays by input name."""
        return {name: values for name, values in vars(self).items() if values is not None}

    def take(self, rows: NDArray[np.int64]) -> "ItemInputs":
        """Some of the rows."""
        return ItemInputs(**{name: values[rows] for name, values in self.feeds().items()})


def of_config(config: Config, products: Products | None = None) -> FeatureSpec:
    """The specification that a training makes.

    Raises:
        DataError: the products do not come with the vectors of the encoders that the settings name.
    """
    encoders = tuple(products.vectors) if products else ()
    if config.encoders != tuple(encoder.model for encoder in encoders):
        raise DataError(
            f"The settings name the encoders {_names(config.encoders)}, and the products come with vectors of "
            f"{_names([encoder.model for encoder in encoders])}. Vectors come with python -m trainers.release train "
            "--encoders."
        )
    return FeatureSpec(config.dimension, config.history_length, encoders=encoders)


def parse(text: str) -> FeatureSpec:
    """Reads a specification."""
    spec = json.loads(text)
    title = spec["title"]
    names = ("dimension", "history_length", "category_depth", "max_attributes", "max_preferred_categories", "kinds")
    return FeatureSpec(
        title_lowercase=title["lowercase"],
        title_pattern=title["pattern"],
        title_max_tokens=title["max_tokens"],
        encoders=tuple(Encoder(**each) for each in spec.get("encoders", ())),
        **{name: spec[name] for name in names},
    )


def _names(encoders: Sequence[str]) -> str:
    return ", ".join(encoders) or "none"


def _padded(rows: Sequence[Sequence[str]], size: int) -> Texts:
    padded = np.full((len(rows), size), "", dtype=object)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row[:size]
    return padded
