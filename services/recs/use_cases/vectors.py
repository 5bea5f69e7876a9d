"""Vectors that the nearest items are looked for by. Each is computed once a request, when it is first needed."""

import time
from collections.abc import Sequence

import numpy as np

from services.kit.errors import InvalidArgument
from services.recs.domain.releases import Release
from services.recs.domain.shopper import Shopper
from services.recs.ports import Towers, Vector, VectorIndex
from services.recs.use_cases.guards import Guard
from services.recs.use_cases.measures import stage
from services.recs.use_cases.position import SCORED, Position, rounded
from services.recs.use_cases.retrievers import NothingToGoBy

FALLBACKS = {SCORED, "popular_here", "popular", "newest"}


class Vectors:
    """Of one request, all of one release."""

    def __init__(
        self,
        release: Release,
        shopper: Shopper,
        after: Position | None,
        towers: Towers,
        inference: Guard,
        index: VectorIndex,
        index_guard: Guard,
    ) -> None:
        self.release = release
        self._shopper = shopper
        self._after = after
        self._towers = towers
        self._inference = inference
        self._index = index
        self._index_guard = index_guard
        self.of_shopper: Vector | None = None
        """The shopper's, if it was needed."""

    async def shopper(self) -> Vector:
        """By history and preferences; the first page's on the pages that follow it.

        Raises:
            NothingToGoBy: nothing is known of the shopper, or was when the first page was made.
            Down: index or inference server do not answer.
            InvalidArgument: the page token is not ours.
        """
        if self.of_shopper is None:
            self.of_shopper = self._remembered()
        if self.of_shopper is None:
            self.of_shopper = rounded(await self._infer())
        return self.of_shopper

    @property
    def kept(self) -> Vector | None:
        """The shopper's for the pages that follow: as it was needed here, or on those before."""
        after = self._after
        before = after.vector if after and after.release == self.release.number else None
        return before if self.of_shopper is None else self.of_shopper

    async def product(self, product_id: str) -> Vector:
        """An item's.

        Raises:
            NothingToGoBy: it has none.
            Down: the index does not answer.
        """
        found = (await self.many([product_id])).get(product_id)
        if found is None:
            raise NothingToGoBy
        return found

    async def many(self, ids: Sequence[str]) -> dict[str, Vector]:
        """Those of items that have one.

        Raises:
            Down: the index does not answer.
        """
        if not ids:
            return {}
        with stage("vectors"):
            return await self._index_guard(lambda: self._index.vectors(self.release, ids))

    def _remembered(self) -> Vector | None:
        after = self._after
        if after is None or after.release != self.release.number:
            return None
        if after.vector is None:
            if after.retriever in FALLBACKS:  # pages that began without it go on without it
                raise NothingToGoBy
            return None
        if after.vector.size != self.release.dimension:
            raise InvalidArgument.field("page_token", "is not one that this service gave out")
        return after.vector

    async def _infer(self) -> Vector:
        shopper, release = self._shopper, self.release
        if not shopper.known:
            raise NothingToGoBy
        steps = release.spec.steps(shopper.history, int(time.time() * 1000))
        vectors = await self.many([step.product_id for step in steps])
        # A product that is gone, or not indexed yet, has no vector: the tower sees the history without it.
        steps = [step for step in steps if step.product_id in vectors]
        if not steps and not shopper.preferred_categories:
            raise NothingToGoBy
        rows = np.zeros((len(steps), release.dimension), np.float32)
        for i, step in enumerate(steps):
            rows[i] = vectors[step.product_id]
        kinds, ages = [step.kind for step in steps], [step.age_h for step in steps]
        preferred = release.spec.preferred(shopper.preferred_categories)
        with stage("user_tower"):
            return await self._inference(lambda: self._towers.user_vector(release, rows, kinds, ages, preferred))
