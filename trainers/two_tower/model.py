"""Both towers with what they need to know: one object to train, measure and export."""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from trainers.datasets import Shop
from trainers.two_tower import computing, vocabulary, warm_start
from trainers.two_tower.config import Config
from trainers.two_tower.history import Histories
from trainers.two_tower.item_tower import ItemTensors, ItemTower, encode
from trainers.two_tower.sequences import Batch
from trainers.two_tower.spec import FeatureSpec, ItemInputs, of_config
from trainers.two_tower.user_tower import UserTower
from trainers.two_tower.vocabulary import Vocabularies

AT_ONCE = 512
"""Rows computed together when nothing is learned."""


@dataclass(frozen=True)
class Towers:
    """The towers of one training, and its catalogue as their inputs."""

    config: Config
    spec: FeatureSpec
    inputs: ItemInputs
    vocabularies: Vocabularies
    item: ItemTower
    user: UserTower

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return next(self.item.parameters()).device

    @cached_property
    def items(self) -> ItemTensors:
        """The catalogue with places for strings."""
        return encode(self.inputs, self.vocabularies).trimmed().to(self.device)

    def modules(self) -> torch.nn.ModuleList:
        """Both, as one module."""
        return torch.nn.ModuleList([self.item, self.user])

    def on_cpu(self) -> "Towers":
        """The same towers, moved for good."""
        self.modules().cpu()
        return replace(self)

    @torch.inference_mode()
    def item_vectors(self) -> Tensor:
        """Vectors of the whole catalogue [products, dimension]."""
        self.item.eval()
        rows = torch.arange(len(self.inputs.price), device=self.device)
        return torch.cat([self.item(*self.items.take(part).tuple()) for part in torch.split(rows, AT_ONCE)])

    @torch.inference_mode()
    def user_vectors(self, histories: Histories, item_vectors: Tensor) -> Tensor:
        """Vectors of shoppers [shoppers, dimension]."""
        self.user.eval()
        preferred = self.vocabularies.categories(histories.preferred)
        found = []
        for begin in range(0, len(histories), AT_ONCE):
            part = slice(begin, begin + AT_ONCE)
            there = torch.from_numpy(histories.kinds[part]).to(self.device)
            vectors = item_vectors[torch.from_numpy(histories.items[part]).to(self.device)]
            vectors = vectors * (there != 0)[..., None]
            ages = torch.from_numpy(histories.ages_h[part]).to(self.device)
            found.append(self.user(vectors, there, ages, preferred[part].to(self.device)))
        return torch.cat(found)

    def everywhere(self, batch: Batch, history: Tensor) -> Tensor:
        """Vectors of a batch's shoppers after each event and before the first [pieces, places + 1, dimension], from
        the item vectors of their events [pieces, places, dimension]."""
        kinds = torch.from_numpy(batch.kinds).to(self.device)
        return self.user.everywhere(
            history * (kinds != 0)[..., None],
            kinds,
            torch.from_numpy(batch.gaps_h).to(self.device),
            self.vocabularies.categories(batch.preferred).to(self.device),
        )


def create(shop: Shop, config: Config) -> Towers:
    """Fresh towers for a shop: vocabularies and scales from its data, weights from the seed and from who
    chose what."""
    torch.manual_seed(config.seed)
    spec = of_config(config, shop.products)
    inputs = spec.items(shop.products)
    vocabularies = vocabulary.build(inputs, shop.events, config)
    device = computing.device_of(config)
    dimensions = [encoder.dimension for encoder in spec.encoders]
    item = ItemTower(vocabularies, encode(inputs, vocabularies), config, dimensions).to(device)
    user = UserTower(vocabularies, config).to(device)
    towers = Towers(config, spec, inputs, vocabularies, item, user)
    if config.warm_start:
        warm_start.apply(item, towers.items, shop, config.seed)
    return towers
