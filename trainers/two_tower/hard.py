"""Hard negatives, late: products that the towers themselves rank high for a shopper who did not choose them.

From an epoch on, shoppers of each step are asked with the towers as they are (the averaged weights, those that are
measured), and some of what stands between two ranks of their answers joins the candidates. The vectors of the
catalogue are as old as the epoch, as in ANCE (Xiong et al. 2020, "Approximate nearest neighbor negative contrastive
learning"); those of the shoppers are of the step. The ranks begin well below the top, as Huang et al. (2020,
"Embedding-based retrieval in Facebook search") found best: what stands at the top is often what the shopper would
choose next, and the middle of the order is where there is something to learn.

Each product of a shopper's window is drawn by itself with the same chance (Poisson sampling), so that the chance of
every product of the catalogue to be drawn by somebody is known exactly, given who is asked. It is part of the logQ of
the step: hard negatives are then importance sampling from where the softmax has its weight (Bengio and Senecal 2008),
and the loss still aims at the softmax over all products instead of pushing away what is merely near.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from trainers.datasets import DataError, Shop
from trainers.datasets.tables import Floats, Ints
from trainers.two_tower.config import Config
from trainers.two_tower.model import Towers
from trainers.two_tower.sequences import NOTHING, Batch

ASKED = 64
"""Shoppers of a step that are asked at most, each at one place of the sequence: an answer costs a score of every
product."""


@dataclass(frozen=True)
class Drawn:
    """Hard negatives of a step."""

    products: Ints
    chance: Floats
    """Of each product of the catalogue to be among them, given who was asked [products]."""


class Mining:
    """Draws hard negatives for each step of an epoch that is late enough, and none before."""

    def __init__(self, shop: Shop, towers: Towers) -> None:
        """`towers` may change while they are asked; their catalogue vectors are computed when an epoch begins.

        Raises:
            DataError: the settings name ranks, epochs or numbers that there are none of.
        """
        _check(towers.config)
        self._towers = towers
        products, events = len(shop.products), shop.events
        self._nothing = Drawn(np.zeros(0, np.int64), np.zeros(products))
        met = (np.ones(len(events), bool), (events.user, events.item))
        self._met = sparse.csr_matrix(met, (len(events.users), products))
        self._vectors: Tensor | None = None

    def begin(self, epoch: int) -> None:
        """Computes the vectors of the catalogue anew, if the epoch has hard negatives."""
        config = self._towers.config
        # Where every product competes in every step, there is nothing to add.
        wanted = config.hard_negatives > 0 and config.negatives < len(self._nothing.chance)
        late = epoch >= config.hard_from_epoch
        self._vectors = self._towers.item_vectors() if wanted and late else None

    def draw(self, batch: Batch, random: np.random.Generator) -> Drawn:
        """About `hard_negatives` products, fewer where shoppers share them; none before their epoch."""
        if self._vectors is None:
            return self._nothing
        config = self._towers.config
        rows, places = _asked(batch, random)
        window, unknown = self._windows(batch.take(rows), places, self._vectors)
        chance = min(1.0, config.hard_negatives / max(window.size, 1))
        taken = unknown & (random.random(window.shape) < chance)
        times = np.bincount(window[unknown], minlength=len(self._nothing.chance))
        return Drawn(np.unique(window[taken]), 1 - (1 - chance) ** times.astype(np.float64))

    @torch.inference_mode()
    def _windows(self, batch: Batch, places: Ints, vectors: Tensor) -> tuple[Ints, NDArray[np.bool_]]:
        """Products between the ranks for each shopper at a place [shoppers, ranks], and whether the shopper has not
        come across them."""
        config, device = self._towers.config, self._towers.device
        self._towers.user.eval()
        users = self._towers.everywhere(batch, vectors[torch.from_numpy(batch.items).to(device)])
        asking = users[torch.arange(len(places), device=device), torch.from_numpy(places).to(device)]
        scores = asking @ vectors.T
        row, met = (torch.from_numpy(at.astype(np.int64)) for at in self._met[batch.users].nonzero())
        scores[row.to(device), met.to(device)] = -torch.inf
        best = scores.topk(min(config.hard_last_rank, scores.shape[1]))
        found, products = (part[:, config.hard_first_rank - 1 :].cpu().numpy() for part in best)
        return products, np.isfinite(found)


def _asked(batch: Batch, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Rows of the batch that are asked, and one place of each at which there is something to predict."""
    drawn = random.random(batch.targets.shape) * (batch.targets != NOTHING)
    rows = random.permutation(np.flatnonzero(drawn.any(1)))[:ASKED]
    return rows, drawn[rows].argmax(1)


def _check(config: Config) -> None:
    """Raises: DataError, if hard negatives cannot be drawn so."""
    if config.hard_negatives < 0:
        raise DataError(f"hard_negatives is {config.hard_negatives}; name 0 for none, or how many a step has.")
    if config.hard_from_epoch < 1:
        raise DataError(f"hard_from_epoch is {config.hard_from_epoch}; the first epoch is 1.")
    if not 1 <= config.hard_first_rank <= config.hard_last_rank:
        raise DataError(
            f"hard negatives stand from rank {config.hard_first_rank} to {config.hard_last_rank}; name a "
            "hard_first_rank of at least 1, and a hard_last_rank that is no smaller."
        )
