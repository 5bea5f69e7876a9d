"""Pictures: stored once, resized, cached for ever, and refused when they are none."""

import asyncio
import hashlib
import io
import os
import signal
from pathlib import Path
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import picture_service_pb2 as pb
from aisle.catalog.v1 import product_service_pb2 as products_pb
from PIL import Image

from services.catalog.settings import CatalogSettings
from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import create, violations
from tests.support.mesh import wait_until
from tests.unit.catalog.images import hostile, picture, sideways


async def add(client: Client, content: bytes, product_id: str = "lamp") -> Any:
    return await client.call("CreatePicture", pb.CreatePictureRequest(parent=f"products/{product_id}", content=content))


async def render(client: Client, name: str, width: int = 0) -> tuple[Any, dict[str, str]]:
    call = client.call("RenderPicture", pb.RenderPictureRequest(name=name, width=width), anonymous=True)
    body = await call
    return body, {str(key): str(value) for key, value in await call.initial_metadata()}


def size(body: Any) -> tuple[int, int]:
    return Image.open(io.BytesIO(body.data)).size


def files(settings: CatalogSettings) -> list[Path]:
    return [path for path in settings.pictures_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_served_as_it_came_and_smaller(client: Client, second: Client, kind: str) -> None:
    await create(client)
    content = picture(kind, 500, 250)
    made = await add(client, content)
    assert made.name.rpartition("/")[2] == hashlib.sha256(content).hexdigest()[:32]
    assert (made.width, made.height, made.content_type) == (500, 250, f"image/{kind.lower()}")
    assert made.uri == f"/v1/{made.name}:render"
    original, headers = await render(client, made.name)
    assert (original.data, original.content_type) == (content, made.content_type)
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    for width, shown in ((1, 80), (100, 160), (320, 320), (321, 500), (4096, 500)):
        for replica in (second, client):
            body, resized = await render(replica, made.name, width)
            assert size(body) == (shown, shown // 2)
            assert (resized["etag"] == headers["etag"]) == (shown == 500)
    small, _ = await render(client, made.name, 80)
    assert (small.content_type, len(small.data) < len(content)) == (
        "image/jpeg" if kind == "JPEG" else "image/webp",
        True,
    )


async def test_a_picture_stands_upright_and_keeps_what_is_transparent(client: Client) -> None:
    await create(client)
    made = await add(client, sideways(400, 200))
    assert (made.width, made.height) == (200, 400)
    assert size((await render(client, made.name, 80))[0]) == (80, 160)
    clear = await add(client, picture("PNG", colour=(0, 0, 0, 0)))
    body, _ = await render(client, clear.name, 80)
    assert Image.open(io.BytesIO(body.data)).convert("RGBA").getpixel((79, 0))[3] == 0  # type: ignore[index]


async def test_equal_bytes_are_one_picture(client: Client, second: Client, settings: CatalogSettings) -> None:
    for product_id in ("lamp", "chair"):
        await create(client, product_id)
    content = picture()
    replicas = (client, second)
    made = await asyncio.gather(*(add(replicas[i % 2], content, ("lamp", "chair")[i % 2]) for i in range(6)))
    assert {one.name for one in made} == {
        f"products/{p}/pictures/{hashlib.sha256(content).hexdigest()[:32]}" for p in ("lamp", "chair")
    }
    assert len(files(settings)) == 1
    shown = await client.call("GetProduct", products_pb.GetProductRequest(name="products/lamp"))
    assert [one.name for one in shown.pictures] == [made[0].name]


async def test_pictures_are_shown_in_the_order_they_came(client: Client) -> None:
    before = await create(client)
    names = [(await add(client, picture(width=100 + i))).name for i in range(3)]
    shown = await client.call("GetProduct", products_pb.GetProductRequest(name="products/lamp"))
    assert ([one.name for one in shown.pictures], shown.etag != before.etag) == (names, True)
    await client.call("DeletePicture", pb.DeletePictureRequest(name=names[0]))
    again = pb.DeletePictureRequest(name=names[0])
    assert (await client.refused("DeletePicture", again)).code() is grpc.StatusCode.NOT_FOUND
    gone = pb.RenderPictureRequest(name=names[0])
    assert (await client.refused("RenderPicture", gone)).code() is grpc.StatusCode.NOT_FOUND
    shown = await client.call("GetProduct", products_pb.GetProductRequest(name="products/lamp"))
    assert [one.name for one in shown.pictures] == names[1:]


async def test_what_is_no_picture_is_refused_and_the_service_lives(client: Client, settings: CatalogSettings) -> None:
    await create(client)
    for what, content in hostile().items():
        request = pb.CreatePictureRequest(parent="products/lamp", content=content)
        error = await client.refused("CreatePicture", request)
        assert (error.code(), violations(error)) == (grpc.StatusCode.INVALID_ARGUMENT, ["content"]), what
        assert "Traceback" not in (error.details() or ""), what
    assert files(settings) == []
    await add(client, picture())
    orphan = pb.CreatePictureRequest(parent="products/none", content=picture())
    assert (await client.refused("CreatePicture", orphan)).code() is grpc.StatusCode.NOT_FOUND


async def test_a_decoder_that_is_killed_is_replaced(client: Client) -> None:
    await create(client)
    await add(client, picture())
    workers = [int(entry) for entry in os.listdir("/proc") if entry.isdecimal() and _is_our_worker(int(entry))]
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    made = await add(client, picture(width=222))
    assert size((await render(client, made.name, 160))[0])[0] == 160


def _is_our_worker(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return b"picture_worker" in command and parent == os.getpid()


async def test_pictures_that_nobody_shows_are_swept_away(client: Client, settings: CatalogSettings) -> None:
    for product_id in ("lamp", "chair"):
        await create(client, product_id)
    shared, alone = await add(client, picture()), await add(client, picture("PNG"))
    await add(client, picture(), "chair")
    for made in (shared, alone):
        await render(client, made.name, 80)
    assert len(files(settings)) == 4
    await client.call("DeleteProduct", products_pb.DeleteProductRequest(name="products/lamp"))
    await asyncio.to_thread(wait_until, lambda: len(files(settings)) == 2, 10, "the sweeper")
    body, _ = await render(client, shared.name.replace("lamp", "chair"))
    assert body.data == picture()
    # The same bytes come back as if they had never been here.
    await create(client)
    await add(client, picture("PNG"))
    assert (await render(client, alone.name))[0].data == picture("PNG")
