"""What the frozen part of the backbone makes of all pictures, computed once and kept on disk."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
    """[pictures, 2, ...], half precision; the second is the mirror image. Where nothing is frozen, pixels as bytes
    [pictures, height, width, 3], which are mirrored when they are taken."""
    owners: NDArray[np.int64]
    """The product of each picture, by its place among the products."""
    begun: int
    """Blocks that were computed."""
    held: Tensor | None = None
    """The same on the device that learns, where it has room."""

    @property
    def pooled(self) -> bool:
        """Whether the whole backbone was computed."""
        return self.features.ndim == 3

    def first(self, products: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each product's first picture."""
        return np.searchsorted(self.owners, products)

    def take(self, rows: NDArray[np.int64], sides: NDArray[np.int64], device: torch.device) -> Tensor:
        """Pictures (side 0) or their mirror images (side 1), on the device."""
        if self.begun:
            return torch.from_numpy(self.features[rows, sides]).to(device).float()
        if self.held is None:
            found = torch.from_numpy(self.features[rows]).to(device)
        else:
            found = self.held[torch.from_numpy(rows).to(self.held.device, non_blocking=True)]
        pixels = normalise(found)
        mirrored = torch.from_numpy(sides == 1).to(device, non_blocking=True)[:, None, None, None]
        return torch.where(mirrored, pixels.flip(-1), pixels).contiguous(memory_format=torch.channels_last)

    def on(self, device: torch.device) -> "Cache":
        """The same with pixels on the device, so that no step waits for them, if they take less than half of what is
        free there."""
        if device.type != "cuda" or self.begun or self.features.nbytes > torch.cuda.mem_get_info(device)[0] / 2:
            return self
        return replace(self, held=torch.from_numpy(self.features).to(device))


def cached(model: Clip, products: Sequence[Product], spec: PictureSpec, config: Config, folder: Path) -> Cache:
    """Computes the features of all pictures, or reads what an earlier run computed.

    Raises:
        DataError: a picture cannot be read.
    """
    files, owners = _files(products, config.pictures_per_product)
    begun = config.tuned_from
    with torch.inference_mode():
        device = next(model.parameters()).device
        shape = model.begin(torch.zeros(1, 3, spec.height, spec.width, device=device), begun).shape[1:]
    kind, size = (np.float16, (2, *shape)) if begun else (np.uint8, (spec.height, spec.width, 3))
    made_by = [list(map(_mark, files)), vars(spec) | {"model": ""}, begun, *([] if begun else ["bytes"])]
    key = hashlib.sha256(json.dumps(made_by).encode()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    file, done = folder / f"{key[:16]}.npy", folder / f"{key[:16]}.done"
    start = int(done.read_text()) if done.exists() and file.exists() else 0
    if start:
        features = np.lib.format.open_memmap(file, mode="r+")
    else:
        features = np.lib.format.open_memmap(file, mode="w+", dtype=kind, shape=(len(files), *size))
    compute = frozen.part(model, begun, spec) if begun and start < len(files) else None
    with (
        bar("features", len(files), start, quiet=not config.progress) as step,
        torch.inference_mode(),
        ThreadPoolExecutor(torch.get_num_threads()) as readers,
    ):
        for number, begin in enumerate(range(start, len(files), BATCH), 1):
            pixels = np.stack(list(readers.map(lambda path: _read(path, spec), files[begin : begin + BATCH])))
            features[begin : begin + len(pixels)] = pixels if compute is None else _both(pixels, compute)
            step(len(pixels))
            if number % SAVED_EVERY == 0:
                features.flush()
                done.write_text(str(begin + len(pixels)))
    features.flush()
    done.write_text(str(len(files)))
    return Cache(np.load(file, mmap_mode="c"), owners, begun)


def _both(pixels: NDArray[np.uint8], compute: Callable[[Tensor], frozen.Half]) -> NDArray[np.float16]:
    batch = normalise(torch.from_numpy(pixels))
    return np.stack([compute(side) for side in (batch, batch.flip(-1))], axis=1)


def pooled(model: Clip, cache: Cache, config: Config) -> Cache:
    """The same pictures through the rest of the backbone as it is."""
    device = next(model.parameters()).device
    found = []
    with bar("pooled features", len(cache.owners), quiet=not config.progress) as step, torch.inference_mode():
        for begin in range(0, len(cache.owners), BATCH):
            rows = np.arange(begin, min(begin + BATCH, len(cache.owners)))
            both = (cache.take(rows, np.full(len(rows), side), device) for side in (0, 1))
            flat = torch.cat(list(both)).contiguous(memory_format=torch.channels_last)
            out = model.finish(flat, cache.begun).reshape(2, len(rows), -1)
            found.append(out.half().cpu().numpy().swapaxes(0, 1))
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
