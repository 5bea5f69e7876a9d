"""From products to documents and vectors."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit import telemetry
from services.kit.pictures import PictureRefused
from services.search.domain.documents import caption
from services.search.domain.encoders import EncoderSpec, PictureEncoder, Space
from services.search.ports import Document, Encoders, Pictures, PictureSource, Vector
from services.search.use_cases import products
from services.search.use_cases.measures import EMBEDDED

FETCHED = 8
"""Pictures fetched and decoded at a time."""
log = telemetry.logger("aisle.search.embedding")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a product's vectors are made of."""

    title: str
    caption: str
    picture: str
    """Name of its first picture; empty when it has none."""

    @property
    def digest(self) -> str:
        """The same digest, the same vectors."""
        text = "\x00".join((self.title, self.caption, self.picture))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def subject(product: Product) -> Subject:
    """What a product's vectors are made of."""
    *above, kind = product.category_path or ("",)
    values = [value for _, value in sorted(product.attributes.items())]
    picture = product.pictures[0].name if product.pictures else ""
    text = caption(kind, product.title, (*above, product.brand, *values), product.description)
    return Subject(product.title, text, picture)


def document(product: Product) -> Document:
    """The product as the collections hold it."""
    return Document(
        product_id=products.product_id(product.name),
        digest=subject(product).digest,
        category_ids=tuple(product.category_ids),
        brand=product.brand,
        price=products.price(product) or 0.0,
        currency=product.price.currency_code,
        in_stock=product.in_stock,
        rating=product.rating,
        create_time=product.create_time.seconds,
    )


class Embedding:
    """Makes vectors of products, in batches on the inference server."""

    def __init__(self, encoders: Encoders, pictures: Pictures, source: PictureSource) -> None:
        self._encoders = encoders
        self._pictures = pictures
        self._source = source
        self._at_once = asyncio.Semaphore(FETCHED)

    async def __call__(self, spec: EncoderSpec, subjects: Sequence[Subject]) -> dict[str, Vector]:
        """[products, dimension] by space. A row of zeros for a product of which the space knows nothing."""
        wanted = {space.picture.prepared: space.picture for space in spec.spaces.values() if space.picture is not None}
        pixels = dict[object, Sequence[bytes | None]]()
        for prepared, encoder in wanted.items():
            pixels[prepared] = await self._all_pixels(encoder, subjects)
        return {name: await self._in_space(spec, space, subjects, pixels) for name, space in spec.spaces.items()}

    async def _in_space(
        self,
        spec: EncoderSpec,
        space: Space,
        subjects: Sequence[Subject],
        pixels: Mapping[object, Sequence[bytes | None]],
    ) -> Vector:
        made = np.zeros((len(subjects), space.dimension), np.float32)
        both = space.picture is not None
        if space.text is not None:
            # Beside a picture a title is enough, and is what such encoders learn from; alone, all that is said.
            texts = [subject.title if both else subject.caption for subject in subjects]
            made += (spec.text_weight if both else 1.0) * await self._encoders.texts(space.text, texts)
            EMBEDDED.labels(space.text.model).inc(len(texts))
        if space.picture is not None:
            there = [(i, given) for i, given in enumerate(pixels[space.picture.prepared]) if given is not None]
            vectors = await self._encoders.pixels(space.picture, [given for _, given in there])
            for (i, _), vector in zip(there, vectors, strict=True):
                made[i] += spec.picture_weight * vector
            EMBEDDED.labels(space.picture.model).inc(len(there))
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        return np.asarray(made / np.maximum(lengths, 1e-6), np.float32)

    async def _all_pixels(self, encoder: PictureEncoder, subjects: Sequence[Subject]) -> list[bytes | None]:
        return await asyncio.gather(*(self._pixels(encoder, subject.picture) for subject in subjects))

    async def _pixels(self, encoder: PictureEncoder, name: str) -> bytes | None:
        if not name:
            return None
        async with self._at_once:
            content = await self._source.fetch(name)
            if content is None:
                return None
            try:
                return await self._pictures.prepare(content, encoder)
            except PictureRefused as refused:
                log.warning("picture not embedded", picture=name, why=str(refused))
                return None
