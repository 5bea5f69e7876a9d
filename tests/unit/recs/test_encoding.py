"""What encoders make of products: missing pictures, and encoders that are gone."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import grpc
import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Picture, Product

from services.kit.pictures import PictureRefused
from services.recs.adapters.encoders import SearchEncoders, said
from services.recs.domain.feature_spec import Encoder
from services.recs.domain.releases import Release
from services.recs.ports import Vector
from services.recs.use_cases import fitness
from services.recs.use_cases.measures import UNENCODED
from services.recs.worker import encoding as worker
from services.recs.worker.encoding import Encoding
from tests.integration.search import encoders as small
from trainers.release import encoding as trained

TEXTS, LOOKS = Encoder("sentence", "3", small.DIMENSION), Encoder("clip_image", "3", small.DIMENSION)
PRODUCTS = [
    Product(name="products/a", title="Shoe", description="Red.", pictures=[Picture(name="products/a/pictures/good")]),
    Product(name="products/b", title="Shirt"),
    Product(name="products/c", pictures=[Picture(name="products/c/pictures/bad")]),
    Product(name="products/d", title="Hat", pictures=[Picture(name="products/d/pictures/gone")]),
]


def release(*encoders: Encoder) -> Release:
    return cast(Release, SimpleNamespace(spec=SimpleNamespace(encoders=encoders)))


class Parts:
    """Search, catalogue, inference server and picture processes."""

    def __init__(self) -> None:
        self.known = {"3"}
        """Search releases, and versions of their encoders."""
        self.served = {"3"}
        self.down = False
        self.texts_seen: list[str] = []
        self.rendered: list[str] = []

    @property
    def asked(self) -> SearchEncoders:
        parts: Any = self
        made = SearchEncoders(None, grpc.aio.insecure_channel("127.0.0.1:9"), parts, parts)
        made._releases = made._catalog = parts
        return made

    async def GetSearchRelease(self, request: Any, **_: Any) -> Any:
        if request.name.removeprefix("searchReleases/") not in self.known:
            raise failed(grpc.StatusCode.NOT_FOUND)
        return SimpleNamespace(encoder_spec=json.dumps(small.spec(3)))

    async def RenderPicture(self, request: Any, **_: Any) -> Any:
        self.rendered.append(request.name)
        if request.name.endswith("gone"):
            raise failed(grpc.StatusCode.NOT_FOUND)
        return SimpleNamespace(data=request.name.encode())

    async def prepare(self, content: bytes, _: Any) -> bytes:
        if content.endswith(b"bad"):
            raise PictureRefused("it is none")
        return content

    async def texts(self, encoder: Any, texts: Sequence[str]) -> Vector:
        self.texts_seen += texts
        return self._vectors(encoder, texts)

    async def pixels(self, encoder: Any, pixels: Sequence[bytes]) -> Vector:
        return self._vectors(encoder, pixels)

    async def shapes(self, _: str, version: str) -> Any:
        return {} if version in self.served else None

    def _vectors(self, encoder: Any, given: Sequence[Any]) -> Vector:
        if self.down or encoder.version not in self.served:
            raise failed(grpc.StatusCode.UNAVAILABLE)
        return np.ones((len(given), encoder.dimension), np.float32)


def failed(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    nothing = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(code, nothing, nothing)


async def test_what_cannot_be_encoded_is_zeros() -> None:
    """A picture that is none, or was taken away meanwhile, is as no picture; so is what nothing is said of."""
    parts = Parts()
    found = await Encoding(parts.asked)(release(TEXTS, LOOKS), PRODUCTS)
    assert found is not None
    assert found.shape == (4, 2 * small.DIMENSION)
    there = [[row[: small.DIMENSION].any(), row[small.DIMENSION :].any()] for row in found]
    assert there == [[True, True], [True, False], [False, False], [True, False]]
    assert parts.texts_seen == ["Shoe. Red.", "Shirt", "Hat"]


async def test_a_release_without_encoders_asks_nobody() -> None:
    nobody: Any = None
    assert await Encoding(nobody)(release(), PRODUCTS) is None


@pytest.mark.parametrize("gone", ["search", "inference", "no address"])
async def test_a_version_that_is_gone_is_counted_and_said_once(gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said_of: list[str] = []
    log = SimpleNamespace(warning=lambda _, **about: said_of.append(about["version"]))
    monkeypatch.setattr(worker, "log", log)
    parts = Parts()
    asked = parts.asked
    if gone == "search":
        parts.known = set()
    elif gone == "inference":
        parts.served = set()
    else:
        asked._releases = None
    encoding, before = Encoding(asked), UNENCODED.labels("clip_image")._value.get()
    for _ in range(2):
        found = await encoding(release(LOOKS), PRODUCTS)
        assert found is not None
        assert found.shape == (4, small.DIMENSION)
        assert not found.any()
    assert UNENCODED.labels("clip_image")._value.get() == before + 8
    assert said_of == ["3"]
    assert parts.rendered == [], "no picture is fetched for nobody"


async def test_a_release_whose_encoder_is_gone_is_told() -> None:
    """It would place new products without, as if nothing were missing."""
    parts: Any = Parts()
    assert await fitness.unencoded(release(TEXTS, LOOKS), parts) == ""
    parts.served = set()
    problem = await fitness.unencoded(release(TEXTS, LOOKS), parts)
    assert "version 3 of sentence" in problem
    assert "trainers.clip promote --release 3" in problem
    assert await fitness.unencoded(release(), parts) == ""


async def test_another_dimension_is_another_encoder() -> None:
    other = Encoder(LOOKS.model, LOOKS.version, 7)
    assert await Parts().asked.vectors(other, PRODUCTS) is None


async def test_a_server_that_is_away_is_waited_for() -> None:
    """The model is there, so that the products are placed with it later."""
    parts = Parts()
    parts.down = True
    with pytest.raises(grpc.aio.AioRpcError):
        await Encoding(parts.asked)(release(LOOKS), PRODUCTS)


@pytest.mark.parametrize("product", PRODUCTS)
def test_trainers_and_worker_say_the_same_of_a_product(product: Product) -> None:
    assert said(product) == trained.said(product.title, product.description)
