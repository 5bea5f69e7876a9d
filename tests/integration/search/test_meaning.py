"""Meaning, pictures, builds, and what happens when a part is gone."""

import asyncio
import io
import itertools
import random
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import pytest
from aisle.search.v1 import search_release_service_pb2 as releases_pb
from aisle.search.v1 import search_service_pb2 as pb
from PIL import Image, ImageOps

from services.search.worker import progress
from tests.integration.search import encoders
from tests.integration.search.conftest import Shop, until
from tests.integration.search.encoders import COLOURS
from tests.integration.search.merchant import picture
from tests.support.milvus import index_client

pytestmark = pytest.mark.asyncio(loop_scope="session")


def patches(dice: random.Random) -> Image.Image:
    """Sixteen patches of any colour."""
    small = Image.new("RGB", (4, 4))
    small.putdata([(dice.randrange(256), dice.randrange(256), dice.randrange(256)) for _ in range(16)])
    return small.resize((128, 128), Image.Resampling.NEAREST)


def content(image: Image.Image, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


Degradation = pb.SearchResponse.Degradation


async def test_meaning_finds_what_words_do_not(shop: Shop) -> None:
    reply = await shop.search("something cosy")
    assert reply.results[0].product == "products/shirt-3"  # Fleece Top: no word of it was typed
    assert not reply.fallback, "an answer by what the trainer named is one"
    assert reply.release.startswith("searchReleases/")
    assert not reply.degraded


async def test_words_come_before_meaning(shop: Shop) -> None:
    reply = await shop.search("fleece", page_size=100)
    assert reply.results[0].product == "products/shirt-3"
    scores = [result.score for result in reply.results]
    assert scores == sorted(scores, reverse=True)


async def test_a_mistyped_word_means_what_it_was_to_be(shop: Shop) -> None:
    right, mistyped = await shop.search("fleece", page_size=100), await shop.search("fleecce", page_size=100)
    assert mistyped.corrected_query == "fleece"
    assert [result.product for result in mistyped.results] == [result.product for result in right.results]
    assert [result.score for result in mistyped.results] == [result.score for result in right.results]


async def test_a_picture_finds_the_product_that_it_shows(shop: Shop) -> None:
    for colour, products in (("green", {"dress-2", "shirt-3"}), ("red", {"dress-1", "shoe-3"})):
        for content in (
            picture(COLOURS[colour], (300, 200), "JPEG", quality=40),
            picture(COLOURS[colour], (64, 64), "WEBP"),
        ):
            reply = await shop.search(image=content, page_size=2)
            assert {result.product.removeprefix("products/") for result in reply.results} == products
            assert not reply.degraded
            assert not reply.fallback


async def test_a_picture_that_was_altered_finds_its_product_first(shop: Shop) -> None:
    dice = random.Random(4)
    shown = {f"patch-{number}": patches(dice) for number in range(8)}
    for item, image in shown.items():
        await shop.merchant.put(item, "Rug")
        await shop.merchant.picture(item, content(image, "PNG"))

    async def there() -> bool:
        found = [await shop.ids(image=content(image, "PNG"), page_size=1) for image in shown.values()]
        return found == [[item] for item in shown]

    await until(there, 10, "all of them to be found by their own pictures")
    for item, image in shown.items():
        cut, smaller = image.crop((4, 4, 124, 124)), image.resize((40, 50))
        for altered in (content(image, "JPEG", quality=30), content(cut, "PNG"), content(smaller, "WEBP")):
            assert (await shop.ids(image=altered, page_size=3))[0] == item
    for item in shown:
        await shop.merchant.delete(item)


async def test_words_beside_a_picture_weigh_against_it(shop: Shop) -> None:
    green = picture(COLOURS["green"])
    assert (await shop.ids("dress", image=green))[0] == "dress-2"
    assert (await shop.ids("red", image=green, image_weight=0.0))[0] in {"dress-1", "shoe-3"}
    assert (await shop.ids("red", image=green, image_weight=1.0))[0] in {"dress-2", "shirt-3"}


async def test_filters_hold_for_what_is_near(shop: Shop) -> None:
    red = picture(COLOURS["red"])
    for where in ('category = "footwear"', 'attributes.colour = "White"', "price < 60", 'brand = "Nobody"'):
        reply = await shop.search(image=red, filter=where, facets=["brand"])
        found = {result.product.removeprefix("products/") for result in reply.results}
        assert found <= await shop.merchant.listed(where)
        assert bool(found) == (where != 'brand = "Nobody"')


async def test_a_new_picture_is_found_within_seconds_and_a_price_costs_no_embedding(shop: Shop) -> None:
    yellow = picture((240, 220, 20))
    await shop.merchant.put("yellow", "Raincoat", price=20)
    await shop.merchant.picture("yellow", yellow)

    async def first() -> bool:
        return (await shop.ids(image=yellow, page_size=1)) == ["yellow"]

    await until(first, 10, "the picture to be found")
    await shop.merchant.put("yellow", "Raincoat", price=30)
    await until(lambda: shop.ids(image=yellow, filter="price = 30 AND title = Raincoat"), 5, "the new price")
    await shop.merchant.delete("yellow")

    async def gone() -> bool:
        return "yellow" not in await shop.ids(image=yellow)

    await until(gone, 5, "the product to go")


async def test_another_release_answers_without_a_request_lost(shop: Shop) -> None:
    wrong, asked, stop = list[str](), 0, False

    async def shopper() -> None:
        nonlocal asked
        while not stop:
            reply = await shop.search("cosy")
            asked += 1
            if reply.degraded or not reply.results or reply.results[0].product != "products/shirt-3":
                wrong.append(f"{reply.degraded} {[result.product for result in reply.results[:1]]}")
            await asyncio.sleep(0)

    shoppers = [asyncio.create_task(shopper()) for _ in range(2)]
    release = await shop.release(version=2)
    await shop.answering(release.name)
    await asyncio.sleep(0.3)
    stop = True
    await asyncio.gather(*shoppers)
    assert asked > 20
    assert wrong == []
    stored = await shop.releases.GetSearchRelease(
        releases_pb.GetSearchReleaseRequest(name=release.name), metadata=shop.admin
    )
    assert stored.state == releases_pb.SearchRelease.STATE_PROMOTED
    assert stored.HasField("ready_time")


async def test_a_worker_that_is_ended_again_and_again_goes_on_where_it_was(shop: Shop) -> None:
    # What comes while no worker is there, and while one begins and is ended at once, is indexed once and wholly.
    await shop.stop_worker()
    for number in range(6):
        await shop.merchant.put(f"late-{number}", f"Waterproof Thing {number}")
        await shop.merchant.picture(f"late-{number}", picture((10 * number, 90, 90)))
    for _ in range(3):
        await shop.start_worker()
        await asyncio.sleep(random.Random(1).random() / 5)
        await shop.stop_worker()
    await shop.start_worker()

    async def near() -> bool:
        found = await shop.ids("storm", page_size=100)
        return {f"late-{number}" for number in range(6)} <= set(found[:6])

    await until(near, 20, "all of them to be near")
    asked = {"filter": 'product_id like "late-%"', "consistency_level": "Strong"}
    with index_client(shop.settings.milvus_uri) as client:
        for space in ("clip", "look", "sentence"):
            answers = f"search_{space}_current"
            counted = await asyncio.to_thread(
                lambda name=answers: client.query(name, output_fields=["count(*)"], **asked)
            )
            rows = await asyncio.to_thread(
                lambda name=answers: client.query(name, output_fields=["product_id"], **asked)
            )
            assert counted[0]["count(*)"] == len(rows) == 6, f"{answers}: a product is missing, or stands there twice"
            assert {row["product_id"] for row in rows} == {f"late-{number}" for number in range(6)}


async def test_a_build_whose_collections_are_gone_is_filled_again_and_says_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, int]] = []

    class Log:
        def info(self, event: str, **fields: Any) -> None:
            said.append((event, fields["products"]))

    monkeypatch.setattr(progress, "log", Log())
    await shop.stop_worker()
    with index_client(shop.settings.milvus_uri) as client:
        lost = [name for name in await asyncio.to_thread(client.list_collections) if name.startswith("search_")]
        for name in lost:
            for alias in (await asyncio.to_thread(client.list_aliases, name))["aliases"]:
                await asyncio.to_thread(client.drop_alias, alias)
            await asyncio.to_thread(client.drop_collection, name)
    await shop.start_worker()

    tries = itertools.count()

    async def whole() -> bool:
        # Another text each time: what was near to one is remembered for a while.
        reply = await shop.search(f"something cosy try{next(tries)}")
        return not reply.degraded and bool(reply.results) and reply.results[0].product == "products/shirt-3"

    await until(whole, 30, "the products to be near again")
    await until(_later(lambda: said), 10, "the worker to say so")
    assert [event for event, _ in said] == ["build is full"]
    assert said[0][1] >= len(shop.merchant.ids)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 9}, "version 9 of clip_text is not ready"),
        ({"golden": {"sentence": [{"text": "shoe", "input_ids": [7], "vector": [0] * 48}]}}, "other tokens"),
        ({"golden": {"clip_text": [{"text": "shoe", "input_ids": [2], "vector": [1] * 48}]}}, "other vectors"),
        ({"golden": {"clip_image": [{"picture": "AAAA", "pixels_sha256": "", "vector": []}]}}, "cannot be read"),
    ],
)
async def test_a_release_that_is_not_fit_is_refused(shop: Shop, changes: dict[str, object], said: str) -> None:
    before = (await shop.search("shoe")).release
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shop.release(**changes)  # type: ignore[arg-type]
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert said in (caught.value.details() or "")
    assert (await shop.search("shoe")).release == before


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("{x", "is not JSON"),
        ("{}", "needs `encoders`"),
        ('{"encoders": {"a": {"model": "a", "version": "x", "space": "s"}}}', "encoders.a.version"),
    ],
)
async def test_a_specification_that_is_none(shop: Shop, spec: str, said: str) -> None:
    request = releases_pb.CreateSearchReleaseRequest(search_release={"encoder_spec": spec}, search_release_id="77")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await shop.releases.CreateSearchRelease(request, metadata=shop.admin)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert said in (caught.value.details() or "")


async def test_golden_rows_of_the_same_encoders_pass(shop: Shop) -> None:
    table = encoders.words()
    vector = table[encoders.VOCABULARY["shoe"]] / (sum(table[encoders.VOCABULARY["shoe"]] ** 2) ** 0.5)
    rows = [{"text": "shoe", "input_ids": [encoders.VOCABULARY["shoe"]], "vector": vector.tolist()}]
    release = await shop.release(golden={"clip_text": rows, "sentence": rows})
    await shop.answering(release.name)


async def test_lexical_answers_while_the_inference_server_is_gone(shop: Shop) -> None:
    shop.inference.kill()
    try:
        reply = await shop.search("fleece of another kind")
        assert Degradation.DEGRADATION_TEXT_ENCODER in reply.degraded
        assert reply.results[0].product == "products/shirt-3"
        pictured = await shop.search(image=picture(COLOURS["red"]))
        assert Degradation.DEGRADATION_IMAGE_ENCODER in pictured.degraded
        assert pictured.fallback
        assert pictured.results
    finally:
        await asyncio.to_thread(shop.inference.start)

    async def whole() -> bool:
        return not (await shop.search("cosy and whole again", image=picture(COLOURS["red"]))).degraded

    await until(whole, 20, "the encoders to be back")


async def test_lexical_answers_while_the_index_is_gone(shop: Shop) -> None:
    shop.milvus.kill()
    try:
        reply = await shop.search("fleece")
        assert Degradation.DEGRADATION_INDEX in reply.degraded
        assert reply.results[0].product == "products/shirt-3"
    finally:
        await asyncio.to_thread(shop.milvus.start)

    async def whole() -> bool:
        reply = await shop.search("cosy")
        return not reply.degraded and bool(reply.results) and reply.results[0].product == "products/shirt-3"

    await until(whole, 30, "the index to be back")


async def test_variants_of_a_picture_find_it(shop: Shop) -> None:
    striped = Image.new("RGB", (90, 120), (200, 40, 160))
    striped.paste((30, 200, 190), (0, 60, 90, 120))
    await shop.merchant.put("striped", "Scarf")
    await shop.merchant.picture("striped", _bytes(striped, "PNG"))
    await until(lambda: _first(shop, _bytes(striped, "PNG"), "striped"), 10, "the picture to be found")
    variants = {
        "crop": _bytes(striped.crop((5, 6, 85, 114)), "JPEG", quality=90),
        "mirror": _bytes(ImageOps.mirror(striped), "PNG"),
        "compressed": _bytes(striped, "JPEG", quality=15),
        "turned by its EXIF entry": _turned(striped),
    }
    for name, content in variants.items():
        assert "striped" in (await shop.ids(image=content))[:3], name


def _later(look: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def ask() -> object:
        return look()

    return ask


async def _first(shop: Shop, content: bytes, item: str) -> bool:
    return (await shop.ids(image=content, page_size=1)) == [item]


def _bytes(image: Image.Image, kind: str, **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def _turned(image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 8
    return _bytes(image.transpose(Image.Transpose.ROTATE_270), "JPEG", quality=90, exif=exif)
