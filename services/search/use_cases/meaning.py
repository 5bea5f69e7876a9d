"""What lies near in meaning: vectors of texts and pictures, met with the vectors of products."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from services.kit.filters import Expr
from services.kit.pictures import PictureRefused, check
from services.search.domain.encoders import PictureEncoder, Space
from services.search.domain.releases import Build
from services.search.ports import Encoders, Pictures, Rows, Scores, Vector, VectorIndex
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import Mask
from services.search.use_cases.fusion import Ranking
from services.search.use_cases.guards import Degradation, Down, Guard
from services.search.use_cases.measures import stage
from services.search.use_cases.nearest import Nearest
from services.search.use_cases.products import INDEXED
from services.search.use_cases.text_vectors import TextVectors

NEAREST = 120
"""Products asked of a collection: what is farther away is not what was meant."""
NEAREST_TO_WORDS = 60
"""Of one that is asked by words: there are others, and three pages that words alone find; each costs 25 us there."""
SPARE = 3
"""How many times as many are asked for where a filter knows what the index does not."""
NAMED = 300
"""A filter that keeps fewer products goes to the index as their ids: it decides that exactly, whatever the field."""


LANGUAGE = (1.0, 0.5)
"""What the ranking counts for a text of which no product has all words, where its best is an answer and where it is
not: that of an encoder of sentences (record 16)."""
LOOKS = (0.5, 0.1)
"""That of one that sees pictures, and knows the words that products like this shop's are described with."""


@dataclass(frozen=True)
class Guards:
    """Budgets of the parts."""

    pictures: Guard
    index: Guard


@dataclass
class Near:
    """Rankings by meaning, and what was missing."""

    rankings: list[Ranking] = field(default_factory=list)
    answers: bool = False
    """Whether the nearest is so near that it is an answer, by what the trainer named."""
    same: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    """Products whose picture is the one that was shown, perhaps altered, the likest first."""
    trust: dict[str, float] = field(default_factory=dict)
    """What each ranking counts, by its name, where words alone decide nothing."""
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
        texts: TextVectors,
    ) -> None:
        self._catalogue = catalogue
        self._encoders = encoders
        self._pictures = pictures
        self._index = index
        self._guards = guards
        self._texts = texts
        self._nearest = Nearest(catalogue, index)

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
        pixels = Pixels(self._pictures, wanted.picture)
        spaces = build.release.spec.spaces.values()
        work = [self._in_space(build, space, wanted, passes, near, pixels) for space in spaces]
        with stage("meaning"):
            await _all(work)
        return near

    async def _in_space(
        self, build: Build, space: Space, wanted: Wanted, passes: Mask, near: Near, pixels: "Pixels"
    ) -> None:
        try:
            vector = await self._vector(build, space, wanted, near, pixels)
            if vector is None:
                return
            rows, scores = await self._near(build.collection(space.name), vector, wanted, passes)
        except Down as down:
            near.degraded.add(down.what)
            return
        # A product that came a moment ago may have a row that the mask does not know yet.
        kept = rows < len(passes)
        kept[kept] = passes[rows[kept]]
        rows, scores = rows[kept], scores[kept]
        own = self._catalogue.row(wanted.product_id) if wanted.product_id else None
        if own is not None:
            scores, rows = scores[rows != own], rows[rows != own]
        answers = space.text is not None and len(scores) > 0 and scores[0] >= space.text.answers_above
        near.answers |= answers
        near.trust[space.name] = _trust(space, answers)
        if space.text is None and space.picture is not None and wanted.picture:
            near.same = rows[scores >= space.picture.same_above]
        near.rankings.append(Ranking(space.name, rows, 1.0))

    async def _vector(self, build: Build, space: Space, wanted: Wanted, near: Near, pixels: "Pixels") -> Vector | None:
        """What the products are to be near to, in a space; None when the space knows nothing of it."""
        if wanted.product_id:
            if space.picture is not None and space.picture.same_above < 1.0:
                return None  # it tells altered copies of a picture, and not what is like a product
            collection = build.collection(space.name)
            found = await self._guards.index(lambda: self._index.vectors(collection, [wanted.product_id]))
            return found.get(wanted.product_id)
        if not wanted.picture:
            return await self._texts(space.text, wanted.text) if space.text and wanted.text else None
        if space.picture is None:
            # Words beside a picture go into the space where both are.
            return None
        picture = await self._picture(space.picture, pixels, near)
        weight = wanted.picture_weight
        if not (space.text and wanted.text) or weight == 1.0:
            return picture
        try:
            text = await self._texts(space.text, wanted.text)
        except Down as down:
            near.degraded.add(down.what)
            return picture
        if picture is None:
            return text
        mixed = weight * picture + (1.0 - weight) * text
        return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32)

    async def _picture(self, encoder: PictureEncoder, pixels: "Pixels", near: Near) -> Vector | None:
        prepared = await pixels(encoder)
        try:
            with stage("encode_picture"):
                found: Vector = (await self._guards.pictures(lambda: self._encoders.pixels(encoder, [prepared])))[0]
                return found
        except Down as down:
            near.degraded.add(down.what)
            return None

    async def _near(self, collection: str, vector: Vector, wanted: Wanted, passes: Mask) -> tuple[Rows, Scores]:
        by_words = not (wanted.picture or wanted.product_id)
        limit = NEAREST_TO_WORDS if by_words else NEAREST
        with stage("nearest"):
            if wanted.where is None and by_words:
                return await self._guards.index(lambda: self._nearest.to_text(collection, wanted.text, vector, limit))
            where: Expr | list[str] | None = None
            if wanted.where is not None:
                rows = np.flatnonzero(passes)
                if len(rows) <= NAMED:
                    where = [self._catalogue.ids[row] for row in rows]
                elif (where := INDEXED.wider(wanted.where)) != wanted.where:
                    limit *= SPARE
            if where == []:
                return np.zeros(0, np.int64), np.zeros(0, np.float32)
            return await self._guards.index(lambda: self._nearest.to_vector(collection, vector, where, limit))


def _trust(space: Space, answers: bool) -> float:
    return (LANGUAGE if space.picture is None else LOOKS)[0 if answers else 1]


class Pixels:
    """A request's picture, decoded once for all encoders that see it alike."""

    def __init__(self, pictures: Pictures, picture: bytes) -> None:
        self._pictures = pictures
        self._picture = picture
        self._prepared: dict[object, asyncio.Task[bytes]] = {}

    async def __call__(self, encoder: PictureEncoder) -> bytes:
        """What the encoder sees.

        Raises:
            PictureRefused: the picture is none that is taken; says why.
        """
        if encoder.prepared not in self._prepared:
            self._prepared[encoder.prepared] = asyncio.create_task(self._prepare(encoder))
        return await self._prepared[encoder.prepared]

    async def _prepare(self, encoder: PictureEncoder) -> bytes:
        with stage("prepare_picture"):
            return await self._pictures.prepare(self._picture, encoder)


async def _all(work: list[Coroutine[Any, Any, None]]) -> None:
    """Waits for all; a refused picture ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in work:
                group.create_task(part)
    except* PictureRefused as refused:
        raise refused.exceptions[0] from None
