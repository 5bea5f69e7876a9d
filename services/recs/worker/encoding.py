"""What encoders make of products, for a release whose item tower takes that."""

from collections.abc import Sequence

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit import telemetry
from services.recs.domain.feature_spec import Encoder
from services.recs.domain.releases import Release
from services.recs.ports import Encoders, Vector
from services.recs.use_cases.measures import UNENCODED

log = telemetry.logger("aisle.recs.encoding")


class Encoding:
    """Vectors of the encoders that a release names; a product is placed without one that is gone."""

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders
        self._gone: set[Encoder] = set()

    async def __call__(self, release: Release, products: Sequence[Product]) -> Vector | None:
        """[products, dimensions of all encoders]; None where the release names none."""
        if not release.spec.encoders:
            return None
        return np.concatenate([await self._of(encoder, products) for encoder in release.spec.encoders], axis=1)

    async def _of(self, encoder: Encoder, products: Sequence[Product]) -> Vector:
        found = await self._encoders.vectors(encoder, products)
        if found is not None:
            self._gone.discard(encoder)
            return found
        UNENCODED.labels(encoder.model).inc(len(products))
        if encoder not in self._gone:
            self._gone.add(encoder)
            log.warning("encoder is gone; products are placed without", model=encoder.model, version=encoder.version)
        return np.zeros((len(products), encoder.dimension), np.float32)
