"""Tells one state of a catalogue from another."""

import hashlib
import json
from collections.abc import Iterable

from trainers.clip.data import Product


def fingerprint(products: Iterable[Product]) -> str:
    """A hash of everything that encoders learn from, whatever the order and the folder."""
    rows = [
        [product.id, product.title, list(product.category), product.brand, dict(sorted(product.attributes.items())),
         [(picture.name, picture.stat().st_size) for picture in product.pictures]]
        for product in sorted(products, key=lambda product: product.id)
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]
