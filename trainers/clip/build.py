"""From a shop's products to trained towers: split, features, two stages of training."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import nn

from trainers.clip import features, measure, model, train
from trainers.clip.batches import Batches
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.fingerprint import fingerprint
from trainers.clip.model import Clip
from trainers.clip.split import Split
from trainers.encoders import export, weights
from trainers.encoders.spec import PictureSpec, TextSpec
from trainers.encoders.texts import Tokens, read_tokenizer

SPACE = "clip"
WHITE = (255, 255, 255)
LEAST_BATCH, LEAST_STEPS = 32, 8
"""Contrast needs products to tell apart, and learning needs steps."""


@dataclass(frozen=True)
class Encoders:
    """Both towers as they are exported, how to feed them, and where they come from."""

    texts: export.SentenceTexts | export.ClipTexts
    """Token ids and mask to vectors of length 1."""
    pictures: nn.Module
    """Pixels as bytes to vectors of length 1."""
    text: TextSpec
    picture: PictureSpec
    report: Mapping[str, Any]


def text_spec(config: Config) -> TextSpec:
    """How texts go in: the tokens of the sentence encoder that the tower starts from."""
    tokenizer = read_tokenizer(weights.sentences() / "tokenizer.json")
    return TextSpec("clip_text", SPACE, config.dimension, config.max_tokens, 0, tokenizer)


def picture_spec(config: Config) -> PictureSpec:
    """How pictures go in. They are stretched: public sets hold the same photographs upright and squeezed to a square,
    and both look the same to the tower then."""
    return PictureSpec("clip_image", SPACE, config.dimension, config.width, config.height, "squash", "bicubic", WHITE)


def learn(products: Split, config: Config, work: Path, console: Console) -> Encoders:
    """Trains on the training set, chooses the epoch by the validation set; the test set is not looked at.

    Raises:
        DataError: a picture cannot be read.
    """
    torch.manual_seed(config.seed)
    known: Sequence[Product] = [*products.train, *products.validation]
    text, picture = text_spec(config), picture_spec(config)
    where = device(config)
    # cuDNN's attention plans anew for each length of texts, and every batch has another: on an H100 a step took 0.4 s
    # with it and 0.1 s without.
    torch.backends.cuda.enable_cudnn_sdp(False)
    clip = model.create(config).to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    cache = features.cached(clip, known, picture, config, work)
    places = np.arange(len(known))
    count = len(products.train)
    sets = train.Sets(
        lambda used: Batches(products.train, places[:count], used, config),
        measure.Validation(products.validation, places[count:]),
        fingerprint(known),
    )
    stages = []
    if config.frozen_epochs:
        pooled = features.pooled(clip, cache, config)
        stages.append(train.Stage("frozen", pooled, config.frozen_epochs, _batch(config.frozen_batch, count)))
    if config.tuned_epochs:
        batch = _batch(config.tuned_batch, count)
        stages.append(train.Stage("tuned", cache.on(where), config.tuned_epochs, batch))
    tokens = Tokens(text)
    done = {stage.name: train.fit(clip, stage, sets, tokens, config, work, console) for stage in stages}
    report = {
        "credits": [weights.BACKBONE.credit(), weights.SENTENCES.credit()],
        "config": asdict(config),
        "training": {name: asdict(progress) for name, progress in done.items()},
        "computed_on": _computed_on(where),
    }
    return wrap(clip.cpu().eval(), text, picture, report)


def wrap(clip: Clip, text: TextSpec, picture: PictureSpec, report: Mapping[str, Any]) -> Encoders:
    """The towers of a compact CLIP as they are exported."""
    pictures = export.Pictures(clip, model.MEAN, model.STD).eval()
    return Encoders(export.SentenceTexts(clip.text).eval(), pictures, text, picture, report)


def _computed_on(where: torch.device) -> dict[str, Any]:
    if where.type != "cuda":
        return {"device": where.type, "threads": torch.get_num_threads()}
    return {"device": torch.cuda.get_device_name(where), "most_bytes": torch.cuda.max_memory_allocated(where)}


def _batch(size: int, products: int) -> int:
    return min(size, max(LEAST_BATCH, products // LEAST_STEPS))


def device(config: Config) -> torch.device:
    """The device that the settings ask for."""
    if config.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(config.device)
