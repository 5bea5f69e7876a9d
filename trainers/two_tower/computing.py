"""Where a training computes, and how: device, precision, memory, clock."""

import ctypes
import ctypes.util
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

from trainers.datasets import DataError
from trainers.two_tower.config import PRECISIONS, Config

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 1 << 30
"""Freed memory up to this size stays with the process. By default the scores of each step (tens of MB) go back to the
system and come again page by page: on Amazon Beauty that was half of the time."""


def device_of(config: Config) -> torch.device:
    """The device that the configuration names.

    Raises:
        DataError: this machine does not have it.
    """
    if config.device.startswith("cuda") and int(config.device.partition(":")[2] or 0) >= torch.cuda.device_count():
        raise DataError(
            f"The settings name the device {config.device}, which this machine, or this torch, does not have. "
            "Name auto, or cpu."
        )
    if config.device != "auto":
        return torch.device(config.device)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def precision_of(config: Config, device: torch.device) -> torch.dtype:
    """The type that matrix products are computed in.

    Raises:
        ValueError: there is no such precision.
    """
    if config.precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_multiplies_bfloat16()
        return torch.bfloat16 if fast else torch.float32
    if config.precision not in PRECISIONS:
        raise ValueError(f"precision is {config.precision!r}; it can be auto, float32 or bfloat16.")
    return torch.bfloat16 if config.precision == "bfloat16" else torch.float32


def mixed(config: Config, device: torch.device) -> AbstractContextManager[None]:
    """Matrix products in that type, the rest (losses, norms, weights and their updates) in float32."""
    kind = precision_of(config, device)
    found: AbstractContextManager[None] = torch.autocast(device.type, kind, enabled=kind != torch.float32)
    return found


def clock(device: torch.device) -> Callable[[], float]:
    """A clock of the time that the training computes. On a busy machine it waits as long as it computes, and a limit
    by the wall's clock would make worse towers there."""
    if device.type != "cpu":
        return time.monotonic
    threads = torch.get_num_threads()
    return lambda: time.process_time() / threads


@contextmanager
def deterministic() -> Iterator[None]:
    """Without it the gradients of embeddings are summed in the order in which threads finish."""
    # cuBLAS repeats itself only with a workspace of its own; it reads this when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Nothing here reads memory that it did not write, and filling it took a tenth of the time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]


def keep_memory() -> None:
    """Tells glibc not to give freed memory back at once; elsewhere nothing happens."""
    name = ctypes.util.find_library("c")
    mallopt = getattr(ctypes.CDLL(name), "mallopt", None) if name else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def _cpu_multiplies_bfloat16() -> bool:
    """Whether products of bfloat16 have instructions of their own; emulated they are slower than float32."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())
