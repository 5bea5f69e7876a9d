import io
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from services.importer.domain import Finding, Item
from services.importer.formats.aisle import AisleFormat
from services.importer.sources.folder import Folder
from tests.unit.simulator.conftest import quiet, watch
from trainers.simulator import shop
from trainers.simulator.catalogue import KINDS, SimulatedProduct, make_products
from trainers.simulator.errors import SimulatorError
from trainers.simulator.pictures import diffusion, make_painter, scene, shapes
from trainers.simulator.pictures.drawn import DrawnPainter

PRODUCTS = make_products(len(KINDS), 7, watch().start, watch().until)


def pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), np.float64)


def with_attributes(product: SimulatedProduct, **attributes: str) -> SimulatedProduct:
    return replace(product, attributes={**product.attributes, **attributes})


@pytest.fixture(scope="module")
def drawn() -> list[bytes]:
    return [scene.picture(product) for product in PRODUCTS]


def test_every_kind_has_a_drawing_of_its_own() -> None:
    assert set(shapes.DRAWINGS) == {kind.key for kind in KINDS}
    assert len(set(shapes.DRAWINGS.values())) == len(KINDS)


def test_pictures_are_small_square_jpegs_that_differ(drawn: list[bytes]) -> None:
    small = []
    for picture in drawn:
        with Image.open(io.BytesIO(picture)) as image:
            assert (image.format, image.size) == ("JPEG", (512, 512))
            small.append(np.asarray(image.convert("RGB").resize((32, 32)), np.float64))
    assert max(map(len, drawn)) < 80_000
    distances = [np.abs(small[i] - small[j]).mean() for i in range(len(small)) for j in range(i)]
    assert min(distances) > 4


def test_something_is_drawn_on_the_background_and_nothing_runs_out_of_the_picture(drawn: list[bytes]) -> None:
    for product, jpeg in zip(PRODUCTS, drawn, strict=True):
        picture = pixels(jpeg)
        edge = np.concatenate([picture[:4].reshape(-1, 3), picture[-4:].reshape(-1, 3), picture[:, 0], picture[:, -1]])
        assert edge.min() > 195, product.id
        centre = picture[100:412, 100:412]
        assert np.abs(centre - edge.mean(0)).max(2).mean() > 12, product.id


def test_the_same_product_looks_the_same_and_its_attributes_are_seen() -> None:
    shirt = with_attributes(PRODUCTS[1], colour="navy", pattern="plain", material="cotton")
    assert scene.picture(shirt) == scene.picture(shirt)
    plain = pixels(scene.picture(shirt))
    middle = plain[220:400, 200:250].reshape(-1, 3).mean(0)
    assert middle[2] > middle[0] + 15  # blue
    for changed in ({"colour": "mustard"}, {"pattern": "striped", "second colour": "ivory"}, {"material": "wool"}):
        other = pixels(scene.picture(with_attributes(shirt, **changed)))
        assert np.abs(plain - other).mean() > 0.5, changed


def test_workers_draw_what_one_process_draws_and_the_importer_finds_it(tmp_path: Path) -> None:
    shop.make_shop(8, watch(3), tmp_path, DrawnPainter(2), quiet())
    found = AisleFormat.recognise(Folder(tmp_path))
    assert found is not None
    assert not [entry for entry in found.products() if isinstance(entry, Finding)]
    pictures = {entry.value.product_id: entry.value.paths for entry in found.pictures() if isinstance(entry, Item)}
    assert len(pictures) == 8
    assert {len(paths) for paths in pictures.values()} == {1, 2}
    for product in make_products(8, 7, watch().start, watch().until):
        drawn = [scene.picture(product, near=place > 0) for place in range(len(pictures[product.id]))]
        assert [(tmp_path / path).read_bytes() for path in pictures[product.id]] == drawn


def test_diffusion_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SimulatorError, match="needs --diffusion-model"):
        make_painter("diffusion")
    with pytest.raises(SimulatorError, match="no folder of a diffusers model"):
        make_painter("diffusion", tmp_path)
    with pytest.raises(SimulatorError, match="for --pictures diffusion alone"):
        make_painter("drawn", tmp_path)
    (tmp_path / "model_index.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(SimulatorError, match="needs the package diffusers"):
        make_painter("diffusion", tmp_path)


class Pipeline:
    """Stands for a pipeline of diffusers: loaded, moved to a device, then called; gives pictures of noise back."""

    def __init__(self) -> None:
        self.loaded: tuple[Any, dict[str, Any]] = ((), {})
        self.device = ""
        self.quiet = False
        self.asked: list[dict[str, Any]] = []

    def from_pretrained(self, model: Path, **options: Any) -> "Pipeline":
        self.loaded = (model, options)
        return self

    def set_progress_bar_config(self, *, disable: bool) -> None:
        self.quiet = disable

    def to(self, device: str) -> "Pipeline":
        self.device = device
        return self

    def __call__(
        self, *, prompt: str, negative_prompt: str, num_inference_steps: int, generator: torch.Generator
    ) -> SimpleNamespace:
        self.asked.append({"prompt": prompt, "negative": negative_prompt, "steps": num_inference_steps})
        noise = torch.rand((64, 96, 4), generator=generator).numpy()
        return SimpleNamespace(images=[Image.fromarray((noise * 255).astype(np.uint8), "RGBA")])


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """In the place of diffusers, on a machine without a GPU."""
    made, diffusers = Pipeline(), ModuleType("diffusers")
    diffusers.DiffusionPipeline = made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "diffusers", diffusers)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "model_index.json").write_text("{}")
    return made


def test_diffusion_asks_the_pipeline_for_each_product_and_keeps_what_it_gives(
    tmp_path: Path, pipeline: Pipeline
) -> None:
    ticks: list[None] = []
    chosen, shop_folder = PRODUCTS[:3], tmp_path / "shop"
    places = make_painter("diffusion", tmp_path).paint(chosen, shop_folder, lambda: ticks.append(None))
    model, options = pipeline.loaded
    assert (model, options) == (tmp_path, {"local_files_only": True, "torch_dtype": torch.float32})
    assert (pipeline.device, pipeline.quiet, len(ticks)) == ("cpu", True, 3)
    assert places == [(f"images/{product.id}.jpg",) for product in chosen]
    for (path,), product, asked in zip(places, chosen, pipeline.asked, strict=True):
        with Image.open(shop_folder / path) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (512, 512))
        assert asked == {
            "prompt": diffusion.prompt(product),
            "negative": diffusion.NEGATIVE,
            "steps": diffusion.STEPS,
        }
        assert product.attributes["colour"] in asked["prompt"]


def test_diffusion_makes_the_same_picture_of_the_same_product(tmp_path: Path, pipeline: Pipeline) -> None:
    painter = make_painter("diffusion", tmp_path)
    made = []
    for run in ("one", "two"):
        painter.paint(PRODUCTS[:2], tmp_path / run, lambda: None)
        made.append([(tmp_path / run / f"images/{product.id}.jpg").read_bytes() for product in PRODUCTS[:2]])
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]


def test_a_model_that_cannot_be_loaded_is_named(
    tmp_path: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise OSError("unet is missing")

    monkeypatch.setattr(pipeline, "from_pretrained", broken)
    with pytest.raises(SimulatorError, match=r"cannot be loaded: unet is missing"):
        make_painter("diffusion", tmp_path).paint(PRODUCTS[:1], tmp_path / "shop", lambda: None)
