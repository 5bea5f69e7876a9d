"""The products of a shop with their pictures and facts, from Aisle's own format or *Fashion Product Images*."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from trainers.datasets import DataError
from trainers.datasets.aisle import find

FASHION = {"gender": "gender", "baseColour": "colour", "season": "season", "year": "year", "usage": "usage"}
FASHION_PATH = ("masterCategory", "subCategory", "articleType")
EMPTY = ("", "NA", "null", "None")


class TooFewPictures(DataError):
    """The products may be fine; there is nothing to see."""


@dataclass(frozen=True)
class Product:
    """What encoders learn from, and are measured on."""

    id: str
    title: str
    category: tuple[str, ...]
    """Names from the root to the leaf."""
    brand: str
    attributes: Mapping[str, str]
    pictures: tuple[Path, ...]
    description: str = ""


def read(folders: Sequence[Path]) -> list[Product]:
    """Reads the products that have a picture, too: CLIP can learn nothing from the others.

    Raises:
        DataError: a folder has no products.
        TooFewPictures: none has a picture.
    """
    pictured = [product for product in titled(folders) if product.pictures]
    if not pictured:
        raise TooFewPictures(f"No product in {_named(folders)} has a title and a picture.")
    return pictured


def titled(folders: Sequence[Path]) -> list[Product]:
    """Reads the products that have a title; those that stand in several folders have the pictures of all of them.

    Raises:
        DataError: a folder has no products, or none has a title.
    """
    found: dict[str, Product] = {}
    for folder in folders:
        for product in _products(folder):
            before = found.get(product.id)
            pictures = (before.pictures if before else ()) + product.pictures
            found[product.id] = replace(before or product, pictures=pictures)
    usable = [product for product in found.values() if product.title]
    if not usable:
        raise DataError(f"No product in {_named(folders)} has a title.")
    return usable


def _named(folders: Sequence[Path]) -> str:
    return ", ".join(map(str, folders))


def _products(folder: Path) -> Iterator[Product]:
    if (folder / "styles.csv").exists():
        return _fashion(folder)
    file = find(folder, "products")
    if file is None:
        raise DataError(f"{folder} has neither products.parquet, .jsonl or .csv nor styles.csv.")
    return _aisle(folder, file)


def _fashion(folder: Path) -> Iterator[Product]:
    with (folder / "styles.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            facts = {name: (row.get(column) or "").strip() for column, name in FASHION.items()}
            facts["year"] = facts["year"].removesuffix(".0")
            path = (row[column].strip() for column in FASHION_PATH)
            picture = folder / "images" / f"{row['id']}.jpg"
            yield Product(
                id=row["id"],
                title=row["productDisplayName"].strip(),
                category=tuple(name for name in path if name not in EMPTY),
                brand="",
                attributes={name: value for name, value in facts.items() if value not in EMPTY},
                pictures=(picture,) if picture.exists() else (),
            )


def _aisle(folder: Path, file: Path) -> Iterator[Product]:
    for row in _rows(file):
        attributes = row.get("attributes") or {}
        if isinstance(attributes, str):
            attributes = json.loads(attributes) if attributes.strip() else {}
        elif isinstance(attributes, list):  # how pyarrow gives a map
            attributes = dict(attributes)
        images = row.get("images") or []
        names = images.split("|") if isinstance(images, str) else images
        category = row.get("category") or ""
        path = category.split(">") if isinstance(category, str) else category
        files = (folder / name for name in names if name)
        yield Product(
            id=str(row["id"]),
            title=str(row.get("title") or "").strip(),
            category=tuple(name.strip() for name in path if name.strip()),
            brand=str(row.get("brand") or "").strip(),
            attributes={str(name): str(value) for name, value in attributes.items() if value},
            pictures=tuple(picture for picture in files if picture.is_file()),
            description=str(row.get("description") or "").strip(),
        )


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    match file.suffix:
        case ".parquet":
            yield from parquet.read_table(file).to_pylist()
        case ".csv":
            with file.open(newline="", encoding="utf-8-sig") as stream:
                yield from csv.DictReader(stream)
        case _:
            with file.open(encoding="utf-8") as stream:
                yield from (json.loads(line) for line in stream if line.strip())
