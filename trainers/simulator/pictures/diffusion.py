"""Pictures by a text-to-image model that lies in a local folder."""

import io
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from trainers.simulator.catalogue.products import SimulatedProduct
from trainers.simulator.errors import SimulatorError

IMAGES, SIZE = "images", 512
STEPS = 25
NEGATIVE = "text, watermark, logo, people, hands, blurry, cropped"


class DiffusionPainter:
    """A pipeline of diffusers. Without a GPU a picture takes minutes."""

    def __init__(self, model: Path | None) -> None:
        """
        Raises:
            SimulatorError: the model is not named or not there, or diffusers is not installed.
        """
        if model is None:
            raise SimulatorError("--pictures diffusion needs --diffusion-model, the folder of a diffusers model.")
        if not (model / "model_index.json").is_file():
            raise SimulatorError(f"{model} is no folder of a diffusers model: it has no model_index.json.")
        self._model = model
        self._diffusers = _diffusers()

    def paint(
        self, products: Sequence[SimulatedProduct], folder: Path, tick: Callable[[], None]
    ) -> list[tuple[str, ...]]:
        """Writes one picture of each product."""
        import torch

        pipeline = self._pipeline(torch)
        (folder / IMAGES).mkdir(parents=True, exist_ok=True)
        places: list[tuple[str, ...]] = []
        for product in products:
            path = f"{IMAGES}/{product.id}.jpg"
            made = pipeline(
                prompt=prompt(product),
                negative_prompt=NEGATIVE,
                num_inference_steps=STEPS,
                generator=torch.Generator("cpu").manual_seed(product.seed),
            )
            (folder / path).write_bytes(_jpeg(made.images[0]))
            places.append((path,))
            tick()
        return places

    def _pipeline(self, torch: Any) -> Any:
        on_gpu = torch.cuda.is_available()
        try:
            pipeline = self._diffusers.DiffusionPipeline.from_pretrained(
                self._model, local_files_only=True, torch_dtype=torch.float16 if on_gpu else torch.float32
            )
        except (OSError, ValueError) as error:
            raise SimulatorError(f"The diffusion model in {self._model} cannot be loaded: {error}") from error
        pipeline.set_progress_bar_config(disable=True)
        return pipeline.to("cuda" if on_gpu else "cpu")


def prompt(product: SimulatedProduct) -> str:
    """What the model is asked for."""
    said = product.attributes
    look = "" if said["pattern"] == "plain" else f"{said['pattern']} "
    noun = product.kind.nouns[0].lower()
    return (
        f"product photo of a {said['style']} {look}{said['colour']} {said['material']} {noun}, "
        "plain pale background, studio light"
    )


def _diffusers() -> Any:
    try:
        return import_module("diffusers")
    except ImportError as error:
        raise SimulatorError(
            f"--pictures diffusion needs the package diffusers ({error}). Install it with "
            "`pip install diffusers transformers`, or leave --pictures out to have them drawn."
        ) from error


def _jpeg(image: Any) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").resize((SIZE, SIZE)).save(buffer, "JPEG", quality=86)
    return buffer.getvalue()
