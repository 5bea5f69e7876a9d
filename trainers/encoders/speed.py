"""How long encoders take, each beside eager PyTorch in the same run."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

ROUNDS = 5
SECONDS = 0.1
"""Of one round, at least."""


def compare(ways: Mapping[str, Callable[[], Any]], items: int) -> dict[str, float]:
    """Milliseconds of processor time an item, the best of several rounds that take turns, one thread each."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        best = dict.fromkeys(ways, float("inf"))
        for way in ways.values():
            way()
        for _ in range(ROUNDS):
            for name, way in ways.items():
                best[name] = min(best[name], _round(way) / items * 1000)
        return {name: round(value, 3) for name, value in best.items()}
    finally:
        torch.set_num_threads(threads)


def _round(way: Callable[[], Any]) -> float:
    """Processor time and not the wall's: other programs run on the machine."""
    began, count = time.process_time(), 0
    while time.process_time() - began < SECONDS:
        way()
        count += 1
    return (time.process_time() - began) / count
