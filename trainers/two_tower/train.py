"""Trains the towers: config -> data -> model -> loop."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from trainers.datasets import Shop
from trainers.two_tower import checkpoint, computing, loss, model
from trainers.two_tower.config import Config
from trainers.two_tower.hard import Drawn, Mining
from trainers.two_tower.model import Towers
from trainers.two_tower.sequences import NOTHING, Batch, Sequences
from trainers.two_tower.state import State, Training

Validate = Callable[[Towers], float]
Watch = Callable[[int, Mapping[str, float]], None]
"""Is told after each epoch: its number, and what was measured by name."""


def train(
    shop: Shop,
    config: Config,
    validate: Validate | None = None,
    epochs: int | None = None,
    saved: Path | None = None,
    watch: Watch | None = None,
) -> Training:
    """Trains towers on a shop's events.

    Args:
        shop: what to learn from, and nothing else.
        config: all settings.
        validate: measures the towers after each epoch; the best ones are returned, and training stops when they do
            not get better. Without it the last ones are.
        epochs: stop after so many, with the learning rates that they would have in a longer training.
        saved: a file that is written after each epoch. If it holds this very training, it goes on from there.
        watch: is told how each epoch went; what it raises ends the training.

    Raises:
        Diverged: an epoch came to weights that are no numbers, and none before it was measured as better.
    """
    computing.keep_memory()
    towers = model.create(shop, config)
    data = Sequences(shop, towers.spec, config)
    steps = math.ceil(len(data.pieces(np.random.default_rng(config.seed))) / config.batch_size)
    state = State(towers, steps)
    name = checkpoint.name_of(shop, config) if saved else ""
    last = epochs or config.max_epochs
    if saved:
        checkpoint.resume(saved, state, name, last)
    mining = Mining(shop, state.average.towers)

    began, clock = time.monotonic(), computing.clock(towers.device)
    started = clock() - state.computed_s
    with computing.deterministic(), _progress(config) as progress:
        task = progress.add_task("training", total=steps * last, completed=steps * state.epoch, note="")
        while state.epoch < last and not _enough(state, config):
            state.epoch += 1
            progress.update(task, description=f"epoch {state.epoch} of at most {last}")
            measured = {"loss": _epoch(state, data, mining, progress, task)}
            if state.diverged(measured["loss"]):
                state.give_up(validate is not None)
                break
            state.training.losses.append(measured["loss"])
            if validate:
                measured["ndcg@20"] = validate(state.average.towers)
                state.training.validation.append(measured["ndcg@20"])
            state.keep(measured.get("ndcg@20", float(state.epoch)))
            state.computed_s = clock() - started
            note = "  ".join(f"{key} {value:.4f}" for key, value in measured.items())
            progress.update(task, completed=steps * state.epoch, note=note)
            if saved:
                checkpoint.save(saved, state, name)
            if watch:
                watch(state.epoch, measured)
    state.training.seconds = time.monotonic() - began
    return state.finish()


def _epoch(state: State, data: Sequences, mining: Mining, progress: Progress, task: TaskID) -> float:
    """One pass over the data; returns the mean loss."""
    towers = state.towers
    mining.begin(state.epoch)
    towers.modules().train()
    total, count = torch.zeros((), device=towers.device), 0
    for batch in data.batches(state.random):
        hard = mining.draw(batch, state.random)
        with computing.mixed(towers.config, towers.device):
            value = step_loss(towers, data, batch, hard, state.random)
        if value is not None:
            state.step(value)
            # Nothing here waits for a GPU.
            total, count = total + value.detach(), count + 1
            state.training.examples += int((batch.targets != NOTHING).sum())
        state.schedule.step()
        progress.advance(task)
    return total.item() / max(count, 1)


def _enough(state: State, config: Config) -> bool:
    """Whether training should end before the last epoch; notes why."""
    if state.training.validation and state.epoch - state.training.best_epoch >= config.patience:
        state.training.stopped = f"no better for {config.patience} epochs"
        return True
    if config.max_seconds and state.computed_s > config.max_seconds:
        state.training.stopped = f"after {config.max_seconds:.0f} s, the time that the settings allow"
        return True
    return False


def step_loss(
    towers: Towers, data: Sequences, batch: Batch, hard: Drawn, random: np.random.Generator
) -> torch.Tensor | None:
    """The loss of a batch; None if there is nothing to predict in it."""
    config, device = towers.config, towers.device
    predicts = batch.targets != NOTHING
    targets = batch.targets[predicts]
    if not len(targets):
        return None
    products = len(towers.inputs.price)
    chosen, columns = loss.candidates(targets, products, config.negatives, random, hard.products)
    # Every product of the step goes through the item tower once, as history and as candidate.
    needed = np.union1d(chosen, batch.items)
    with_id = (torch.rand(len(needed), 1) >= config.id_dropout).float().to(device)
    rows = towers.items.take(torch.from_numpy(needed).to(device))
    vectors = towers.item(*rows.tuple(), with_id=with_id)

    users = towers.everywhere(batch, vectors[torch.from_numpy(np.searchsorted(needed, batch.items)).to(device)])
    correction = loss.log_q(data.frequency, chosen, len(targets), config.negatives, hard.chance[chosen])
    return loss.sampled_softmax(
        users.flatten(0, 1)[torch.from_numpy(np.flatnonzero(predicts)).to(device)],
        vectors[torch.from_numpy(np.searchsorted(needed, chosen)).to(device)],
        torch.from_numpy(columns).to(device),
        torch.from_numpy(correction).to(device),
        config.temperature,
    )


def _progress(config: Config) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, TextColumn("{task.fields[note]}"), disable=not config.progress)
