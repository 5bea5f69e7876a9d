"""What lies near in meaning: vectors of texts and pictures, met with the vectors of products."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from services.kit.filters import Expr
from services.kit.pictures import PictureRefused, check
from services.search.domain.encoders import PictureEncoder, Space
from services.search.domain.releases import Build
from services.search.ports import Encoders, Pictures, Rows, Scores, Vector, VectorIndex
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import Mask, passing
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
SPARSE = 20
"""A filter that keeps fewer of the nearest, a page, has those asked for that are nearest among what passes."""
NAMED = 300
"""A filter that keeps fewer products goes to the index as their ids: it decides that exactly, whatever the field."""
NONE_NEAR: Rows = np.zeros(0, np.int64)
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
    whole: Rows = field(default_factory=lambda: NONE_NEAR)
    """What is near whether it passes the filter or not; nothing where words decide what is found."""
    same: Rows = field(default_factory=lambda: NONE_NEAR)
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
    by_words: bool = False
    """Whether words decide what is found, and what is near only comes behind it."""
    admits: Mask | None = None
    """What the shopper may be shown, whatever the filter; None for everything."""


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
            found = await self._vector(build, space, wanted, near, pixels)
            if found is None:
                return
            vector, weight = found
            rows, scores, whole = await self._near(build.collection(space.name), vector, wanted, passes)
        except Down as down:
            near.degraded.add(down.what)
            return
        own = self._catalogue.row(wanted.product_id) if wanted.product_id else None
        if own is not None:
            scores, rows, whole = scores[rows != own], rows[rows != own], whole[whole != own]
        answers = space.text is not None and len(scores) > 0 and scores[0] >= space.text.answers_above
        near.answers |= answers
        near.whole = np.union1d(near.whole, whole)
        near.trust[space.name] = _trust(space, answers)
        if space.text is None and space.picture is not None and wanted.picture:
            near.same = rows[scores >= space.picture.same_above]
        near.rankings.append(Ranking(space.name, rows, weight))

    async def _vector(
        self, build: Build, space: Space, wanted: Wanted, near: Near, pixels: "Pixels"
    ) -> tuple[Vector, float] | None:
        """What the products are to be near to, in a space, and what that counts; None when it knows nothing of it."""
        if wanted.product_id:
            if space.picture is not None and space.picture.same_above < 1.0:
                return None  # it tells altered copies of a picture, and not what is like a product
            collection = build.collection(space.name)
            found = await self._guards.index(lambda: self._index.vectors(collection, [wanted.product_id]))
            own = found.get(wanted.product_id)
            return (own, 1.0) if own is not None else None
        if not wanted.picture:
            return (await self._texts(space.text, wanted.text), 1.0) if space.text and wanted.text else None
        if space.picture is None:
            # Words beside a picture go into the space where both are.
            return None
        picture = await self._picture(space.picture, pixels, near)
        text = await self._beside(space, wanted, near)
        weight = wanted.picture_weight if wanted.text else 1.0
        if picture is None or text is None:
            alone, counts = (picture, weight) if text is None else (text, 1.0 - weight)
            return (alone, counts) if alone is not None else None
        mixed = weight * picture + (1.0 - weight) * text
        return np.asarray(mixed / max(float(np.linalg.norm(mixed)), 1e-6), np.float32), 1.0

    async def _beside(self, space: Space, wanted: Wanted, near: Near) -> Vector | None:
        """The words beside a picture; None where there are none that the space knows."""
        if not (space.text and wanted.text):
            return None
        try:
            return await self._texts(space.text, wanted.text)
        except Down as down:
            near.degraded.add(down.what)
            return None

    async def _picture(self, encoder: PictureEncoder, pixels: "Pixels", near: Near) -> Vector | None:
        prepared = await pixels(encoder)
        try:
            with stage("encode_picture"):
                found: Vector = (await self._guards.pictures(lambda: self._encoders.pixels(encoder, [prepared])))[0]
                return found
        except Down as down:
            near.degraded.add(down.what)
            return None

    async def _near(self, collection: str, vector: Vector, wanted: Wanted, passes: Mask) -> tuple[Rows, Scores, Rows]:
        """The nearest that pass, best first, with their scores; and what is near whether it passes or not."""
        with stage("nearest"):
            if wanted.by_words:
                if wanted.where is not None:
                    return *await self._nearest_passing(collection, vector, wanted, passes), NONE_NEAR
                return *passing(passes, await self._nearest_of_all(collection, vector, wanted)), NONE_NEAR
            found = await self._nearest_of_all(collection, vector, wanted)
            rows, scores = passing(passes, found)
            if wanted.where is None or len(rows) >= SPARSE:
                return rows, scores, found[0]
            more, their_scores = await self._nearest_passing(collection, vector, wanted, passes)
            new = ~np.isin(more, rows)
            return np.concatenate([rows, more[new]]), np.concatenate([scores, their_scores[new]]), found[0]

    async def _nearest_of_all(self, collection: str, vector: Vector, wanted: Wanted) -> tuple[Rows, Scores]:
        """The nearest of all that the shopper may be shown."""
        if wanted.picture or wanted.product_id:
            found = await self._guards.index(lambda: self._nearest.to_vector(collection, vector, None, NEAREST))
        else:
            found = await self._guards.index(
                lambda: self._nearest.to_text(collection, wanted.text, vector, NEAREST_TO_WORDS)
            )
        if wanted.admits is None:
            return found
        kept = passing(wanted.admits, found)
        if len(kept[0]) >= SPARSE:
            return kept
        return await self._nearest_passing(collection, vector, replace(wanted, where=None), wanted.admits)

    async def _nearest_passing(
        self, collection: str, vector: Vector, wanted: Wanted, passes: Mask
    ) -> tuple[Rows, Scores]:
        """The nearest among what passes the filter: it goes to the index."""
        limit = NEAREST if wanted.picture or wanted.product_id else NEAREST_TO_WORDS
        where: Expr | list[str] | None = None
        rows = np.flatnonzero(passes)
        if len(rows) <= NAMED:
            where = [self._catalogue.ids[row] for row in rows]
        elif wanted.where is None or (where := INDEXED.wider(wanted.where)) != wanted.where:
            limit *= SPARE
        if where == []:
            return NONE_NEAR, np.zeros(0, np.float32)
        found = await self._guards.index(lambda: self._nearest.to_vector(collection, vector, where, limit))
        return passing(passes, found)


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
