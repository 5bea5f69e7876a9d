"""Towers that take vectors of encoders: from training to the place of a product whose picture comes later."""

import argparse
import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import onnx
import onnxruntime as ort
import pytest
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.recs.v1 import release_service_pb2 as release_pb
from aisle.search.v1 import search_release_service_pb2 as releases_pb
from aisle.search.v1.search_release_service_pb2_grpc import SearchReleaseServiceStub
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from services.kit.server import start
from services.recs.use_cases.measures import UNENCODED
from services.search.app import build as build_search
from services.search.settings import SearchSettings
from tests.integration.recs import programs
from tests.integration.recs.conftest import ADMIN, PATIENT, Recs, until
from tests.integration.recs.programs import Program
from tests.integration.search import encoders
from tests.integration.search.merchant import picture
from tests.support.milvus import index_client
from tests.support.postgres import NewDatabase
from tests.unit.release.conftest import CONSOLE
from trainers.datasets import KINDS, Products, Shop
from trainers.datasets.aisle import read_products
from trainers.datasets.tables import make_events
from trainers.release import __main__ as program
from trainers.release import encoding, extract, places, publish
from trainers.release import inference as server
from trainers.release.services import Services
from trainers.two_tower import spec
from trainers.two_tower.build import _write_towers
from trainers.two_tower.config import Config
from trainers.two_tower.files import REPORT, SPEC
from trainers.two_tower.train import train

MODELS = ("sentence", "clip_image")
VERSION = 7
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository with encoders."""
    folder = tmp_path_factory.mktemp("encoded") / "models"
    for version in (VERSION, VERSION + 1):
        encoders.write(folder, version)
    return folder


@pytest.fixture(scope="module")
def inference(models: Path) -> Iterator[Program]:
    started = programs.inference(models.parent, models)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def budgets() -> dict[str, float]:
    return PATIENT


@pytest.fixture
async def search(recs: Recs, new_database: NewDatabase) -> AsyncIterator[str]:
    """Address of search, where a release of the encoders is promoted."""
    common = recs.worker_settings
    settings = SearchSettings(
        database_url=new_database("recs_search"), users_address=recs.users, catalog_address=recs.shop.address,
        recs_address=f"127.0.0.1:{recs.server.port}", inference_address=recs.inference.address,
        milvus_uri=common.milvus_uri, attribution_key_file=common.attribution_key_file, client_id=common.client_id,
        client_secret_file=common.client_secret_file, default_timeout_s=20,
    )  # fmt: skip
    running = await start(await build_search(settings))
    address = f"127.0.0.1:{running.port}"
    async with grpc.aio.insecure_channel(address) as channel:
        stub, release = SearchReleaseServiceStub(channel), releases_pb.SearchRelease(encoder_spec=specification())
        made = releases_pb.CreateSearchReleaseRequest(search_release=release, search_release_id=str(VERSION))
        name = (await stub.CreateSearchRelease(made, metadata=recs.admin)).name
        promoted = releases_pb.PromoteSearchReleaseRequest(name=name)
        await stub.PromoteSearchRelease(promoted, metadata=recs.admin, timeout=20)
    yield address
    await running.stop()


def specification() -> str:
    return json.dumps(encoders.spec(VERSION))


class Trainer:
    """`python -m trainers.release`, step by step, with a shop's own data folder."""

    def __init__(self, recs: Recs, search: str, models: Path, data: Path) -> None:
        (data / "password").write_text(ADMIN["password"])
        flags = {
            "data": data, "users": recs.users, "catalog": recs.shop.address, "search": search,
            "recs": f"127.0.0.1:{recs.server.port}", "inference": recs.inference.address,
            "milvus": recs.settings.milvus_uri, "email": ADMIN["email"], "password-file": data / "password",
            "model-repository": models,
        }  # fmt: skip
        given = [f"--{name}={value}" for name, value in flags.items()]
        self.options: argparse.Namespace = program._parse(["train", *given, "--encoders", *MODELS])
        self.places = places.from_flags(self.options)
        kept = data / "search_releases" / str(VERSION)
        kept.mkdir(parents=True)
        (kept / "encoder_spec.json").write_text(specification())
        onnx.save(encoders.text_model(), kept / "sentence.onnx")
        onnx.save(encoders.picture_model(), kept / "clip_image.onnx")

    def products(self) -> Products:
        """The catalogue as it is, with vectors."""
        with Services(self.places) as services:
            extract.extract(services, self.places.offline, quiet=True)
        found = encoding.released(self.options, self.options.encoders)
        vectors = encoding.vectors(self.options, self.places.offline, found)
        return replace(read_products(self.places.offline / "products.parquet"), vectors=vectors)

    def release(self) -> int:
        """Trains, publishes and promotes towers."""
        products = self.products()
        config = Config(progress=False, device="cpu", encoders=MODELS)
        towers = train(shopped(products), config, epochs=2).towers.on_cpu()
        folder = self.places.candidate
        folder.mkdir(parents=True)
        parity = _write_towers(towers, folder)
        report = {"data_fingerprint": "made up", "gates": {"parity": parity}, "features": {"histories": 0}}
        (folder / REPORT).write_text(json.dumps(report))
        for name in ("products.parquet", "extract.json"):
            shutil.copyfile(self.places.offline / name, folder / name)
        with Services(self.places) as services:
            number = publish.publish(services, self.places, CONSOLE)
            return publish.promote(services, self.places, number, CONSOLE)

    def placed(self, products: Products) -> dict[str, Array]:
        """Where the released item tower, run here, puts products."""
        folder = self.places.candidate
        tower = ort.InferenceSession(folder / "item_tower.onnx")
        rows = spec.parse((folder / SPEC).read_text()).items(products)
        return dict(zip(products.ids, tower.run(["item_vector"], rows.feeds())[0], strict=True))


def shopped(products: Products) -> Shop:
    """Shoppers of shoes, and shoppers of shirts."""
    random = np.random.default_rng(3)
    users, items = [], []
    for shopper in range(40):
        liked = [
            item for item, path in zip(products.ids, products.categories, strict=True) if path[-1] == KIND[shopper % 2]
        ]
        users += [f"users/u{shopper}"] * 10
        items += random.choice(liked, 10).tolist()
    kinds, times = np.full(len(users), KINDS["VIEW"]), 1.7e9 + np.arange(len(users), dtype=float)
    return Shop("made up", products, make_events(products, users, items, kinds, times), {})


KIND = ("shoes", "shirts")
PICTURES = {"shoes": picture(encoders.COLOURS["red"]), "shirts": picture(encoders.COLOURS["blue"])}


@pytest.fixture
def index(recs: Recs) -> Iterator[MilvusClient]:
    with index_client(recs.settings.milvus_uri) as client:
        yield client


async def show(recs: Recs, product: str, kind: str) -> None:
    """Gives a product a picture."""
    async with grpc.aio.insecure_channel(recs.shop.address) as channel:
        request = pictures_pb.CreatePictureRequest(parent=f"products/{product}", content=PICTURES[kind])
        await PictureServiceStub(channel).CreatePicture(request, metadata=recs.admin)


async def test_a_product_is_placed_by_its_picture_as_soon_as_it_has_one(
    recs: Recs, search: str, models: Path, index: MilvusClient, tmp_path: Path
) -> None:
    await recs.shop.stock(
        ((f"p{i}", KIND[i % 2]) for i in range(60)), description="Warm and waterproof, for running in the rain."
    )
    for i in range(50):
        await show(recs, f"p{i}", KIND[i % 2])
    trainer = Trainer(recs, search, models, tmp_path)
    number = await asyncio.to_thread(trainer.release)
    recs.worker_settings = recs.worker_settings.model_copy(update={"search_address": search})
    await recs.start_worker()

    async def vectors() -> dict[str, Array]:
        try:
            rows = await asyncio.to_thread(
                index.query,
                f"items_r{number}",
                filter='product_id != ""',
                output_fields=["product_id", "vector"],
                limit=500,
            )
        except MilvusException:  # the worker has not loaded the collection yet
            return {}
        return {row["product_id"]: np.array(row["vector"], np.float32) for row in rows}

    async def stands(product: str, wanted: Array) -> bool:
        found = (await vectors()).get(product)
        return found is not None and bool(np.abs(found - wanted).max() < 1e-4)

    async def placed() -> dict[str, Array]:
        return trainer.placed(await asyncio.to_thread(trainer.products))

    # What the trainers wrote, and what the worker writes of a product that changed: both are the same towers.
    bare = await placed()
    written = await until(vectors, 20, "the collection to be loaded")
    assert len(written) == 60
    assert all(np.abs(vector - bare[product]).max() < 1e-4 for product, vector in written.items())
    await recs.shop.put("fresh", "shoes")
    bare = await placed()
    await until(lambda: stands("fresh", bare["fresh"]), 20, "the new product's place without a picture")
    await show(recs, "fresh", "shoes")
    shown = await placed()
    assert np.abs(shown["fresh"] - bare["fresh"]).max() > 1e-2
    await until(lambda: stands("fresh", shown["fresh"]), 20, "its place with the picture")

    # The encoder of pictures is taken away: the rest of what is known still places a product.
    before = UNENCODED.labels("clip_image")._value.get()
    shutil.rmtree(models / "clip_image" / str(VERSION))
    await asyncio.to_thread(server.load, recs.inference.address, ["clip_image"])
    await recs.shop.put("late", "shirts", description="Cosy fleece.")
    await show(recs, "late", "shirts")
    products = await asyncio.to_thread(trainer.products)
    sentence, clip = products.vectors
    blind = replace(products, vectors={sentence: products.vectors[sentence]})
    assert products.vectors[clip][products.index["late"]].any()
    await until(lambda: stands("late", trainer.placed(blind)["late"]), 20, "a place without the lost encoder")
    assert UNENCODED.labels("clip_image")._value.get() > before
    assert UNENCODED.labels("sentence")._value.get() == 0
    with pytest.raises(grpc.aio.AioRpcError, match=f"trainers.clip promote --release {VERSION}"):
        await recs.releases.PromoteRelease(
            release_pb.PromoteReleaseRequest(name=f"releases/{number}"), metadata=recs.admin
        )
    _, who, _ = await recs.visitor()
    await recs.did(who, "VIEW", "p0", "fresh")
    reply = await recs.recommend(who)
    assert reply.results
    assert not reply.degraded
