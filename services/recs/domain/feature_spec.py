"""The feature specification of a release: how products and histories become the towers' inputs.

It is data that the trainer wrote; serving follows it, so that training and serving cannot differ. Golden rows in the
release hold the two to each other.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.recs.domain import ranker_spec
from services.recs.domain.ranker_spec import RankerSpec
from services.recs.domain.shopper import Interaction


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What is known of a product, for tower and index."""

    product_id: str
    category_ids: tuple[str, ...]
    """From the root to the leaf."""
    brand: str
    price: float
    """In units of the currency; 0 when unknown."""
    currency: str
    title: str
    attributes: Mapping[str, str]
    in_stock: bool
    rating: float
    create_time: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ItemInputs:
    """One row of the item tower's inputs, padded."""

    product_id: str
    category_path: tuple[str, ...]
    brand: str
    price: float
    title_tokens: tuple[str, ...]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One event as the user tower takes it."""

    product_id: str
    kind: int
    age_h: float
    """Hours before now."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """One version of an encoder of search; its version is the number of the search release that it is of."""

    model: str
    version: str
    dimension: int


@dataclass(frozen=True)
class FeatureSpec:
    """A specification, read."""

    title_lowercase: bool
    title_pattern: re.Pattern[str]
    title_max_tokens: int
    history_length: int
    dimension: int
    category_depth: int
    max_attributes: int
    max_preferred_categories: int
    kinds: Mapping[int, int]
    """Code of the user tower by event kind."""
    ranker: RankerSpec | None = None
    """What the ranker is told, where there is one."""
    encoders: tuple[Encoder, ...] = ()
    """Those whose vectors the item tower takes, one beside the other; mostly none."""

    @property
    def item_tower(self) -> str:
        """The model that places products."""
        return "encoded_item_tower" if self.encoders else "item_tower"

    def item_inputs(self, facts: ItemFacts) -> ItemInputs:
        """The item tower's row of a product."""
        title = facts.title.lower() if self.title_lowercase else facts.title
        tokens = self.title_pattern.findall(title)
        attributes = sorted(f"{key}={value}" for key, value in facts.attributes.items())
        return ItemInputs(
            product_id=facts.product_id,
            category_path=_padded(facts.category_ids, self.category_depth),
            brand=facts.brand,
            price=facts.price,
            title_tokens=_padded(tokens, self.title_max_tokens),
            attributes=_padded(attributes, self.max_attributes),
        )

    def steps(self, history: Sequence[Interaction], now_ms: int) -> list[Step]:
        """The newest events that the tower takes, oldest first."""
        steps = [
            Step(event.product_id, self.kinds[event.kind], max(0.0, (now_ms - event.time_ms) / 3_600_000))
            for event in history
            if event.kind in self.kinds
        ]
        return steps[-self.history_length :]

    def preferred(self, categories: Sequence[str]) -> tuple[str, ...]:
        """Preferred categories, padded."""
        return _padded(categories, self.max_preferred_categories)


def parse(text: str, kind_numbers: Mapping[str, int]) -> FeatureSpec:
    """Reads a specification. `kind_numbers` are the event kinds by name.

    Raises:
        ValueError: it is not JSON, or an entry is missing or wrong; says which.
    """
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if not isinstance(spec, dict):
        raise ValueError("must be a JSON object")
    title = spec.get("title")
    if not isinstance(title, dict):
        raise ValueError("needs `title`, an object")
    return FeatureSpec(
        title_lowercase=bool(title.get("lowercase", False)),
        title_pattern=_pattern(title.get("pattern")),
        title_max_tokens=_count(title, "max_tokens"),
        history_length=_count(spec, "history_length"),
        dimension=_count(spec, "dimension"),
        category_depth=_count(spec, "category_depth"),
        max_attributes=_count(spec, "max_attributes"),
        max_preferred_categories=_count(spec, "max_preferred_categories"),
        kinds=_kinds(spec.get("kinds"), kind_numbers),
        ranker=ranker_spec.parse(spec["ranker"], spec["kinds"]) if "ranker" in spec else None,
        encoders=_encoders(spec.get("encoders", [])),
    )


def _encoders(given: Any) -> tuple[Encoder, ...]:
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise ValueError("needs `encoders`, a list of objects")
    found = []
    for entry in given:
        model, version = entry.get("model"), entry.get("version")
        if not isinstance(model, str) or not isinstance(version, str) or not version.isdecimal():
            raise ValueError("needs `model` and `version` of each of `encoders`, a name and a number as text")
        found.append(Encoder(model, version, _count(entry, "dimension")))
    return tuple(found)


def _count(holder: Mapping[str, Any], name: str) -> int:
    value = holder.get(name)
    if type(value) is not int or not 1 <= value <= 100_000:
        raise ValueError(f"needs `{name}`, a number from 1")
    return value


def _pattern(text: Any) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, TypeError):
        raise ValueError("needs `title.pattern`, a regular expression") from None


def _kinds(given: Any, numbers: Mapping[str, int]) -> dict[int, int]:
    if not isinstance(given, dict) or not all(type(code) is int for code in given.values()):
        raise ValueError("needs `kinds`, numbers by event kind")
    return {numbers[name]: code for name, code in given.items() if name in numbers}


def _padded(values: Sequence[str], size: int) -> tuple[str, ...]:
    kept = tuple(values[:size])
    return kept + ("",) * (size - len(kept))
