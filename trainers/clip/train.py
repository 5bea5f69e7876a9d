"""Trains CLIP: config -> data -> model -> loop, in two stages."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import Tensor
from torch.nn import functional

from trainers.clip import checkpoint, measure
from trainers.clip.augment import worn, zoomed
from trainers.clip.averaging import Average
from trainers.clip.batches import Batches
from trainers.clip.config import Config
from trainers.clip.features import Cache
from trainers.clip.loss import SharedCaptionLoss
from trainers.clip.model import Clip
from trainers.clip.ready import Ready, Steps, Words
from trainers.encoders import candidate
from trainers.encoders.progress import bar
from trainers.encoders.texts import Tokens

FINAL_RATE = 0.05
"""The learning rates fall to this share of themselves along a cosine."""
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
        return self.cache.pooled


class Clock:
    """Time that a stage computes, over all runs that it took: of the processor, on a GPU of the wall."""

    def __init__(self, most_s: float, device: torch.device) -> None:
        """`most_s` is what the stage may take; 0 for no limit."""
        self._now = time.process_time if device.type == "cpu" else time.monotonic
        self._most_s, self._before_s, self._began = most_s, 0.0, self._now()

    def start(self, before_s: float) -> None:
        """Begins to count; `before_s` were spent already."""
        self._before_s, self._began = before_s, self._now()

    def seconds(self) -> float:
        """Spent so far."""
        return self._before_s + self._now() - self._began

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
    pictures: int = 0
    """That were learned from, each as often as it was."""
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

    After an epoch everything that is needed to go on is written to `folder` (of short epochs only some): a run that was
    killed goes on with the epoch after it.
    """
    device = next(model.parameters()).device
    batches = sets.batches(stage.cache)
    optimizer = torch.optim.AdamW(_groups(model, stage, config), fused=True)
    steps = batches.steps(stage.batch) * stage.epochs
    clock = Clock(config.max_seconds, device)
    average = Average(model, config.average_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, max(step / max(1, steps), clock.share()), config)
    )
    of = checkpoint.identity(sets.fingerprint, stage.name, config)
    keeper = checkpoint.Keeper(folder / f"{stage.name}.pt", of, average, optimizer, schedule)
    progress = keeper.resume(Progress())
    clock.start(progress.seconds)
    loss, made = SharedCaptionLoss(), Steps(batches, stage.cache, stage.batch, tokens, device)
    while not progress.finished and progress.epoch < stage.epochs:
        total, count = torch.zeros((), device=device), 0
        model.train()
        epoch = progress.epoch + 1
        title = f"{stage.name}, epoch {epoch} of at most {stage.epochs}"
        with bar(title, batches.steps(stage.batch), quiet=not config.progress) as step:
            for ready in made.epoch(epoch):
                value = _loss(model, stage, ready, loss, config)
                optimizer.zero_grad(set_to_none=True)
                value.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                average.update()
                schedule.step()
                # Nothing here waits for a GPU.
                total, count = total + value.detach(), count + 1
                progress.pictures += len(ready.features)
                step(1)
                if clock.share() >= 1:
                    break
        score = sets.validation.score(average.model, stage.cache, tokens)
        progress.seconds = clock.seconds()
        _note(progress, epoch, total.item() / max(1, count), score)
        speed = progress.pictures / max(progress.seconds, 1e-9)
        console.print(f"{title}: loss {progress.losses[-1]:.3f}, {score}; {speed:,.0f} pictures/s")
        _stop(progress, stage, config)
        keeper.save(progress, best=progress.best_epoch == epoch)
    keeper.best()
    model.eval()
    return progress


def _loss(model: Clip, stage: Stage, ready: Ready, loss: SharedCaptionLoss, config: Config) -> Tensor:
    images = model.project(ready.features if stage.frozen else _looked_at(model, stage, ready.features, config))
    titles = encode(model, ready.titles)
    total: Tensor = config.title_weight * loss(images, titles, model.scale(), ready.named)
    if ready.captions:
        captions = encode(model, ready.captions)
        total = total + config.caption_weight * loss(images, captions, model.scale(), ready.positives)
    if ready.facts:
        facts = encode(model, ready.facts)
        products = documents(images, titles[ready.named.int().argmax(dim=1)])
        rest = 1 - config.title_weight - config.caption_weight - config.fact_weight
        total = total + config.fact_weight * loss(images, facts, model.scale(), ready.holds)
        total = total + rest * loss(products, facts, model.scale(), ready.holds)
    return total


def _looked_at(model: Clip, stage: Stage, features: Tensor, config: Config) -> Tensor:
    """Pooled features of what was cached, after it was cut and worn."""
    features = zoomed(features, config.zoom_share, config.zoom_least)
    if stage.cache.begun == 0:
        features = worn(features, config.erase_share, config.light)
    if features.device.type == "cpu":
        return torch.cat([model.finish(part, stage.cache.begun) for part in torch.split(features, PICTURES)])
    with torch.autocast(features.device.type, torch.bfloat16, enabled=halves(features.device)):
        return model.finish(features, stage.cache.begun).float()


def documents(pictures: Tensor, titles: Tensor) -> Tensor:
    """Vectors of products, as search mixes them."""
    weights = candidate.DOCUMENT
    mixed = weights["picture_weight"] * pictures + weights["text_weight"] * titles
    made: Tensor = functional.normalize(mixed, dim=-1)
    return made


def encode(model: Clip, texts: Words) -> Tensor:
    """Vectors of texts, in their order."""
    device = texts.order.device
    # Half precision takes 0.6 ms a title where the other takes 1.5 ms; processors without it would take longer.
    with torch.autocast(device.type, torch.bfloat16, enabled=halves(device)):
        found = [model.encode_text(ids) for ids in texts.ids]
    return torch.cat([functional.normalize(vectors.float(), dim=-1) for vectors in found])[texts.order]


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
