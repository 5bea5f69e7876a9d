"""What the frozen part of the backbone makes of all pictures, computed once and kept on disk."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from trainers.clip import frozen
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.model import Clip, normalise
from trainers.datasets import DataError
from trainers.encoders import pictures
from trainers.encoders.progress import bar
from trainers.encoders.spec import PictureSpec

BATCH = 64
SAVED_EVERY = 32
"""Batches after which it is written down how far it went: a kill costs the ones since."""


@dataclass(frozen=True)
class Cache:
    """Features of pictures and of their mirror images."""

    features: NDArray[Any]
    """[pictures, 2, ...], half precision (bytes where nothing is frozen); the second is the mirror image."""
    owners: NDArray[np.int64]
    """The product of each picture, by its place among the products."""
    begun: int
    """Blocks that were computed."""

    def first(self, products: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each product's first picture."""
        return np.searchsorted(self.owners, products)


def cached(model: Clip, products: Sequence[Product], spec: PictureSpec, config: Config, folder: Path) -> Cache:
    """Computes the features of all pictures, or reads what an earlier run computed.

    Raises:
        DataError: a picture cannot be read.
    """
    files, owners = _files(products, config.pictures_per_product)
    begun = config.tuned_from
    with torch.inference_mode():
        shape = model.begin(torch.zeros(1, 3, spec.height, spec.width), begun).shape[1:]
    key = hashlib.sha256(json.dumps([list(map(_mark, files)), vars(spec) | {"model": ""}, begun]).encode()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    file, done = folder / f"{key[:16]}.npy", folder / f"{key[:16]}.done"
    start = int(done.read_text()) if done.exists() and file.exists() else 0
    if start:
        features = np.lib.format.open_memmap(file, mode="r+")
    else:
        features = np.lib.format.open_memmap(file, mode="w+", dtype=np.float16, shape=(len(files), 2, *shape))
    compute = frozen.part(model, begun, spec) if start < len(files) else None
    with bar("features", len(files), start, quiet=not config.progress) as step, torch.inference_mode():
        for number, begin in enumerate(range(start, len(files), BATCH), 1):
            batch = normalise(torch.from_numpy(np.stack([_read(path, spec) for path in files[begin : begin + BATCH]])))
            assert compute is not None
            both = [compute(pixels) for pixels in (batch, batch.flip(-1))]
            features[begin : begin + len(batch)] = np.stack(both, axis=1)
            step(len(batch))
            if number % SAVED_EVERY == 0:
                features.flush()
                done.write_text(str(begin + len(batch)))
    features.flush()
    done.write_text(str(len(files)))
    return Cache(np.load(file, mmap_mode="c"), owners, begun)


def pooled(model: Clip, cache: Cache, config: Config) -> Cache:
    """The same pictures through the rest of the backbone as it is."""
    device = next(model.parameters()).device
    found = []
    with bar("pooled features", len(cache.owners), quiet=not config.progress) as step, torch.inference_mode():
        for begin in range(0, len(cache.owners), BATCH):
            rows = torch.from_numpy(cache.features[begin : begin + BATCH]).to(device).float()
            flat = rows.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            out = model.finish(flat, cache.begun).reshape(len(rows), 2, -1)
            found.append(out.half().cpu().numpy())
            step(len(rows))
    return Cache(np.concatenate(found), cache.owners, len(model.blocks) + 1)


def _files(products: Sequence[Product], most: int) -> tuple[list[Path], NDArray[np.int64]]:
    files, owners = [], []
    for place, product in enumerate(products):
        for picture in product.pictures[:most]:
            files.append(picture)
            owners.append(place)
    return files, np.array(owners, np.int64)


def _mark(file: Path) -> list[Any]:
    """A picture that was replaced has another time or size."""
    known = file.stat()
    return [str(file), known.st_size, known.st_mtime_ns]


def _read(file: Path, spec: PictureSpec) -> pictures.Pixels:
    try:
        return pictures.pixels(file, spec)
    except (OSError, ValueError) as error:
        raise DataError(f"{file} is no picture that can be read: {error}") from error
