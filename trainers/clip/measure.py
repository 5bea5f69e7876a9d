"""How well validation products are found while training, as a search would find them."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.clip import captions
from trainers.clip.data import Product
from trainers.clip.features import Cache
from trainers.clip.model import Clip
from trainers.clip.split import key
from trainers.encoders import candidate
from trainers.encoders.texts import Tokens

K = TypeVar("K", bound=Hashable)
BATCH = 256
CUT = 10


@dataclass(frozen=True)
class Score:
    """Both kinds of questions; the epoch with the best mean is kept."""

    titles: float
    """Mean share of a title's products among its ten nearest pictures."""
    facts: float
    """Right documents among the ten nearest to a fact, as a share of what is possible; every fact counts alike."""

    @property
    def mean(self) -> float:
        """What decides; titles alone where a shop says nothing else of its products."""
        return (self.titles + self.facts) / 2

    def __str__(self) -> str:
        return f"validation: recall@10 of titles {self.titles:.4f}, precision@10 of facts {self.facts:.4f} of possible"


@dataclass(frozen=True)
class Validation:
    """Products whose titles ask for their own pictures, and whose facts ask for them."""

    products: Sequence[Product]
    places: NDArray[np.int64]

    def score(self, model: Clip, cache: Cache, tokens: Tokens) -> Score:
        """Asks everything."""
        model.eval()
        device = next(model.parameters()).device
        by_title = _by((key(product.title),) for product in self.products)
        by_fact = _by(captions.facts(product) for product in self.products)
        with torch.inference_mode():
            pictures = self._pictures(model, cache, device)
            titles = _texts(model, list(by_title), tokens, device)
            facts = _texts(model, [captions.words(frozenset({fact})) for fact in by_fact], tokens, device)
            columns = {title: place for place, title in enumerate(by_title)}
            own = titles[[columns[key(product.title)] for product in self.products]]
            documents = candidate.DOCUMENT["picture_weight"] * pictures + candidate.DOCUMENT["text_weight"] * own
            documents /= documents.norm(dim=1, keepdim=True)
            found = _hits(titles @ pictures.T, by_title)
            precise = _hits(facts @ documents.T, by_fact) if by_fact else []
        recall = np.mean([hits / len(right) for hits, right in zip(found, by_title.values(), strict=True)])
        possible = [min(CUT, len(right)) for right in by_fact.values()]
        precision = np.mean([hits / most for hits, most in zip(precise, possible, strict=True)]) if by_fact else recall
        return Score(float(recall), float(precision))

    def _pictures(self, model: Clip, cache: Cache, device: torch.device) -> Tensor:
        rows = cache.first(self.places)
        found = []
        for begin in range(0, len(rows), BATCH):
            some = rows[begin : begin + BATCH]
            features = cache.take(some, np.zeros_like(some), device)
            found.append(model.project(features if cache.pooled else model.finish(features, cache.begun)))
        return torch.cat(found)


def _by(names: Iterable[Iterable[K]]) -> Mapping[K, list[int]]:
    found: dict[K, list[int]] = defaultdict(list)
    for place, own in enumerate(names):
        for name in dict.fromkeys(own):
            found[name].append(place)
    return found


def _texts(model: Clip, texts: Sequence[str], tokens: Tokens, device: torch.device) -> Tensor:
    found = []
    for begin in range(0, len(texts), BATCH):
        ids, _ = tokens(texts[begin : begin + BATCH])
        found.append(model.encode_text(torch.from_numpy(ids).to(device), normalize=True))
    return torch.cat(found)


def _hits(scores: Tensor, right: Mapping[K, list[int]]) -> list[int]:
    nearest = scores.topk(min(CUT, scores.shape[1]), dim=1).indices.cpu().numpy()
    return [int(np.isin(row, wanted).sum()) for row, wanted in zip(nearest, right.values(), strict=True)]
