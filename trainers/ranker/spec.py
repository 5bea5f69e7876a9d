"""The ranker's part of the feature specification."""

from typing import Any

from trainers.datasets import Products
from trainers.ranker import golden
from trainers.ranker.config import Config
from trainers.ranker.features import NAMES, Features


def of(features: Features, products: Products, config: Config) -> dict[str, Any]:
    """How serving computes what the ranker is told, with golden rows that hold it to this package."""
    return {
        "features": list(NAMES),
        "candidates": config.candidates,
        "neighbours_of": config.neighbours_of,
        "recent": config.recent,
        "session_h": config.session_h,
        "prior": config.prior,
        "weights": dict(config.weights),
        "wanted": list(config.wanted),
        "price_levels": dict(features.price_levels),
        "golden": golden.of_features(features, products, config),
    }
