"""The encoder of looks: it finds the same photograph again, whatever was cut off, mirrored or compressed.

CLIP puts products beside each other of which the same is said; thirty pairs of silver earrings have one title. This one
learns nothing of what is said: it is the published backbone at three depths, each weighed so that what changes in
altered copies of a picture counts for little, and what sets a shop's pictures apart for much.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor, nn
from torch.nn import functional

from trainers.clip import copies, frozen, model
from trainers.clip.build import WHITE
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.encoders import candidate, export, golden, pictures, runtime, speed, weights
from trainers.encoders.progress import bar
from trainers.encoders.spec import PictureSpec
from trainers.evaluation.search import looks

NAME, SPACE = "look_image", "look"
LOW, MIDDLE, DEEP = 3, 4, 6
"""Blocks of the backbone. What they see in a part of a picture is not far from what they see in all of it; later layers
know kinds of things and no more single ones."""
PART = 128
"""Numbers of each depth."""
LEARNED, TRIED = 3000, 200
"""Pictures that the components are taken from, and others of which altered copies are made."""
FEWEST = 24
"""With fewer pictures there are no components."""
CUBE, TINY = 3.0, 1e-6
"""Of the generalised mean, which counts the strongest places (https://arxiv.org/abs/1711.02512)."""
FLOOR = 1e-2
"""Of the largest spread of a channel: what hardly varies is not stretched to the others' size."""
COPIES = 2
"""Altered copies of each picture that the components are taken from."""
SHRINKAGE = 0.1
"""Share of the mean variance that is added to each: few copies of few pictures do not show all that may change."""
SURE = 1.0
"""Percent of the altered copies that may be farther from their picture than what counts as the same."""
BATCH = 32
Numbers = NDArray[np.float32]


class Seen(nn.Module):
    """What the backbone sees at each depth, [N, channels]."""

    def __init__(self, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk: Any = trunk

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Normalised pixels to means of the low and the middle block, plain and generalised, and of the deep one."""
        features = self.trunk.bn1(self.trunk.conv_stem(image))
        low = self.trunk.blocks[: LOW + 1](features)
        middle = self.trunk.blocks[LOW + 1 : MIDDLE + 1](low)
        deep = self.trunk.blocks[MIDDLE + 1 : DEEP + 1](middle)
        return _means(low), _means(middle), deep.mean((2, 3))


def _means(features: Tensor) -> Tensor:
    strongest = features.clamp(min=TINY).pow(CUBE).mean((2, 3)).pow(1 / CUBE)
    return torch.cat([features.mean((2, 3)), strongest], dim=1)


class Whitened(nn.Module):
    """Components in which altered copies differ from their pictures alike in every direction, of length 1.

    Learned whitening: Mikolajczyk and Matas 2007, as in https://arxiv.org/abs/1711.02512, section 3.4.
    """

    def __init__(self, rows: NDArray[Any], altered: Sequence[Numbers], most: int) -> None:
        """Learns them.

        Args:
            rows: of pictures, [pictures, channels].
            altered: of copies of the same pictures in the same order, [pictures, channels] each.
            most: components that are kept: those in which pictures differ most.
        """
        super().__init__()
        rows = rows.astype(np.float64)
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        spread = np.maximum(spread, FLOOR * spread.max())
        changes = np.concatenate([changed - rows for changed in altered]) / spread
        variances, directions = np.linalg.eigh(_shrunk(changes.T @ changes / len(changes)))
        equal = (directions / np.sqrt(variances)) @ directions.T / spread[:, None]
        variances, directions = np.linalg.eigh(np.cov(((rows - mean) @ equal).T))
        first = np.argsort(-variances)[:most]
        self.mean: Tensor
        self.to_white: Tensor
        self.register_buffer("mean", torch.from_numpy(mean.astype(np.float32)))
        self.register_buffer("to_white", torch.from_numpy((equal @ directions[:, first]).astype(np.float32)))

    def forward(self, rows: Tensor) -> Tensor:
        """[N, channels] to [N, components]."""
        return functional.normalize((rows - self.mean) @ self.to_white, dim=-1)


class Look(nn.Module):
    """The encoder, with the method that exporting calls."""

    def __init__(self, seen: Seen, parts: Sequence[Whitened]) -> None:
        super().__init__()
        self.seen = seen
        self.parts = nn.ModuleList(parts)

    def encode_image(self, image: Tensor) -> Tensor:
        """Normalised pixels to vectors; exporting makes their length 1."""
        return torch.cat([part(rows) for part, rows in zip(self.parts, self.seen(image), strict=True)], dim=1)


@dataclass(frozen=True)
class Tried:
    """What became of altered copies."""

    same_above: float
    found: float
    """Share that stood among the first three of all tried and learned pictures."""


def build(products: Sequence[Product], config: Config, folder: Path, console: Console) -> None:
    """Adds the encoder to the candidate in the folder; does without it where there are too few pictures.

    Raises:
        OSError: a picture cannot be read.
        ParityError: the exported file computes something else than torch.
    """
    candidate.remove(folder, NAME)
    files = [product.pictures[0] for product in products]
    random.Random(config.seed).shuffle(files)  # noqa: S311 - no secret
    tried = files[: min(TRIED, len(files) // 4)]
    learned = files[len(tried) : len(tried) + LEARNED]
    if len(learned) < FEWEST:
        console.print(f"{NAME}: {len(files)} pictures are too few; the same photograph is not known again")
        return
    spec = PictureSpec(NAME, SPACE, 0, config.width, config.height, "squash", "bicubic", WHITE)
    seen = Seen(model.create(config).visual.trunk).eval()
    parts = _parts(seen, learned, spec, config)
    module = export.Pictures(Look(seen, parts).eval(), model.MEAN, model.STD).eval()
    spec = replace(spec, dimension=sum(part.to_white.shape[1] for part in parts))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        file = Path(made) / f"{NAME}.onnx"
        export.picture(module, file, spec.height, spec.width)
        look = runtime.Pictures(file, spec)
        golden_rows = golden.of_pictures(spec, lambda pixels: _torch(module, pixels))
        parity = golden.check_pictures(golden_rows, look, "ONNX Runtime")
        console.print(f"{NAME}: ONNX Runtime computes what torch does: {parity:.1g} at most")
        found = _try(look, tried, learned, config.seed)
        report = {
            "parity": parity,
            "credit": weights.BACKBONE.credit(),
            "published": "fp32",
            **_times(module, look, tried),
        }
        file.replace(folder / f"{NAME}.onnx")
    spec = replace(spec, same_above=found.same_above)
    candidate.add(
        folder, spec, golden_rows, report | vars(found) | {"altered_copies": len(tried) * len(looks.ALTERATIONS)}
    )
    console.print(
        f"{NAME}: {found.found:.3f} of the altered copies of {len(tried)} pictures find theirs among "
        f"{len(tried) + len(learned):,}, in the first three"
    )


def _parts(seen: Seen, files: Sequence[Path], spec: PictureSpec, config: Config) -> list[Whitened]:
    """Components of each depth, from the pictures and altered copies of them."""
    dice, most = random.Random(config.seed), min(PART, len(files) // 2)  # noqa: S311 - no secret
    see = frozen.session(seen, torch.zeros(2, 3, spec.height, spec.width))
    with bar("looks", len(files) * (1 + COPIES), quiet=not config.progress) as step:
        rows = _see(see, files, spec, step)
        altered = [_see(see, files, spec, step, lambda file: copies.copy(file, spec, dice)) for _ in range(COPIES)]
    return [Whitened(part, others, most) for part, *others in zip(rows, *altered, strict=True)]


def _see(
    see: ort.InferenceSession,
    files: Sequence[Path],
    spec: PictureSpec,
    step: Callable[[int], None],
    alter: Callable[[Path], bytes | Path] = lambda file: file,
) -> list[Numbers]:
    """What the backbone sees at each depth, [pictures, channels]."""
    parts = []
    for begin in range(0, len(files), BATCH):
        batch = np.stack([pictures.pixels(alter(file), spec) for file in files[begin : begin + BATCH]])
        parts.append(see.run(None, {"pixels": model.normalise(torch.from_numpy(batch)).contiguous().numpy()}))
        step(len(batch))
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def _shrunk(covariance: NDArray[Any]) -> NDArray[Any]:
    size = len(covariance)
    shrunk: NDArray[Any] = covariance + SHRINKAGE * np.trace(covariance) / size * np.eye(size)
    return shrunk


def _try(look: runtime.Pictures, tried: Sequence[Path], others: Sequence[Path], seed: int) -> Tried:
    """How near altered copies are to their pictures, and whether others are nearer."""
    dice, corpus = random.Random(seed), look([*tried, *others])  # noqa: S311 - no secret
    own, first = [], []
    for how in looks.ALTERATIONS:
        scores = look([looks.altered(file, how, dice) for file in tried]) @ corpus.T
        mine = scores[np.arange(len(tried)), np.arange(len(tried))]
        own.append(mine)
        first.append((scores > mine[:, None]).sum(axis=1) < looks.FIRST)
    above = float(np.clip(np.percentile(np.concatenate(own), SURE), 0, 1))
    return Tried(round(above, 3), round(float(np.concatenate(first).mean()), 4))


def _times(module: nn.Module, look: runtime.Pictures, files: Sequence[Path]) -> dict[str, float]:
    shown = np.stack([pictures.pixels(file, look.spec) for file in files[:8]])
    times = speed.compare({"eager": lambda: _torch(module, shown), "fp32": lambda: look.pixels(shown)}, len(shown))
    return {
        "milliseconds": times["fp32"],
        "eager_milliseconds": times["eager"],
        "speedup": round(times["eager"] / times["fp32"], 2),
    }


def _torch(module: nn.Module, pixels: pictures.Pixels) -> runtime.Vectors:
    with torch.inference_mode():
        vectors: runtime.Vectors = module(torch.from_numpy(pixels.copy())).numpy()
    return vectors
