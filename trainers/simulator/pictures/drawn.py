"""Draws pictures on all cores."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from trainers.simulator.catalogue.products import SimulatedProduct
from trainers.simulator.pictures import scene

IMAGES = "images"
NEAR_SHARE = 4
"""One product in so many has a second picture, from near."""
CHUNK = 16
A_FOLDER = 1000
"""Pictures in one folder at most: file systems and people get slow with more."""


class DrawnPainter:
    """Vector drawings; the same product is always drawn the same."""

    def __init__(self, workers: int | None = None) -> None:
        """`workers` processes draw; one a core unless said."""
        self._workers = workers or _cores()

    def paint(
        self, products: Sequence[SimulatedProduct], folder: Path, tick: Callable[[], None]
    ) -> list[tuple[str, ...]]:
        """Writes one picture of each product, and of some a second one."""
        places = [_places(number, product) for number, product in enumerate(products)]
        for parent in {path.parent for paths in places for path in map(Path, paths)}:
            (folder / parent).mkdir(parents=True, exist_ok=True)
        jobs = [(product, folder, paths) for product, paths in zip(products, places, strict=True)]
        # Fresh processes: a fork would copy the threads of whoever calls.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self._workers, context, initializer=_end_without_a_word) as pool:
            try:
                for _ in pool.map(_paint, jobs, chunksize=CHUNK):
                    tick()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return places


def _end_without_a_word() -> None:
    """A terminal's Ctrl-C reaches all processes at once, and each would say where it was."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _cores() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _places(number: int, product: SimulatedProduct) -> tuple[str, ...]:
    parent = f"{IMAGES}/{number // A_FOLDER:03d}"
    first = f"{parent}/{product.id}.jpg"
    return (first, f"{parent}/{product.id}-near.jpg") if product.seed % NEAR_SHARE == 0 else (first,)


def _paint(job: tuple[SimulatedProduct, Path, tuple[str, ...]]) -> None:
    product, folder, paths = job
    for number, path in enumerate(paths):
        (folder / path).write_bytes(scene.picture(product, near=number > 0))
