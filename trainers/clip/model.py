"""The compact CLIP: open_clip's adapters around a small picture backbone and the first layers of a sentence encoder."""

import math

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig

from trainers.clip.config import Config
from trainers.encoders import weights
from trainers.encoders.open_clip import HFTextEncoder, TimmModel

BACKBONE = "tf_efficientnet_lite0"
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
"""What the published backbone was trained with."""
LOW = 3
"""Blocks after which a picture is still a map of colours and edges, where `tuned_from` does not say."""
MIDDLE = 0.5
"""Of the height and the width: products stand in the middle of their pictures."""
SPREAD, TINY = 5, 1e-5
"""Numbers of a channel's spread; a picture of one colour has a variance of 0, whose root has no slope."""
LARGEST_SCALE = 100.0
"""Of the logits, as in CLIP (https://arxiv.org/abs/2103.00020, section 2.5)."""


class Seen(nn.Sequential):
    """From what the first blocks saw to vectors."""

    def __init__(self, channels: int, config: Config) -> None:
        self.width = channels * SPREAD
        hidden = config.dimension * 2
        super().__init__(
            nn.LayerNorm(self.width),
            nn.Linear(self.width, hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(hidden, config.dimension),
        )


class Clip(nn.Module):
    """Two towers and a temperature, with the method names of open_clip's own models."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        size = (config.height, config.width)
        self.visual = TimmModel(BACKBONE, config.dimension, size, pool="avg", proj="linear", drop=config.dropout)
        self.text = HFTextEncoder(
            "", config.dimension, _text_config(config), pooler_type="mean_pooler", proj_type="linear"
        )
        self.text.transformer.pooler = None
        self.low = config.tuned_from or LOW
        norms = [part for part in self.blocks[: self.low].modules() if isinstance(part, nn.BatchNorm2d)]
        self.seen = Seen(norms[-1].num_features, config)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    @property
    def blocks(self) -> nn.Sequential:
        """The backbone's blocks."""
        blocks: nn.Sequential = self.visual.trunk.blocks
        return blocks

    def begin(self, pixels: Tensor, until: int) -> Tensor:
        """Normalised pixels through the stem and the blocks before `until`; 0 gives back the pixels."""
        if until == 0:
            return pixels
        trunk = self.visual.trunk
        return self.blocks[:until](trunk.bn1(trunk.conv_stem(pixels)))  # type: ignore[no-any-return]

    def finish(self, features: Tensor, begun: int) -> Tensor:
        """What `begin` gave to pooled features: those of the whole backbone, and what its first blocks saw.

        The last layers forget colours: they were trained to know a car whatever its paint.
        """
        trunk = self.visual.trunk
        low = self.begin(features, self.low) if begun == 0 else features
        deep = trunk.global_pool(trunk.bn2(trunk.conv_head(self.blocks[self.low :](low))))
        return torch.cat([deep, spread(low)], dim=1)

    def project(self, pooled: Tensor) -> Tensor:
        """Pooled features to vectors of length 1."""
        return functional.normalize(self._vectors(pooled), dim=-1)

    def encode_image(self, image: Tensor, normalize: bool = False) -> Tensor:
        """Normalised pixels to vectors."""
        vectors = self._vectors(self.finish(image, 0))
        return functional.normalize(vectors, dim=-1) if normalize else vectors

    def _vectors(self, pooled: Tensor) -> Tensor:
        deep, low = pooled[:, : -self.seen.width], pooled[:, -self.seen.width :]
        vectors: Tensor = self.visual.head(deep) + self.seen(low)
        return vectors

    def encode_text(self, text: Tensor, normalize: bool = False) -> Tensor:
        """Token ids, padded, to vectors."""
        vectors: Tensor = self.text(text)
        return functional.normalize(vectors, dim=-1) if normalize else vectors

    def scale(self) -> Tensor:
        """What cosines are multiplied by in the loss."""
        return self.logit_scale.exp().clamp(max=LARGEST_SCALE)

    def train(self, mode: bool = True) -> "Clip":
        """Batch norms keep the statistics that they were published with: batches of similar products have others."""
        super().train(mode)
        for module in self.visual.trunk.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def spread(low: Tensor) -> Tensor:
    """How the values of each channel are spread over a picture and over its middle, [N, channels * 5]."""
    height, width = low.shape[-2:]
    top, left = round(height * (1 - MIDDLE) / 2), round(width * (1 - MIDDLE) / 2)
    middle = low[:, :, top : height - top, left : width - left]
    return torch.cat([low.amax((2, 3)), *_moments(low), *_moments(middle)], dim=1)


def _moments(values: Tensor) -> tuple[Tensor, Tensor]:
    mean = values.mean((2, 3))
    return mean, ((values - mean[:, :, None, None]).square().mean((2, 3)) + TINY).sqrt()


def create(config: Config) -> Clip:
    """A CLIP with published weights in both trunks and random projections."""
    torch.manual_seed(config.seed)
    model = Clip(config)
    _start_backbone(model)
    _start_text(model)
    return model.eval()


def normalise(pixels: Tensor) -> Tensor:
    """Bytes [N, H, W, 3] to what the backbone takes, [N, 3, H, W]."""
    mean, std = (torch.tensor(value, device=pixels.device) for value in (MEAN, STD))
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def _text_config(config: Config) -> BertConfig:
    made = BertConfig.from_pretrained(weights.sentences(), local_files_only=True)
    made.num_hidden_layers = config.text_layers
    made.hidden_dropout_prob = made.attention_probs_dropout_prob = config.dropout
    return made


def _start_backbone(model: Clip) -> None:
    """The package names the layers otherwise, in the same order."""
    published = torch.load(weights.backbone(), map_location="cpu", weights_only=True)
    ours = model.visual.trunk.state_dict()
    values = [value for name, value in published.items() if not name.startswith("_fc.")]
    if [value.shape for value in values] != [value.shape for value in ours.values()]:
        raise ValueError(f"{weights.backbone()} holds other layers than {BACKBONE} has.")
    model.visual.trunk.load_state_dict(dict(zip(ours, values, strict=True)))


def _start_text(model: Clip) -> None:
    published = load_file(weights.sentences() / "model.safetensors")
    ours = model.text.transformer.state_dict()
    model.text.transformer.load_state_dict({name: published[name] for name in ours})
