"""The user tower: a shopper's last events and preferences to a vector.

A causal transformer (Kang and McAuley 2018, SASRec) over the item tower's own vectors, so that a product that came
today is understood as soon as it has a vector. Every place of the sequence predicts what comes next, in training and
in serving in exactly the same way:

- places are relative (how many events back), so that the last place means the same in short and long histories;
- time is the gap to the next event, which for the newest event is the gap to now. Gaps are differences of ages, and
  ages are all that serving has to send;
- in front stands one token for the preferred categories, or for none: what an empty history predicts from.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainers.datasets import KINDS
from trainers.two_tower.config import Config
from trainers.two_tower.item_tower import Bag
from trainers.two_tower.vocabulary import Vocabularies

GAPS = 22
"""Bins of time gaps, each twice as long as the one before: from a minute to four years."""
PADDED = 0
"""Kind of a place without an event."""
SMALL = 0.01
"""Deviation of initial weights that should hardly be heard."""


class Gaps(nn.Module):
    """Embeds time gaps: a blend of the two nearest bins, since at a hard border rounding would decide."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.table = nn.Linear(GAPS, width, bias=False)
        self.bins: Tensor
        self.register_buffer("bins", torch.arange(GAPS, dtype=torch.float32))

    def forward(self, gaps_h: Tensor) -> Tensor:
        """[n, places] hours -> [n, places, width]"""
        place = torch.log2(1 + 60 * gaps_h.clamp(min=0)).clamp(max=GAPS - 1)
        embedded: Tensor = self.table((1 - (place[..., None] - self.bins).abs()).clamp(min=0))
        return embedded


class Block(nn.Module):
    """Attention to earlier places, then a feed-forward layer, each added to what was there (pre-norm)."""

    def __init__(self, width: int, places: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        # What is added to a score for how many events back it looks; the last entry is the token in front.
        self.back = nn.Parameter(torch.zeros(heads, places + 1))
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def ends(self) -> tuple[nn.Linear, nn.Linear]:
        """The layers whose outputs are added to what was there."""
        return self.out, cast(nn.Linear, self.feed[-1])

    def forward(self, values: Tensor, keys: Tensor, mask: Tensor, bias: Tensor) -> Tensor:
        """Args: values [n, q, w] that ask, keys [n, k, w] that are asked, mask [n, q, k], bias [heads, q, k]."""
        n, q, width = values.shape
        normed = self.before(keys)
        asking = normed if values is keys else self.before(values)
        query = self.query(asking).reshape(n, q, self.heads, -1).transpose(1, 2)
        key, value = self.key_value(normed).reshape(n, -1, 2, self.heads, width // self.heads).unbind(2)
        scores = query @ key.permute(0, 2, 3, 1) / (width // self.heads) ** 0.5 + bias
        weights = self.dropout(scores.masked_fill(~mask[:, None], -1e9).softmax(-1))
        mixed = (weights @ value.transpose(1, 2)).transpose(1, 2).reshape(n, q, width)
        values = values + self.dropout(self.out(mixed))
        return cast(Tensor, values + self.dropout(self.feed(values)))


class UserTower(nn.Module):
    """Histories and preferences to vectors of length 1."""

    def __init__(self, vocabularies: Vocabularies, config: Config) -> None:
        super().__init__()
        width, places = config.dimension, config.history_length
        self.item = nn.Linear(width, width)
        self.kinds = nn.Embedding(max(KINDS.values()) + 1, width)
        self.gaps = Gaps(width)
        self.preferences = Bag(len(vocabularies.categories), width)
        self.nobody = nn.Parameter(torch.randn(width) * 0.1)
        self.blocks = nn.ModuleList(Block(width, places, config.heads, config.dropout) for _ in range(config.layers))
        self.after = nn.LayerNorm(width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(config.dropout)
        self._start_at_the_last_product()
        back = torch.arange(places + 1)[:, None] - torch.arange(places + 1)[None, :]
        back = back.clamp(min=0)
        back[:, 0] = places
        self.back: Tensor
        self.causal: Tensor
        self.register_buffer("back", back)
        self.register_buffer("causal", torch.ones(places + 1, places + 1, dtype=torch.bool).tril())

    def forward(self, vectors: Tensor, kinds: Tensor, ages_h: Tensor, preferred: Tensor) -> Tensor:
        """The vector of each shopper now, [n, dimension]: what serving asks for.

        Args:
            vectors: item vectors of the history [n, places, dimension], oldest first, padding in front.
            kinds: codes of the events [n, places] int64; 0 is padding.
            ages_h: hours between the events and now [n, places].
            preferred: places of the preferred categories [n, most] int64.
        """
        x, seen = self._embed(vectors, kinds, self._gaps_h(ages_h), preferred)
        for block in self.blocks[:-1]:
            x = block(x, x, self.causal & seen[:, None, :], self._bias(block))
        # Of the last layer only the newest event's place is needed, or the token in front if there is no event.
        newest = torch.where((kinds[:, -1:] != PADDED)[..., None], x[:, -1:], x[:, :1])
        last = self.blocks[-1]
        return self._finish(last(newest, x, seen[:, None, :], self._bias(last)[:, -1:]))[:, 0]

    def everywhere(self, vectors: Tensor, kinds: Tensor, gaps_h: Tensor, preferred: Tensor) -> Tensor:
        """The vector after each event and before the first, [n, places + 1, dimension]: what training needs.

        `gaps_h` [n, places] are the hours from each event to the moment at which the next one is predicted. There
        may be fewer places than the tower has: places are counted from the newest.
        """
        x, seen = self._embed(vectors, kinds, gaps_h, preferred)
        size = x.shape[1]
        mask = self.causal[:size, :size] & seen[:, None, :]
        for block in self.blocks:
            x = block(x, x, mask, self._bias(block)[:, :size, :size])
        return self._finish(x)

    def _start_at_the_last_product(self) -> None:
        """Makes untrained towers answer with what is near the newest product; the rest is a small disturbance that
        training gives a meaning (Bachlechner et al. 2020 begin with no disturbance at all, and converge faster)."""
        for linear in (self.item, self.out):
            nn.init.eye_(linear.weight)
            nn.init.zeros_(linear.bias)
        for embedding in (self.kinds.weight, self.gaps.table.weight):
            nn.init.normal_(embedding, std=SMALL)
        for block in self.blocks:
            for linear in cast(Block, block).ends():
                nn.init.normal_(linear.weight, std=SMALL)
                nn.init.zeros_(linear.bias)

    def _embed(self, vectors: Tensor, kinds: Tensor, gaps_h: Tensor, preferred: Tensor) -> tuple[Tensor, Tensor]:
        events = self.item(vectors) + self.kinds(kinds) + self.gaps(gaps_h)
        front = (self.preferences(preferred) + self.nobody)[:, None]
        there = kinds != PADDED
        seen = torch.cat([torch.ones_like(there[:, :1]), there], 1)
        return self.dropout(torch.cat([front, events], 1)), seen

    def _bias(self, block: nn.Module) -> Tensor:
        return cast(Block, block).back[:, self.back]

    def _gaps_h(self, ages_h: Tensor) -> Tensor:
        # From each event to the next; from the newest to now.
        return ages_h - functional.pad(ages_h[:, 1:], (0, 1))

    def _finish(self, x: Tensor) -> Tensor:
        return functional.normalize(self.out(self.after(x)), dim=-1)
