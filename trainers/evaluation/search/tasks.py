"""Questions with their right answers, by the public KAGL protocol, or from a file of it."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainers.clip.data import Product
from trainers.datasets import DataError

Truth = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Task:
    """Questions, and the ids of the products that answer each."""

    name: str
    truth: Truth
    pictures_alone: bool
    """Whether documents are pictures only; else the vectors of their texts are mixed in."""


def of_products(products: Sequence[Product]) -> list[Task]:
    """The tasks of the protocol on these products, which are the corpus too."""
    return [
        Task("text-to-image", _by(products, lambda product: product.title), pictures_alone=True),
        Task("category-to-product", _by(products, lambda product: _level(product, -2)), pictures_alone=False),
        Task("fine-category-to-product", _by(products, lambda product: _level(product, -1)), pictures_alone=False),
        Task("colour-to-product", _by(products, _colour), pictures_alone=False),
    ]


def read(file: Path, known: set[str]) -> Truth:
    """Reads `{query: {id: 1}}`; ids with 0 are wrong answers, and ids that the corpus does not have are left out.

    Raises:
        DataError: the file is not of that form, or none of its ids is in the corpus.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(ids, dict) for ids in content.values()):
        raise DataError(f'{file} is not of the form {{"query": {{"id": 1}}}}.')
    found = {
        query: {str(id_): 1 for id_, grade in ids.items() if grade and str(id_) in known}
        for query, ids in content.items()
    }
    found = {query: ids for query, ids in found.items() if ids}
    if not found:
        raise DataError(f"No id in {file} is the name of a picture in the corpus.")
    return found


def _by(products: Sequence[Product], value: Callable[[Product], str]) -> Truth:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for product in products:
        if asked := value(product):
            found[asked][product.id] = 1
    return dict(found)


def _level(product: Product, place: int) -> str:
    return product.category[place] if len(product.category) >= -place else ""


def _colour(product: Product) -> str:
    return product.attributes.get("colour") or product.attributes.get("color") or ""
