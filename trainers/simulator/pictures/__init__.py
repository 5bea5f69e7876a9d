"""Pictures of products: drawn by the program, or made by a diffusion model from a local folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from trainers.simulator.catalogue.products import SimulatedProduct
from trainers.simulator.errors import SimulatorError


class Painter(Protocol):
    """Makes the pictures of products."""

    def paint(
        self, products: Sequence[SimulatedProduct], folder: Path, tick: Callable[[], None]
    ) -> list[tuple[str, ...]]:
        """Writes pictures below a folder; returns each product's paths in it.

        Raises:
            SimulatorError: the pictures cannot be made.
        """
        ...


class NoPictures:
    """For those who need the data alone."""

    def paint(
        self, products: Sequence[SimulatedProduct], folder: Path, tick: Callable[[], None]
    ) -> list[tuple[str, ...]]:
        """Writes nothing."""
        for _ in products:
            tick()
        return [()] * len(products)


def make_painter(way: str, model: Path | None = None, workers: int | None = None) -> Painter:
    """The painter for one of `drawn`, `diffusion` and `none`.

    Raises:
        SimulatorError: the diffusion model is not named, or named for another way.
    """
    if model is not None and way != "diffusion":
        raise SimulatorError("--diffusion-model is for --pictures diffusion alone. Add that, or leave it out.")
    if way == "none":
        return NoPictures()
    if way == "diffusion":
        from trainers.simulator.pictures.diffusion import DiffusionPainter

        return DiffusionPainter(model)
    # Skia is loaded only where something is drawn.
    from trainers.simulator.pictures.drawn import DrawnPainter

    return DrawnPainter(workers)
