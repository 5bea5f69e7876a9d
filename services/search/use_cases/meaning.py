"""What lies near in meaning: vectors of texts and pictures, met with the vectors of products."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.kit.filters import Expr
from services.kit.pictures import PictureRefused, check
from services.search.domain.encoders import PictureEncoder, Space, TextEncoder
from services.search.domain.releases import Build
from services.search.ports import Encoders, Pictures, Rows, Vector, VectorIndex
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import Mask
from services.search.use_cases.fusion import Ranking
from services.search.use_cases.guards import Degradation, Down, Guard
from services.search.use_cases.measures import stage
from services.search.use_cases.pushdown import wider

NEAREST = 120
"""Products asked of a collection: what is farther away is not what was meant."""
SPARE = 3
"""How many times as many are asked for where a filter knows what the index does not."""
NAMED = 300
"""A filter that keeps fewer products goes to the index as their ids: it decides that exactly, whatever the field."""


@dataclass(frozen=True)
class Guards:
    """Budgets of the parts."""

    texts: Guard
    pictures: Guard
    index: Guard


@dataclass
class Near:
    """Rankings by meaning, and what was missing."""

    rankings: list[Ranking] = field(default_factory=list)
    answers: bool = False
    """Whether the nearest is so near that it is an answer, by what the trainer named."""
    degraded: set[Degradation] = field(default_factory=set)
    release: int = 0


@dataclass(frozen=True)
class Wanted:
    """What the products are to be near to."""

    text: str = ""
    picture: bytes = b""
    picture_weight: float = 0.5
    product_id: str = ""
    where: Expr | None = None


class Meaning:
    """The retrievers by vectors. Whatever is missing, the others go on."""

    def __init__(
        self,
        catalogue: Catalogue,
        encoders: Encoders,
        pictures: Pictures,
        index: VectorIndex,
        guards: Guards,
        cache_size: int,
    ) -> None:
        self._catalogue = catalogue
        self._encoders = encoders
        self._pictures = pictures
        self._index = index
        self._guards = guards
        self._cache_size = cache_size
        self._vectors: OrderedDict[tuple[TextEncoder, str], Vector] = OrderedDict()

    async def __call__(self, build: Build | None, wanted: Wanted, passes: Mask) -> Near:
        """What is near, and passes.

        Raises:
            PictureRefused: the picture is none that is taken; says why.
        """
        near = Near()
        if wanted.picture and (build is None or build.release.spec.pictures is None):
            check(wanted.picture)  # what is no picture is refused also while nothing can be done with one
            near.degraded.add(Degradation.IMAGE_ENCODER)
        if build is None:
            return near
        near.release = build.release.number
        work = [self._in_space(build, space, wanted, passes, near) for space in build.release.spec.spaces.values()]
        with stage("meaning"):
            await _all(work)
        return near

    async def _in_space(self, build: Build, space: Space, wanted: Wanted, passes: Mask, near: Near) -> None:
        try:
            vector = await self._vector(build, space, wanted, near)
            if vector is None:
                return
            found = await self._nearest(build.collection(space.name), vector, wanted, passes)
        except Down as down:
            near.degraded.add(down.what)
            return
        rows, scores = self._rows(found, passes)
        own = self._catalogue.row(wanted.product_id) if wanted.product_id else None
        if own is not None:
            scores, rows = scores[rows != own], rows[rows != own]
        if space.text is not None and len(scores) and scores[0] >= space.text.answers_above:
            near.answers = True
        near.rankings.append(Ranking(space.name, rows, 1.0))

    async def _vector(self, build: Build, space: Space, wanted: Wanted, near: Near) -> Vector | None:
        """What the products are to be near to, in a space; None when the space knows nothing of it."""
        if wanted.product_id:
            collection = build.collection(space.name)
            found = await self._guards.index(lambda: self._index.vectors(collection, [wanted.product_id]))
            return found.get(wanted.product_id)
        if not wanted.picture:
            return await self._text(space.text, wanted.text) if space.text and wanted.text else None
        if space.picture is None:
            # Words beside a picture go into the space where both are.
            return None
        picture = await self._picture(space.picture, wanted.picture, near)
        weight = wanted.picture_weight
        if not (space.text and wanted.text) or weight == 1.0:
            return picture
        try:
            text = await self._text(space.text, wanted.text)
        except Down as down:
            near.degraded.add(down.what)
            return picture
        if picture is None:
            return text
        mixed = weight * picture + (1.0 - weight) * text
        return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32)

    async def _text(self, encoder: TextEncoder, text: str) -> Vector:
        key = encoder, text
        if (known := self._vectors.get(key)) is not None:
            self._vectors.move_to_end(key)
            return known
        with stage("encode_text"):
            found: Vector = (await self._guards.texts(lambda: self._encoders.texts(encoder, [text])))[0]
        self._vectors[key] = found
        if len(self._vectors) > self._cache_size:
            self._vectors.popitem(last=False)
        return found

    async def _picture(self, encoder: PictureEncoder, picture: bytes, near: Near) -> Vector | None:
        with stage("prepare_picture"):
            pixels = await self._pictures.prepare(picture, encoder)
        try:
            with stage("encode_picture"):
                found: Vector = (await self._guards.pictures(lambda: self._encoders.pixels(encoder, [pixels])))[0]
                return found
        except Down as down:
            near.degraded.add(down.what)
            return None

    async def _nearest(
        self, collection: str, vector: Vector, wanted: Wanted, passes: Mask
    ) -> Sequence[tuple[str, float]]:
        where: Expr | list[str] | None = None
        limit = NEAREST
        if wanted.where is not None:
            kept = np.flatnonzero(passes)
            if not len(kept):
                return ()
            if len(kept) <= NAMED:
                where = [self._catalogue.ids[row] for row in kept]
            elif (where := wider(wanted.where)) != wanted.where:
                limit = NEAREST * SPARE
        with stage("nearest"):
            return await self._guards.index(lambda: self._index.search(collection, vector, where, limit))

    def _rows(self, found: Sequence[tuple[str, float]], passes: Mask) -> tuple[Rows, Vector]:
        known = [(self._catalogue.row(item), score) for item, score in found]
        kept = [(row, score) for row, score in known if row is not None and row < len(passes) and passes[row]]
        rows = np.array([row for row, _ in kept], np.int64)
        return rows, np.array([score for _, score in kept], np.float32)


async def _all(work: list[Coroutine[Any, Any, None]]) -> None:
    """Waits for all; a refused picture ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except* PictureRefused as refused:
        raise refused.exceptions[0] from None
