"""Recall of held-out titles while training: picture against picture, as a search would."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from trainers.clip.data import Product
from trainers.clip.features import Cache
from trainers.clip.model import Clip
from trainers.clip.split import key
from trainers.encoders.texts import Tokens

BATCH = 256
CUT = 10


@dataclass(frozen=True)
class Titles:
    """Products whose titles ask for their own pictures."""

    products: Sequence[Product]
    places: NDArray[np.int64]

    def recall(self, model: Clip, cache: Cache, tokens: Tokens) -> float:
        """Mean share of a title's products among its ten nearest pictures."""
        model.eval()
        device = next(model.parameters()).device
        rows = cache.first(self.places)
        pictures, texts = [], []
        titles = list(dict.fromkeys(key(product.title) for product in self.products))
        with torch.inference_mode():
            for begin in range(0, len(rows), BATCH):
                features = torch.from_numpy(cache.features[rows[begin : begin + BATCH], 0]).to(device).float()
                if features.ndim > 2:
                    features = model.finish(features, cache.begun)
                pictures.append(model.project(features))
            for begin in range(0, len(titles), BATCH):
                ids, _ = tokens(titles[begin : begin + BATCH])
                texts.append(model.encode_text(torch.from_numpy(ids).to(device), normalize=True))
            scores = torch.cat(texts) @ torch.cat(pictures).T
        nearest = scores.topk(min(CUT, len(rows)), dim=1).indices.cpu().numpy()
        owned = np.array([key(product.title) for product in self.products])
        found = [
            (owned[row] == title).sum() / (owned == title).sum() for title, row in zip(titles, nearest, strict=True)
        ]
        return float(np.mean(found))
