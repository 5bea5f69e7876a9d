"""Trains the towers: config -> data -> model -> loop."""

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from trainers.datasets import Shop
from trainers.two_tower import loss, model
from trainers.two_tower.config import Config
from trainers.two_tower.model import Towers
from trainers.two_tower.sequences import NOTHING, Batch, Sequences

Validate = Callable[[Towers], float]
FINAL_RATE = 0.1
"""The learning rate falls to this share of itself over `max_epochs`, along a cosine."""


@dataclass
class Training:
    """What came out, and how it went."""

    towers: Towers
    best_epoch: int = 0
    """Epochs after which the towers were best."""
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    """NDCG@20 after each epoch."""
    stopped: str = "after the last epoch"


def train(shop: Shop, config: Config, validate: Validate | None = None, epochs: int | None = None) -> Training:
    """Trains towers on a shop's events.

    Args:
        shop: what to learn from, and nothing else.
        config: all settings.
        validate: measures the towers after each epoch; the best ones are returned, and training stops when they do
            not get better. Without it the last ones are.
        epochs: stop after so many, with the learning rates that they would have in a longer training.
    """
    random = np.random.default_rng(config.seed)
    towers = model.create(shop, config)
    data = Sequences(shop, towers.spec, config)
    optimizer = torch.optim.AdamW(
        towers.modules().parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    steps = math.ceil(len(data.pieces(random)) / config.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, steps, config))

    training, best, began = Training(towers), -1.0, time.monotonic()
    clock = _computing_s(towers.device)
    started = clock()
    kept = copy.deepcopy(towers.modules().state_dict())
    last = epochs or config.max_epochs
    with _deterministic(), _progress(config) as progress:
        task = progress.add_task("training", total=steps * last, note="")
        for epoch in range(1, last + 1):
            towers.modules().train()
            total = count = 0.0
            for batch in data.batches(random):
                value = step_loss(towers, data, batch, random)
                if value is not None:
                    optimizer.zero_grad(set_to_none=True)
                    value.backward()  # type: ignore[no-untyped-call]
                    torch.nn.utils.clip_grad_norm_(towers.modules().parameters(), 1.0)
                    optimizer.step()
                    total, count = total + value.item(), count + 1
                schedule.step()
                progress.update(task, advance=1, description=f"epoch {epoch} of at most {last}")
            training.losses.append(total / max(count, 1))
            progress.update(task, completed=steps * epoch, note=f"loss {training.losses[-1]:.3f}")

            score = validate(towers) if validate else float(epoch)
            if validate:
                training.validation.append(score)
                progress.update(task, note=f"loss {training.losses[-1]:.3f}  ndcg@20 {score:.4f}")
            if score > best:
                best, training.best_epoch = score, epoch
                kept = copy.deepcopy(towers.modules().state_dict())
            elif epoch - training.best_epoch >= config.patience:
                training.stopped = f"no better for {config.patience} epochs"
                break
            if config.max_seconds and clock() - started > config.max_seconds:
                training.stopped = f"after {config.max_seconds:.0f} s, the time that the settings allow"
                break
    towers.modules().load_state_dict(kept)
    towers.modules().eval()
    training.seconds = time.monotonic() - began
    return training


def step_loss(towers: Towers, data: Sequences, batch: Batch, random: np.random.Generator) -> torch.Tensor | None:
    """The loss of a batch; None if there is nothing to predict in it."""
    config, device = towers.config, towers.device
    predicts = batch.targets != NOTHING
    targets = batch.targets[predicts]
    if not len(targets):
        return None
    products = len(towers.inputs.price)
    chosen, columns = loss.candidates(targets, products, config.negatives, random)
    # Every product of the step goes through the item tower once, as history and as candidate.
    needed = np.union1d(chosen, batch.items)
    with_id = (torch.rand(len(needed), 1) >= config.id_dropout).float().to(device)
    rows = towers.items.take(torch.from_numpy(needed).to(device))
    vectors = towers.item(*rows.tuple(), with_id=with_id)

    history = vectors[torch.from_numpy(np.searchsorted(needed, batch.items)).to(device)]
    kinds = torch.from_numpy(batch.kinds).to(device)
    users = towers.user.everywhere(
        history * (kinds != 0)[..., None],
        kinds,
        torch.from_numpy(batch.gaps_h).to(device),
        towers.vocabularies.categories(batch.preferred).to(device),
    )
    correction = loss.log_q(data.frequency, chosen, len(targets), config.negatives)
    return loss.sampled_softmax(
        users[torch.from_numpy(predicts).to(device)],
        vectors[torch.from_numpy(np.searchsorted(needed, chosen)).to(device)],
        torch.from_numpy(columns).to(device),
        torch.from_numpy(correction).to(device),
        config.temperature,
    )


def rate(step: int, steps: int, config: Config) -> float:
    """Share of the learning rate at a step: it rises over the first steps, then falls along a cosine."""
    done = min(1.0, step / max(1, steps * config.max_epochs))
    cosine = FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * done)) / 2
    return cosine * min(1.0, (step + 1) / max(1, config.warmup_steps))


def _computing_s(device: torch.device) -> Callable[[], float]:
    """A clock of the time that the training computes. On a busy machine it waits as long as it computes, and a limit
    by the wall's clock would make worse towers there."""
    if device.type != "cpu":
        return time.monotonic
    threads = torch.get_num_threads()
    return lambda: time.process_time() / threads


@contextmanager
def _deterministic() -> Iterator[None]:
    """Without it the gradients of embeddings are summed in the order in which threads finish."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def _progress(config: Config) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn("{task.fields[note]}"), disable=not config.progress)
