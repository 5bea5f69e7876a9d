"""What the encoders of search make of the products, for towers that take their vectors."""

import argparse
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
from aisle.search.v1 import search_release_service_pb2 as pb

from trainers.datasets import Encoder
from trainers.encoders import candidate, extract, places, publish
from trainers.encoders.places import Places
from trainers.encoders.runtime import Vectors
from trainers.encoders.shop import Shop
from trainers.encoders.spec import TextSpec
from trainers.release.errors import ReleaseError

Make = Callable[[Sequence[str]], Mapping[str, Vectors]]


def released(options: argparse.Namespace, models: Sequence[str]) -> tuple[Encoder, ...]:
    """The encoders of those names in the search release that is promoted.

    Raises:
        ReleaseError: there is none; says what to do.
    """
    where = places.from_flags(options, named=True)
    with Shop(where) as shop:
        promoted = [found for found in publish.releases(shop) if found.state == pb.SearchRelease.STATE_PROMOTED]
    if not promoted:
        raise ReleaseError("Search has no encoders yet. Make some, and wait for them: python -m trainers.clip all")
    number = publish.number(promoted[0])
    specs = candidate.specs(where.releases / str(number))
    if lacking := sorted(set(models) - set(specs)):
        raise ReleaseError(
            f"Search release {number} has no encoder {lacking[0]} in {where.releases / str(number)}. Name others with "
            "--encoders, or make it: python -m trainers.clip all"
        )
    return tuple(Encoder(model, str(number), specs[model].dimension) for model in models)


def vectors(options: argparse.Namespace, offline: Path, encoders: Sequence[Encoder]) -> dict[Encoder, Vectors]:
    """Vectors of the products that were extracted to a folder, in their order; what was computed before is kept there.

    Encoders whose files are gone are left out, as they are where products are placed.

    Raises:
        ReleaseError: the catalogue does not give a picture.
    """
    where = places.from_flags(options, named=True)
    products = parquet.read_table(offline / "products.parquet", columns=["title", "description", "images"]).to_pylist()
    texts = [said(product["title"], product["description"]) for product in products]
    pictures = [extract.name_of(product["images"][0]) if product["images"] else "" for product in products]
    found = {}
    for encoder in encoders:
        folder, file = where.releases / encoder.version, offline / "vectors" / f"{encoder.model}-{encoder.version}.npz"
        spec = candidate.specs(folder).get(encoder.model)
        if spec is None:
            continue
        if isinstance(spec, TextSpec):
            found[encoder] = _kept(file, texts, encoder.dimension, partial(_of_texts, folder, encoder.model))
        else:
            found[encoder] = _kept(
                file, pictures, encoder.dimension, partial(_of_pictures, where, folder, encoder.model)
            )
    return found


def said(title: str | None, description: str | None) -> str:
    """What is said of a product to an encoder of texts; recs says the same."""
    return ". ".join(filter(None, (title, description)))


def _kept(file: Path, contents: Sequence[str], dimension: int, make: Make) -> Vectors:
    """A vector for each of the contents, zeros for empty ones; made are those that are not in the file yet."""
    keys = [hashlib.sha256(content.encode()).hexdigest() if content else "" for content in contents]
    known: dict[str, Any] = {"": np.zeros(dimension, np.float32)}
    if file.exists():
        with np.load(file) as before:
            known |= dict(zip(before["keys"].tolist(), before["vectors"], strict=True))
    missing = {content: key for key, content in zip(keys, contents, strict=True) if key not in known}
    if missing:
        known |= {missing[content]: vector for content, vector in make(list(missing)).items()}
    used = sorted({key for key in keys if key and key in known})
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new.npz")
    np.savez(draft, keys=np.array(used, str), vectors=np.array([known[key] for key in used], np.float32))
    draft.replace(file)
    return np.stack([known.get(key, known[""]) for key in keys])


def _of_texts(folder: Path, model: str, texts: Sequence[str]) -> Mapping[str, Vectors]:
    encode = candidate.texts(folder, model)
    assert encode is not None
    return dict(zip(texts, encode(texts, quiet=False), strict=True))


def _of_pictures(where: Places, folder: Path, model: str, names: Sequence[str]) -> Mapping[str, Vectors]:
    """Of pictures by name, without those that were taken away meanwhile."""
    encode = candidate.pictures_of(folder, model)
    assert encode is not None
    kept = where.offline / extract.PICTURES
    kept.mkdir(parents=True, exist_ok=True)
    with Shop(where) as shop:
        gone = extract.fetch(shop, kept, {extract.file_of(name): name for name in names})
    there = [name for name in names if extract.file_of(name) not in gone]
    return dict(zip(there, encode([kept / extract.file_of(name) for name in there], quiet=False), strict=True))
