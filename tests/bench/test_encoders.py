"""How fast the encoders are on ONNX Runtime beside the same models in eager PyTorch, in one run on this machine.

It needs neither a shop nor a release: the architectures are those that are shipped, and what they compute takes as long
whatever their weights are.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.bench.conftest import show
from trainers.clip import build
from trainers.clip.config import Config
from trainers.clip.model import Clip
from trainers.encoders import export, quantise, runtime, speed, variants, weights
from trainers.encoders.spec import TextSpec
from trainers.encoders.texts import Tokens
from trainers.encoders.variants import Variant
from trainers.sentence import build as sentences

pytestmark = pytest.mark.bench
TIMES = 2.0
"""As fast an item as eager PyTorch, at least."""
TITLE = "Nike Men Air Relentless Black Running Shoes"
PICTURES = 8
"""Of a batch, as the worker of search sends them together; a shopper's text comes alone."""
Ways = dict[str, Callable[[], Any]]


@dataclass(frozen=True)
class Timed:
    """One encoder: milliseconds of processor time an item, by the way that it is computed."""

    name: str
    milliseconds: Mapping[str, float]
    published: str
    """The precision that a training would publish, if int8 loses nothing of the quality."""

    @property
    def times(self) -> float:
        """As fast as eager PyTorch."""
        return self.milliseconds["eager"] / self.milliseconds[self.published]

    def row(self) -> list[str]:
        """A row of the table."""
        figures = (self.milliseconds[way] for way in ("eager", "fp32", "int8"))
        met = "met" if self.times >= TIMES else "missed"
        return [self.name, *(f"{figure:.2f}" for figure in figures), self.published, f"{self.times:.1f} x", met]


def test_encoders_are_at_least_twice_as_fast_as_eager_torch(tmp_path: Path) -> None:
    torch.manual_seed(7)
    config = Config()
    clip = build.wrap(Clip(config).eval(), build.text_spec(config), build.picture_spec(config), {})
    sentence, spec = sentences.load(str(weights.sentences()))
    found = [
        of_pictures(clip, tmp_path),
        of_texts("texts", clip.texts, clip.text, tmp_path),
        of_texts("sentences", export.SentenceTexts(sentence).eval(), spec, tmp_path),
    ]
    print(f"\n{os.cpu_count()} cores; load of the machine before: {os.getloadavg()[0]:.1f}")
    columns = ["encoder", "eager ms", "fp32 ms", "int8 ms", "published", "as fast as eager", f"{TIMES:.0f} x"]
    show("Encoders on ONNX Runtime, one thread, processor time of an item", columns, [one.row() for one in found])
    assert min(one.times for one in found) >= TIMES


def of_pictures(clip: build.Encoders, folder: Path) -> Timed:
    """The tower of pictures, several at a time."""
    height, width = clip.picture.height, clip.picture.width
    shown = np.random.default_rng(7).integers(0, 256, (PICTURES, height, width, 3), np.uint8)
    files = {kind: folder / f"pictures.{kind}.onnx" for kind in ("fp32", "int8")}
    export.picture(clip.pictures, files["fp32"], height, width)
    quantise.picture(files["fp32"], files["int8"], list(shown))
    ways: Ways = {"eager": eager(clip.pictures, shown)}
    for kind, file in files.items():
        ways[kind] = given(runtime.Pictures(file, clip.picture).pixels, shown)
    return timed("pictures", ways, files, PICTURES)


def of_texts(name: str, tower: export.SentenceTexts | export.ClipTexts, spec: TextSpec, folder: Path) -> Timed:
    """A tower of texts, one at a time."""
    inputs = Tokens(spec)([TITLE])
    files = {kind: folder / f"{name}.{kind}.onnx" for kind in ("fp32", "int8")}
    export.text(tower, files["fp32"])
    quantise.text(files["fp32"], files["int8"])
    ways: Ways = {"eager": eager(tower, *inputs)}
    for kind, file in files.items():
        ways[kind] = given(runtime.Texts(file, spec).ids, *inputs)
    return timed(name, ways, files, 1)


def timed(name: str, ways: Ways, files: Mapping[str, Path], items: int) -> Timed:
    """All ways in turn, and which of the files would be published."""
    taken = speed.compare(ways, items)
    fp32, int8 = (Variant(files[kind], 1.0, taken[kind]) for kind in ("fp32", "int8"))
    return Timed(name, taken, variants.choose(fp32, int8))


def eager(module: torch.nn.Module, *inputs: np.ndarray[Any, Any]) -> Callable[[], Any]:
    """The module as it is trained."""
    tensors = [torch.from_numpy(value.copy()) for value in inputs]

    def call() -> Any:
        with torch.inference_mode():
            return module(*tensors)

    return call


def given(function: Callable[..., Any], *inputs: Any) -> Callable[[], Any]:
    """The function with its inputs."""
    return lambda: function(*inputs)
