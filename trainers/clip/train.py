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
from torch.nn import functional

from trainers.clip import checkpoint, measure
from trainers.clip.augment import zoomed
from trainers.clip.batches import Batch, Batches
from trainers.clip.config import Config
from trainers.clip.features import Cache
from trainers.clip.loss import SharedCaptionLoss
from trainers.clip.model import Clip
from trainers.encoders import candidate
from trainers.encoders.progress import bar
from trainers.encoders.texts import Tokens

FINAL_RATE = 0.05
"""The learning rates fall to this share of themselves along a cosine."""


TEXTS = 64
"""Texts of about one length that go through the tower together."""
PICTURES = 32
"""Pictures that go through the backbone together on a CPU: what they become stays in its caches, and a step takes 5.1
ms a picture where 256 at once take 6.5 ms."""


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


class Clock:
    """Processor time of a stage, over all runs that it took."""

    def __init__(self, most_s: float) -> None:
        """`most_s` is what the stage may take; 0 for no limit."""
        self._most_s, self._before_s, self._began = most_s, 0.0, time.process_time()

    def start(self, before_s: float) -> None:
        """Begins to count; `before_s` were spent already."""
        self._before_s, self._began = before_s, time.process_time()

    def seconds(self) -> float:
        """Spent so far."""
        return self._before_s + time.process_time() - self._began

    def share(self) -> float:
        """Of the limit that is spent; 0 where there is none."""
        return self.seconds() / self._most_s if self._most_s else 0.0


@dataclass
class Progress:
    """How a stage went; all of it stands in the checkpoint."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -1.0
    losses: list[float] = field(default_factory=list)
    titles: list[float] = field(default_factory=list)
    facts: list[float] = field(default_factory=list)
    """Of validation products; see measure.Score."""
    seconds: float = 0.0
    stopped: str = "after the last epoch"
    finished: bool = False


@dataclass(frozen=True)
class Sets:
    """What is learned from and what is validated by: places among all products of the cache."""

    batches: Callable[[Cache], Batches]
    validation: measure.Validation
    fingerprint: str
    """Of all of them."""


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
    clock = Clock(config.max_seconds)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, max(step / max(1, steps), clock.share()), config)
    )
    progress, random = Progress(), np.random.default_rng(config.seed)
    of = checkpoint.identity(sets.fingerprint, stage.name, config)
    keeper = checkpoint.Keeper(folder / f"{stage.name}.pt", of, model, optimizer, schedule, random)
    progress = keeper.resume(progress)
    clock.start(progress.seconds)
    loss = SharedCaptionLoss()
    while not progress.finished and progress.epoch < stage.epochs:
        total, count = 0.0, 0
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
                if clock.share() >= 1:
                    break
        score = sets.validation.score(model, stage.cache, tokens)
        progress.seconds = clock.seconds()
        _note(progress, epoch, total / max(1, count), score)
        console.print(f"{title}: loss {progress.losses[-1]:.3f}, {score}")
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
        features = zoomed(features, config.zoom_share, config.zoom_least)
        parts = torch.split(features, PICTURES) if device.type == "cpu" else (features,)
        features = torch.cat([model.finish(part, stage.cache.begun) for part in parts])
    images = model.project(features)
    titles = encode(model, batch.titles, tokens, device)
    named = torch.from_numpy(batch.named).to(device)
    total: Tensor = config.title_weight * loss(images, titles, model.scale(), named)
    if batch.captions:
        captions = encode(model, batch.captions, tokens, device)
        positives = torch.from_numpy(batch.positives).to(device)
        total = total + config.caption_weight * loss(images, captions, model.scale(), positives)
    if batch.facts:
        facts = encode(model, batch.facts, tokens, device)
        holds = torch.from_numpy(batch.holds).to(device)
        products = documents(images, titles[named.int().argmax(dim=1)])
        rest = 1 - config.title_weight - config.caption_weight - config.fact_weight
        total = total + config.fact_weight * loss(images, facts, model.scale(), holds)
        total = total + rest * loss(products, facts, model.scale(), holds)
    return total


def documents(pictures: Tensor, titles: Tensor) -> Tensor:
    """Vectors of products, as search mixes them."""
    weights = candidate.DOCUMENT
    mixed = weights["picture_weight"] * pictures + weights["text_weight"] * titles
    made: Tensor = functional.normalize(mixed, dim=-1)
    return made


def encode(model: Clip, texts: list[str], tokens: Tokens, device: Any) -> Tensor:
    """Vectors of texts; short ones are not padded to the longest of the batch, which would cost half of the time."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors: list[Tensor] = []
    # Half precision takes 0.6 ms a title where the other takes 1.5 ms; processors without it would take longer.
    half = torch.autocast(device.type, torch.bfloat16, enabled=halves(device))
    for begin in range(0, len(order), TEXTS):
        ids, _ = tokens([texts[place] for place in order[begin : begin + TEXTS]])
        with half:
            found = model.encode_text(torch.from_numpy(ids).to(device))
        vectors.append(functional.normalize(found.float(), dim=-1))
    return torch.cat(vectors)[torch.from_numpy(np.argsort(order)).to(device)]


def halves(device: Any) -> bool:
    """Whether the device multiplies numbers of half precision faster than others."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def _groups(model: Clip, stage: Stage, config: Config) -> list[dict[str, Any]]:
    """Parameters by their rate; what is frozen is in none, and vectors and embeddings do not decay."""
    learning = {
        "head": (config.head_rate, [model.visual.head, model.seen, model.text.proj]),
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


def _rate(step: int, done: float, config: Config) -> float:
    cosine = FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * min(1.0, done))) / 2
    return cosine * min(1.0, (step + 1) / max(1, config.warmup_steps))


def _note(progress: Progress, epoch: int, loss: float, score: measure.Score) -> None:
    progress.epoch = epoch
    progress.losses.append(loss)
    progress.titles.append(score.titles)
    progress.facts.append(score.facts)
    if score.mean > progress.best:
        progress.best, progress.best_epoch = score.mean, epoch


def _stop(progress: Progress, stage: Stage, config: Config) -> None:
    if progress.epoch - progress.best_epoch >= config.patience:
        progress.stopped = f"no better for {config.patience} epochs"
    elif config.max_seconds and progress.seconds >= config.max_seconds:
        progress.stopped = f"after {config.max_seconds:.0f} s, the time that the settings allow"
    elif progress.epoch < stage.epochs:
        return
    progress.finished = True
