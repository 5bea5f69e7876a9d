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
LARGEST_SCALE = 100.0
"""Of the logits, as in CLIP (https://arxiv.org/abs/2103.00020, section 2.5)."""


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
        """What `begin` gave to the backbone's pooled features."""
        trunk = self.visual.trunk
        if begun == 0:
            features = trunk.bn1(trunk.conv_stem(features))
        features = self.blocks[begun:](features)
        return trunk.global_pool(trunk.bn2(trunk.conv_head(features)))  # type: ignore[no-any-return]

    def project(self, pooled: Tensor) -> Tensor:
        """Pooled features to vectors of length 1."""
        return functional.normalize(self.visual.head(pooled), dim=-1)

    def encode_image(self, image: Tensor, normalize: bool = False) -> Tensor:
        """Normalised pixels to vectors."""
        vectors: Tensor = self.visual(image)
        return functional.normalize(vectors, dim=-1) if normalize else vectors

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
