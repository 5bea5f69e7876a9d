"""Trains CLIP: config -> data -> model -> loop, in two stages."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from trainers.clip import checkpoint, measure
from trainers.clip.batches import Batch, Batches
from trainers.clip.config import Config
from trainers.clip.features import Cache
from trainers.clip.loss import SharedCaptionLoss
from trainers.clip.model import Clip
from trainers.encoders.progress import bar
from trainers.encoders.texts import Tokens

FINAL_RATE = 0.05
"""The learning rates fall to this share of themselves along a cosine."""


TEXTS = 64
"""Texts of about one length that go through the tower together."""


@dataclass(frozen=True)
class Stage:
    """One of the two stages: which features it starts from, and how long it may learn."""

    name: str
    cache: Cache
    epochs: int
    batch: int

    @property
    def frozen(self) -> bool:
        """Whether the whole backbone is."""
        return self.cache.features.ndim == 3


@dataclass
class Progress:
    """How a stage went; all of it stands in the checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -1.0
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = "after the last epoch"
    finished: bool = False


@dataclass(frozen=True)
class Sets:
    """What is learned from and what is validated by: places among all products of the cache."""

    batches: Callable[[Cache], Batches]
    validation: measure.Titles


def fit(
    model: Clip, stage: Stage, sets: Sets, tokens: Tokens, config: Config, folder: Path, console: Console
) -> Progress:
    """Trains one stage and leaves the best weights in the model.

    After each epoch everything that is needed to go on is written to `folder`: a run that was killed goes on with the
    epoch after it.
    """
    device = next(model.parameters()).device
    batches = sets.batches(stage.cache)
    optimizer = torch.optim.AdamW(_groups(model, stage, config), fused=True)
    steps = batches.steps(stage.batch) * stage.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, config))
    progress, random = Progress(), np.random.default_rng(config.seed)
    keeper = checkpoint.Keeper(folder / f"{stage.name}.pt", model, optimizer, schedule, random)
    progress = keeper.resume(progress)
    loss = SharedCaptionLoss()
    while not progress.finished and progress.epoch < stage.epochs:
        began, total, count = time.process_time(), 0.0, 0
        model.train()
        epoch = progress.epoch + 1
        title = f"{stage.name}, epoch {epoch} of at most {stage.epochs}"
        with bar(title, batches.steps(stage.batch), quiet=not config.progress) as step:
            for batch in batches.epoch(stage.batch, random):
                value = _loss(model, stage, batch, tokens, loss, config, device)
                optimizer.zero_grad(set_to_none=True)
                value.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                total, count = total + value.item(), count + 1
                step(1)
        score = sets.validation.recall(model, stage.cache, tokens)
        progress.seconds += time.process_time() - began
        _note(progress, epoch, total / max(1, count), score)
        console.print(f"{title}: loss {progress.losses[-1]:.3f}, recall@10 of held-out titles {score:.4f}")
        _stop(progress, stage, config)
        keeper.save(progress, best=progress.best_epoch == epoch)
    keeper.best()
    model.eval()
    return progress


def _loss(
    model: Clip, stage: Stage, batch: Batch, tokens: Tokens, loss: SharedCaptionLoss, config: Config, device: Any
) -> Tensor:
    features = torch.from_numpy(batch.features).to(device).float()
    if not stage.frozen:
        features = model.finish(features.contiguous(memory_format=torch.channels_last), stage.cache.begun)
    images = model.project(features)
    scale = model.scale()
    parts = [
        (config.title_weight, batch.titles, batch.named),
        (config.caption_weight, batch.captions, batch.positives),
        (1 - config.title_weight - config.caption_weight, batch.facts, batch.holds),
    ]
    total = torch.zeros((), device=device)
    for weight, texts, positives in parts:
        if not texts:
            continue
        vectors = encode(model, texts, tokens, device)
        total = total + weight * loss(images, vectors, scale, torch.from_numpy(positives).to(device))
    return total


def encode(model: Clip, texts: list[str], tokens: Tokens, device: Any) -> Tensor:
    """Vectors of texts; short ones are not padded to the longest of the batch, which would cost half of the time."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = []
    for begin in range(0, len(order), TEXTS):
        ids, _ = tokens([texts[place] for place in order[begin : begin + TEXTS]])
        vectors.append(model.encode_text(torch.from_numpy(ids).to(device), normalize=True))
    return torch.cat(vectors)[torch.from_numpy(np.argsort(order)).to(device)]


def _groups(model: Clip, stage: Stage, config: Config) -> list[dict[str, Any]]:
    """Parameters by their rate; what is frozen is in none, and vectors and embeddings do not decay."""
    learning = {
        "head": (config.head_rate, [model.visual.head, model.text.proj]),
        "text": (config.text_rate, [model.text.transformer]),
    }
    if not stage.frozen:
        trunk = model.visual.trunk
        parts = [*list(model.blocks)[stage.cache.begun :], trunk.conv_head, trunk.bn2]
        learning["trunk"] = (config.trunk_rate, parts if stage.cache.begun else [trunk])
    groups: list[dict[str, Any]] = [{"params": [model.logit_scale], "lr": config.head_rate, "weight_decay": 0.0}]
    model.requires_grad_(False)
    model.logit_scale.requires_grad_(True)
    for rate, modules in learning.values():
        for decays in (True, False):
            chosen = [
                parameter
                for module in modules
                for name, parameter in module.named_parameters()
                if (parameter.ndim > 1 and "embeddings" not in name) is decays
            ]
            for parameter in chosen:
                parameter.requires_grad_(True)
            decay = config.weight_decay if decays else 0.0
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    return groups


def _rate(step: int, steps: int, config: Config) -> float:
    done = min(1.0, step / max(1, steps))
    cosine = FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * done)) / 2
    return cosine * min(1.0, (step + 1) / max(1, config.warmup_steps))


def _note(progress: Progress, epoch: int, loss: float, score: float) -> None:
    progress.epoch = epoch
    progress.losses.append(loss)
    progress.validation.append(score)
    if score > progress.best:
        progress.best, progress.best_epoch = score, epoch


def _stop(progress: Progress, stage: Stage, config: Config) -> None:
    if progress.epoch - progress.best_epoch >= config.patience:
        progress.stopped = f"no better for {config.patience} epochs"
    elif config.max_seconds and progress.seconds > config.max_seconds:
        progress.stopped = f"after {config.max_seconds:.0f} s, the time that the settings allow"
    elif progress.epoch < stage.epochs:
        return
    progress.finished = True
