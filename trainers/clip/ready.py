"""Batches as tensors on the device, made ready while the steps before them compute."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from trainers.clip.batches import Batches, Drawn
from trainers.clip.features import Cache
from trainers.encoders.texts import Tokens

TEXTS = 64
"""Texts of about one length that go through the tower of a CPU together; a GPU takes all at once."""
WORKERS = 4
"""Processes that make batches for a GPU: one of 1,024 products takes one of them 40 ms."""


@dataclass(frozen=True)
class Words:
    """Texts as token ids, short ones beside short ones, and where each is."""

    ids: Sequence[Tensor]
    order: Tensor

    def __len__(self) -> int:
        return len(self.order)

    def to(self, device: torch.device, non_blocking: bool) -> "Words":
        """The same on the device."""
        parts = [part.to(device, non_blocking=non_blocking) for part in self.ids]
        return Words(parts, self.order.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "Words":
        """The same where a copy to a GPU need not wait for the step before."""
        return Words([part.pin_memory() for part in self.ids], self.order.pin_memory())


@dataclass(frozen=True)
class Said:
    """What is said of a batch's pictures (see Batch), as tensors."""

    titles: Words
    named: Tensor
    captions: Words
    positives: Tensor
    facts: Words
    holds: Tensor


@dataclass(frozen=True)
class Made(Said):
    """A batch still without its pictures."""

    rows: NDArray[np.int64]
    sides: NDArray[np.int64]

    def pin_memory(self) -> "Made":
        """See Words; DataLoader calls it by this name."""
        return replace(self, **{part.name: getattr(self, part.name).pin_memory() for part in fields(Said)})


@dataclass(frozen=True)
class Ready(Said):
    """A batch on the device."""

    features: Tensor


class Steps:
    """The steps of a stage, epoch by epoch: the same whoever makes them."""

    def __init__(self, batches: Batches, cache: Cache, size: int, tokens: Tokens, device: torch.device) -> None:
        self._plan, self._cache, self._device = _Plan(batches, size), cache, device
        on_cpu = device.type == "cpu"
        making = _Making(batches, tokens, TEXTS if on_cpu else None)
        self._loader = _loader(making, self._plan, 0 if on_cpu else min(WORKERS, os.cpu_count() or 1), not on_cpu)

    def epoch(self, number: int) -> Iterator[Ready]:
        """All batches of an epoch."""
        self._plan.epoch = number
        for made in self._loader:
            said = {part.name: getattr(made, part.name) for part in fields(Said)}
            sent = {name: part.to(self._device, non_blocking=True) for name, part in said.items()}
            yield Ready(features=self._cache.take(made.rows, made.sides, self._device), **sent)


class _Plan(Sampler[Drawn]):
    def __init__(self, batches: Batches, size: int) -> None:
        self._batches, self._size, self.epoch = batches, size, 0

    def __iter__(self) -> Iterator[Drawn]:
        return iter(self._batches.plan(self._size, self.epoch))


class _Making(Dataset[Made]):
    def __init__(self, batches: Batches, tokens: Tokens, together: int | None) -> None:
        self._batches, self._tokens, self._together = batches, tokens, together

    def __getitem__(self, drawn: Any) -> Made:
        batch = self._batches.make(drawn)
        return Made(
            rows=batch.rows,
            sides=batch.sides,
            titles=self._words(batch.titles),
            named=torch.from_numpy(batch.named),
            captions=self._words(batch.captions),
            positives=torch.from_numpy(batch.positives),
            facts=self._words(batch.facts),
            holds=torch.from_numpy(batch.holds),
        )

    def _words(self, texts: Sequence[str]) -> Words:
        """Short texts are not padded to the longest, which would cost a CPU half of the time."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        most = self._together or max(1, len(texts))
        parts = [[texts[place] for place in order[begin : begin + most]] for begin in range(0, len(order), most)]
        return Words([torch.from_numpy(self._tokens(part)[0]) for part in parts], torch.from_numpy(np.argsort(order)))


def _loader(making: _Making, plan: _Plan, workers: int, pinned: bool) -> DataLoader[Made]:
    return DataLoader(
        making,
        batch_size=None,
        sampler=plan,
        num_workers=workers,
        # Fresh processes: a fork would copy the threads of whoever calls, and die of their locks.
        multiprocessing_context="spawn" if workers else None,
        collate_fn=_as_it_is,  # type: ignore[arg-type]  # a sample, where nothing is batched
        pin_memory=pinned,
        persistent_workers=workers > 0,
    )


def _as_it_is(made: Made) -> Made:
    return made
