"""The encoders of search: its releases say how they are asked, and the inference server answers."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import grpc
import numpy as np
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_pb2 import Product
from aisle.search.v1 import search_release_service_pb2 as releases_pb
from aisle.search.v1.search_release_service_pb2_grpc import SearchReleaseServiceStub

from services.kit import telemetry
from services.kit.encoders import InferenceEncoders, PreparedPictures
from services.kit.pictures import PictureRefused
from services.recs.domain.feature_spec import Encoder
from services.recs.ports import Vector

RELEASES = "aisle.search.v1.SearchReleaseService"
PICTURES = "aisle.catalog.v1.PictureService"
TIMEOUT_S = 20.0
FETCHED = 8
"""Pictures fetched and decoded at a time."""
PREPARED = 128
"""Products whose pictures are held as pixels: 150 kB each at 224 x 224."""
log = telemetry.logger("aisle.recs.encoders")


@dataclass(frozen=True, slots=True)
class _Texts:
    """services.kit.encoders.TextEncoder."""

    model: str
    version: str
    dimension: int
    max_tokens: int
    pad_id: int
    tokenizer: str


@dataclass(frozen=True, slots=True)
class _Pictures:
    """services.kit.encoders.PictureEncoder."""

    model: str
    version: str
    dimension: int
    width: int
    height: int
    fit: str
    resample: str
    background: tuple[int, int, int]


class SearchEncoders:
    """services.recs.ports.Encoders."""

    def __init__(
        self,
        search: grpc.aio.Channel | None,
        catalog: grpc.aio.Channel,
        encoders: InferenceEncoders,
        pictures: PreparedPictures,
    ) -> None:
        """Without a search service no encoder is known."""
        self._releases = SearchReleaseServiceStub(search) if search else None
        self._catalog = PictureServiceStub(catalog)
        self._encoders = encoders
        self._pictures = pictures
        self._known: dict[Encoder, _Texts | _Pictures] = {}
        self._at_once = asyncio.Semaphore(FETCHED)

    async def vectors(self, encoder: Encoder, products: Sequence[Product]) -> Vector | None:
        known = await self._specified(encoder)
        if known is None:
            return None
        # Asked before the work: a page of pictures is not fetched and decoded for nobody.
        if await self._encoders.shapes(encoder.model, encoder.version) is None:
            return None
        if isinstance(known, _Texts):
            return await self._of_texts(known, [said(product) for product in products])
        return await self._of_pictures(known, products)

    async def _specified(self, encoder: Encoder) -> _Texts | _Pictures | None:
        if encoder not in self._known and self._releases is not None:
            request = releases_pb.GetSearchReleaseRequest(name=f"searchReleases/{encoder.version}")
            try:
                release = await self._releases.GetSearchRelease(request, timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return None
                raise
            entry = json.loads(release.encoder_spec)["encoders"].get(encoder.model)
            if entry is None or entry["dimension"] != encoder.dimension:
                return None
            self._known[encoder] = _read(entry)
        return self._known.get(encoder)

    async def _of_texts(self, encoder: _Texts, texts: Sequence[str]) -> Vector:
        found = np.zeros((len(texts), encoder.dimension), np.float32)
        there = [place for place, text in enumerate(texts) if text]
        found[there] = await self._encoders.texts(encoder, [texts[place] for place in there])
        return found

    async def _of_pictures(self, encoder: _Pictures, products: Sequence[Product]) -> Vector:
        found = np.zeros((len(products), encoder.dimension), np.float32)
        for at in range(0, len(products), PREPARED):
            pixels = await asyncio.gather(*(self._pixels(encoder, product) for product in products[at : at + PREPARED]))
            there = {at + place: prepared for place, prepared in enumerate(pixels) if prepared is not None}
            found[list(there)] = await self._encoders.pixels(encoder, list(there.values()))
        return found

    async def _pixels(self, encoder: _Pictures, product: Product) -> bytes | None:
        """A product's first picture as the encoder sees it; None where there is none."""
        if not product.pictures:
            return None
        name = product.pictures[0].name
        async with self._at_once:
            try:
                request = pictures_pb.RenderPictureRequest(name=name)
                content = (await self._catalog.RenderPicture(request, timeout=TIMEOUT_S)).data
                return await self._pictures.prepare(content, encoder)
            except PictureRefused as refused:
                log.warning("picture not encoded", picture=name, why=str(refused))
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
        return None


def said(product: Product) -> str:
    """What is said of a product to an encoder of texts; the trainers say the same."""
    return ". ".join(filter(None, (product.title, product.description)))


def _read(entry: Mapping[str, Any]) -> _Texts | _Pictures:
    """An entry of an encoder specification, which search has read before it took it."""
    kind = _Texts if entry["kind"] == "text" else _Pictures
    known = {field.name: entry[field.name] for field in fields(kind)}
    if kind is _Texts:
        return _Texts(**known | {"tokenizer": json.dumps(entry["tokenizer"])})
    return _Pictures(**known | {"background": tuple(entry["background"])})
