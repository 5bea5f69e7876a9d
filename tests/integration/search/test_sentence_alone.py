"""A shop without pictures, or with too few for CLIP: the trainer's own command gives it the sentence encoder alone.

The real weights, the real inference server and the real index; what is asked for shares no word with what is found.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from aisle.search.v1 import search_release_service_pb2 as releases_pb
from aisle.search.v1 import search_service_pb2 as pb

from local.settings import ROOT
from tests.integration.recs import programs
from tests.integration.search.conftest import ADMIN, Shop, opened
from tests.integration.search.encoders import COLOURS
from tests.integration.search.merchant import picture
from tests.support.postgres import NewDatabase

pytestmark = pytest.mark.asyncio(loop_scope="session")
MORE = (
    ("tights", "Thermal Running Tights", "Brushed inside, for cold and early miles."),
    ("chair", "Ergonomic Office Chair", "Supports the lumbar region."),
    ("pillow", "Neck Pillow", "Memory foam for long flights."),
    ("lamp", "Reading Lamp", "Bends where you need it."),
)
MEANT = {
    "something warm for the morning jog": "tights",
    "my back hurts at the desk": "chair",
    "help me sleep on a plane": "pillow",
}
IMAGE_ENCODER = pb.SearchResponse.DEGRADATION_IMAGE_ENCODER


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="aisle-sentence-") as name:
        yield Path(name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(new_database: NewDatabase, place: Path) -> AsyncIterator[Shop]:
    """A shop of texts, without encoders."""
    (place / "models").mkdir()
    milvus, inference = programs.milvus(place), programs.inference(place, place / "models")
    for program in (milvus, inference):
        program.start()
    try:
        async with opened("plain", new_database, place, milvus, inference, pictures=False) as shop:
            for item, title, description in MORE:
                await shop.merchant.put(item, title, description=description)
            yield shop
    finally:
        for program in (inference, milvus):
            program.stop()


async def train(shop: Shop, place: Path) -> tuple[int, str]:
    """`python -m trainers.clip all`, told where the shop is; exit code and output."""
    (place / "password").write_text(ADMIN["password"])
    told = {
        "users": shop.users, "catalog": shop.merchant.address, "recs": shop.settings.recs_address,
        "search": f"127.0.0.1:{shop.server.port}", "inference": shop.inference.address,
        "milvus": f"http://{shop.milvus.address}", "data": place, "model-repository": place / "models",
        "email": ADMIN["email"], "password-file": place / "password", "threads": 1,
    }  # fmt: skip
    flags = [part for name, value in told.items() for part in (f"--{name}", str(value))]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "trainers.clip", "all", *flags,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await running.communicate()
    return running.returncode or 0, " ".join(output.decode().split())


async def test_a_shop_without_pictures_is_searched_by_meaning(plain: Shop, place: Path) -> None:
    code, said = await train(plain, place)
    assert code == 0, said
    assert "Search gets its other encoders, without CLIP." in said
    await plain.answering("searchReleases/1", seconds=60)
    for question, item in MEANT.items():
        reply = await plain.search(question)
        assert reply.results[0].product == f"products/{item}", question
        assert (list(reply.degraded), reply.fallback) == ([], False), question
    assert (await plain.search("who won the election")).fallback
    assert (await plain.ids("lamp"))[0] == "lamp"  # words come first
    release = await plain.releases.GetSearchRelease(
        releases_pb.GetSearchReleaseRequest(name="searchReleases/1"), metadata=plain.admin
    )
    assert list(json.loads(release.encoder_spec)["encoders"]) == ["sentence"]
    assert "has a title and a picture" in json.loads(release.report)["clip"]["refused"]
    assert release.data_fingerprint


async def test_pictures_that_cannot_be_searched_by_are_said(plain: Shop) -> None:
    shown = await plain.search(image=picture(COLOURS["red"]))
    assert (list(shown.degraded), shown.fallback) == ([IMAGE_ENCODER], True)
    both = await plain.search("lamp", image=picture(COLOURS["red"]))
    assert list(both.degraded) == [IMAGE_ENCODER]
    assert both.results[0].product == "products/lamp"
    refused = await plain.refused(image=b"no picture")
    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_few_pictures_change_nothing(plain: Shop, place: Path) -> None:
    for item in ("tights", "chair", "lamp"):
        await plain.merchant.picture(item, picture(COLOURS["blue"]))
    code, said = await train(plain, place)
    assert code == 0, said
    assert "3 products with a picture are too few" in said
    await plain.answering("searchReleases/2", seconds=60)
    assert [(await plain.ids(question))[0] for question in MEANT] == list(MEANT.values())
    assert list((await plain.search(image=picture(COLOURS["blue"]))).degraded) == [IMAGE_ENCODER]
