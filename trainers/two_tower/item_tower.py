"""The item tower: what is known of a product to its vector."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.two_tower.config import Config
from trainers.two_tower.encoded import Encoded
from trainers.two_tower.prices import Price
from trainers.two_tower.spec import ItemInputs
from trainers.two_tower.vocabulary import PADDING, UNKNOWN, Vocabularies


@dataclass(frozen=True)
class ItemTensors:
    """Rows of the item tower with places for strings."""

    product_id: Tensor
    """[n, 1] int64"""
    category_path: Tensor
    """[n, category_depth] int64"""
    brand: Tensor
    """[n, 1] int64"""
    price: Tensor
    """[n, 1] float32"""
    title_tokens: Tensor
    """[n, title_max_tokens] int64"""
    attributes: Tensor
    """[n, max_attributes] int64"""
    encoder_vectors: Tensor | None = None
    """[n, dimensions of all encoders] float32; None without any"""

    def take(self, rows: Tensor) -> "ItemTensors":
        """Some of the rows."""
        return ItemTensors(*(value[rows] for value in self.tuple()))

    def trimmed(self) -> "ItemTensors":
        """The same without columns that are padding in every row, which bags would only add up as nothing."""
        bags = ("category_path", "brand", "title_tokens", "attributes")
        return replace(self, **{name: _used(getattr(self, name)) for name in bags})

    def to(self, device: torch.device) -> "ItemTensors":
        """The same on a device."""
        return ItemTensors(*(value.to(device) for value in self.tuple()))

    def tuple(self) -> tuple[Tensor, ...]:
        """In the order of ItemTower.forward."""
        return tuple(value for entry in fields(self) if (value := getattr(self, entry.name)) is not None)


def encode(inputs: ItemInputs, vocabularies: Vocabularies) -> ItemTensors:
    """Looks the strings up."""
    return ItemTensors(
        product_id=vocabularies.products(inputs.product_id),
        category_path=vocabularies.categories(inputs.category_path),
        brand=vocabularies.brands(inputs.brand),
        price=torch.from_numpy(inputs.price.astype("float32")),
        title_tokens=vocabularies.words(inputs.title_tokens),
        attributes=vocabularies.attributes(inputs.attributes),
        encoder_vectors=None if inputs.encoder_vectors is None else torch.from_numpy(inputs.encoder_vectors),
    )


def _used(places: Tensor) -> Tensor:
    columns = (places != PADDING).any(0).nonzero()
    return places[:, : int(columns.max()) + 1 if len(columns) else 1]


class Bag(nn.Module):
    """The sum of the embeddings of some strings over the root of their number, padding left out."""

    def __init__(self, size: int, dimension: int) -> None:
        super().__init__()
        self.table = nn.Embedding(size, dimension, padding_idx=PADDING)
        nn.init.normal_(self.table.weight, std=dimension**-0.5)
        nn.init.zeros_(self.table.weight[PADDING])
        # Where nothing in training is unknown, what is unknown later must not come as noise.
        nn.init.zeros_(self.table.weight[UNKNOWN])

    def forward(self, places: Tensor) -> Tensor:
        """[n, strings] int64 -> [n, dimension]"""
        count = (places != PADDING).sum(1, keepdim=True).clamp(min=1)
        summed: Tensor = self.table(places).sum(1)
        return summed / count.sqrt()


class ItemTower(nn.Module):
    """Title, category path, brand, attributes, price and vectors of encoders, if there are any, through a small
    network, plus an embedding of the id."""

    def __init__(
        self, vocabularies: Vocabularies, catalogue: ItemTensors, config: Config, encoders: Sequence[int] = ()
    ) -> None:
        """The catalogue's prices give the scales of prices, its vectors those of the encoders, whose dimensions are
        named."""
        super().__init__()
        width = config.dimension
        self.words = Bag(len(vocabularies.words), width)
        self.categories = Bag(len(vocabularies.categories), width)
        self.brands = Bag(len(vocabularies.brands), width)
        self.attributes = Bag(len(vocabularies.attributes), width)
        self.price = Price(width, len(vocabularies.categories), catalogue.category_path, catalogue.price)
        self.encoders = list(encoders)
        self.encoded = nn.ModuleList(Encoded(width, vectors) for vectors in self._by_encoder(catalogue.encoder_vectors))
        parts = 5 + len(self.encoded)
        self.mix = nn.Sequential(nn.LayerNorm(parts * width), nn.Linear(parts * width, 2 * width), nn.GELU())
        self.content = nn.Linear(2 * width, width)
        self.scale = nn.Parameter(torch.tensor(0.5))
        # Ids start at nothing: a product that hardly anybody has seen stays where its content puts it.
        self.ids = nn.Embedding(len(vocabularies.products), width, padding_idx=PADDING)
        nn.init.zeros_(self.ids.weight)

    def forward(
        self,
        product_id: Tensor,
        category_path: Tensor,
        brand: Tensor,
        price: Tensor,
        title_tokens: Tensor,
        attributes: Tensor,
        encoder_vectors: Tensor | None = None,
        with_id: Tensor | None = None,
    ) -> Tensor:
        """Vectors of length 1, [n, dimension].

        `with_id` [n, 1] float32 is 0 for those that must do without their id (training only).
        """
        parts = [
            self.words(title_tokens),
            self.categories(category_path),
            self.brands(brand),
            self.attributes(attributes),
            self.price(price, category_path),
            *(part(vectors) for part, vectors in zip(self.encoded, self._by_encoder(encoder_vectors), strict=True)),
        ]
        content = self.content(self.mix(torch.cat(parts, 1))) + self.scale * torch.stack(parts).sum(0)
        known = (product_id > UNKNOWN).to(content.dtype)
        own = self.ids(product_id[:, 0]) * (known if with_id is None else known * with_id)
        return functional.normalize(content + own, dim=1)

    def _by_encoder(self, vectors: Tensor | None) -> Sequence[Tensor]:
        return () if vectors is None else torch.split(vectors, self.encoders, dim=1)
