"""Releases of a whole running shop, made the way a person makes them."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import onnx
import pyarrow.parquet as parquet
import pytest
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from pymilvus import MilvusClient
from tritonclient.grpc import InferenceServerClient

from local.settings import ROOT
from tests.chaos.shoppers import Shopper, client, some_products, well
from tests.support.mesh import RunningMesh
from tests.support.milvus import index_client
from trainers.release import model_repository, registry
from trainers.release.places import add_flags, from_flags
from trainers.release.services import Services

pytestmark = pytest.mark.mesh


def run(mesh: RunningMesh, *arguments: object, code: int = 0) -> str:
    """Runs `python -m trainers.release ...` beside the mesh; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "trainers.release", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"AISLE_DATA": str(mesh.settings.data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


@pytest.fixture
def services(mesh: RunningMesh) -> Iterator[Services]:
    import argparse

    parser = argparse.ArgumentParser()
    add_flags(parser)
    with Services(from_flags(parser.parse_args(["--data", str(mesh.settings.data)]))) as made:
        yield made


def answering(services: Services) -> int:
    found = registry.promoted(registry.releases(services))
    assert found is not None
    return found


def manifest(mesh: RunningMesh, number: int) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((mesh.settings.data / "releases" / str(number) / "manifest.json").read_text())
    return loaded


def milvus(mesh: RunningMesh) -> AbstractContextManager[MilvusClient]:
    return index_client(f"http://127.0.0.1:{mesh.ports.milvus}")


def ready(mesh: RunningMesh, version: int) -> bool:
    client = InferenceServerClient(f"127.0.0.1:{mesh.ports.inference}")
    try:
        models = model_repository.models_of(mesh.settings.data / "releases" / str(version))
        return all(client.is_model_ready(model, str(version)) for model in models)
    finally:
        client.close()


def test_the_shop_is_extracted_whole(mesh: RunningMesh, tmp_path: Path) -> None:
    run(mesh, "extract", "--offline-dir", tmp_path)
    products = parquet.read_table(tmp_path / "products.parquet").to_pylist()
    events = parquet.read_table(tmp_path / "events.parquet").to_pylist()
    with grpc.insecure_channel(mesh.addresses("catalog")[0]) as channel:
        stub = ProductServiceStub(channel)
        total = stub.ListProducts(products_pb.ListProductsRequest(page_size=1), timeout=10).total_size
        some = stub.GetProduct(products_pb.GetProductRequest(name=f"products/{products[0]['id']}"), timeout=10)
    assert len(products) == len({product["id"] for product in products}) == total
    assert (products[0]["title"], products[0]["category_ids"]) == (some.title, list(some.category_ids))
    assert len({(event["user"], event["event_id"]) for event in events}) == len(events) > 1000
    assert {"view", "purchase"} <= {event["kind"] for event in events}


def test_the_answering_release_is_one_unit(mesh: RunningMesh, services: Services) -> None:
    number = answering(services)
    made = manifest(mesh, number)
    folder = mesh.settings.data / "releases" / str(number)
    vectors = parquet.read_table(folder / "item_vectors.parquet")
    with milvus(mesh) as index:
        rows = index.query(
            made["collection"], filter='product_id != ""', output_fields=["product_id", "vector"], limit=16_384
        )
    stored = {row["product_id"]: row["vector"] for row in rows}
    for product, vector in zip(vectors["product_id"].to_pylist(), vectors["vector"].to_pylist(), strict=True):
        assert np.allclose(stored[product], vector, atol=1e-4)
    assert made["gates"]["beats"]["popularity"]
    assert max(made["gates"]["parity"]["torch_to_server"].values()) <= 1e-4
    found = json.loads((folder / "report.json").read_text())["ranker"]
    assert found["served"] == (found.get("above_towers", {"ndcg@20": {"low": 0}})["ndcg@20"]["low"] > 0)
    assert found["served"] == bool(made["ranker_version"]) == ("ranker" in made["gates"]["parity"]["torch_to_server"])
    assert found["served"] == ("ranker" in json.loads((folder / "feature_spec.json").read_text()))
    assert made["catalog_cursor"]
    assert ready(mesh, number)


def test_a_second_release_takes_over_and_the_way_back_is_open(mesh: RunningMesh, services: Services) -> None:
    before = answering(services)
    newest = registry.number(registry.releases(services)[0])
    run(mesh, "publish")
    assert answering(services) == before, "a registered release does not answer yet"
    run(mesh, "promote")
    assert answering(services) == newest + 1
    assert ready(mesh, before), "requests that began with the release before still end with it"
    run(mesh, "promote", "--release", before)
    assert answering(services) == before


def test_towers_that_compute_something_else_never_answer(mesh: RunningMesh, services: Services, tmp_path: Path) -> None:
    """The files of the candidate are exchanged after training: the server finds other vectors than torch had."""
    before = answering(services)
    versions = model_repository.present(mesh.settings.data / "model_repository")
    candidate = mesh.settings.data / "releases" / "candidate"
    saved = tmp_path / "candidate"
    shutil.copytree(candidate, saved)
    try:
        model = onnx.load(candidate / "user_tower.onnx")
        for weight in model.graph.initializer:
            if weight.data_type == onnx.TensorProto.FLOAT and len(weight.dims) == 2:
                values = onnx.numpy_helper.to_array(weight) * 1.5
                weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))
        onnx.save(model, candidate / "user_tower.onnx")
        printed = run(mesh, "publish", code=3)
    finally:
        shutil.rmtree(candidate)
        shutil.copytree(saved, candidate)
    assert "other vectors than torch" in " ".join(printed.split())
    assert answering(services) == before
    assert before in model_repository.present(mesh.settings.data / "model_repository") <= versions
    assert ready(mesh, before)
    newest = registry.number(registry.releases(services)[0])
    with milvus(mesh) as index:
        assert not index.has_collection(f"items_r{newest + 1}")
    assert not (mesh.settings.data / "releases" / str(newest + 1)).exists()


def test_a_file_that_is_no_model_leaves_everything_as_it_was(
    mesh: RunningMesh, services: Services, tmp_path: Path
) -> None:
    before = answering(services)
    candidate = mesh.settings.data / "releases" / "candidate"
    good = (candidate / "item_tower.onnx").read_bytes()
    try:
        (candidate / "item_tower.onnx").write_bytes(good[: len(good) // 2])
        printed = run(mesh, "publish", code=1)
    finally:
        (candidate / "item_tower.onnx").write_bytes(good)
    assert "does not load the towers" in " ".join(printed.split())
    assert answering(services) == before
    assert ready(mesh, before)


def test_a_wrong_password_is_said(mesh: RunningMesh, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("not the one")
    printed = run(mesh, "extract", "--password-file", tmp_path / "password", "--offline-dir", tmp_path, code=1)
    assert "refuses the log-in" in printed
    assert "Traceback" not in printed


def test_parts_that_do_not_answer_are_named(mesh: RunningMesh, tmp_path: Path) -> None:
    printed = run(mesh, "publish", "--inference", "127.0.0.1:9", code=1)
    assert "127.0.0.1:9" in printed
    printed = run(mesh, "extract", "--catalog", "127.0.0.1:9", "--offline-dir", tmp_path, code=1)
    assert "nothing answers at 127.0.0.1:9" in printed


def test_too_little_news_is_worth_no_training(mesh: RunningMesh, services: Services) -> None:
    before = answering(services)
    assert "are worth a training" in " ".join(run(mesh, "retrain", "--least", 10**9).split())
    assert answering(services) == before
    assert (mesh.settings.data / "releases" / "candidate").is_dir(), "what was trained before can be published still"
    assert "goes with retrain" in run(mesh, "all", "--every", 1, code=2)


PAIRS, EACH = 12, 6
"""Of products that shoppers begin to choose together, and the shoppers of each. Of a pair or two, popularity would say
as much as towers can learn."""


@pytest.mark.fresh
async def test_what_shoppers_do_reaches_the_next_release(mesh: RunningMesh, services: Services) -> None:
    """Shoppers begin to go from one product to another that nobody has seen together with it before.

    Fresh, since other tests leave what no shopper does, and towers that learn it may rightly be refused.
    """
    before = answering(services)
    async with client(mesh.url) as http:
        viewed, *others = await some_products(http)
        asker = await Shopper.enter(http)
        await asker.known([viewed])
        ranked = [result["product"] for result in (await asker.recommendations(pageSize=100))["results"]]
        far, *last = [product for product in reversed(ranked) if product != viewed][:PAIRS]
        pairs = [(viewed, far), *zip([other for other in others if other not in {far, *last}], last, strict=False)]
        assert len(pairs) == PAIRS
        for first, second in pairs * EACH:
            shopper = await Shopper.enter(http)
            await shopper.did("VIEW", first, second)
            await shopper.did("ADD_TO_CART", second)
        printed = " ".join((await asyncio.to_thread(run, mesh, "retrain", "--least", 100)).split())
        try:
            after = answering(services)
            assert after > before
            assert f"release {before}" in printed, "the new towers stand beside those that answered"
            assert manifest(mesh, after)["gates"]["no_worse_than"][f"release {before}"]["low"] > 0
            assert far in await first_products(asker, after), f"{viewed} leads to {far} by now"
        finally:
            run(mesh, "promote", "--release", before)


def test_a_canary_is_tried_while_another_release_is_made_and_taken_back(mesh: RunningMesh, services: Services) -> None:
    before = answering(services)
    run(mesh, "publish")
    tried = registry.number(registry.releases(services)[0])
    run(mesh, "canary", "--release", tried, "--percent", 10)
    assert registry.canary(registry.releases(services)) == tried
    run(mesh, "publish")
    for number in (before, tried, tried + 1):
        assert ready(mesh, number), f"{before} and {tried} answer, and {tried + 1} was published"
    assert f"Release {tried} answers a share" in " ".join(run(mesh, "retrain", "--least", 0, code=1).split())
    run(mesh, "canary", "--release", tried, "--percent", 0)
    assert registry.answering(registry.releases(services)) == {before}
    run(mesh, "promote", "--release", tried)
    run(mesh, "rollback")
    assert registry.answering(registry.releases(services)) == {before}


async def first_products(shopper: Shopper, release: int) -> list[str]:
    """The ten best of a release, as soon as it answers."""

    def answers(reply: dict[str, Any]) -> bool:
        return well(reply) and reply.get("release") == f"releases/{release}"

    await shopper.until(answers, 30, f"release {release}")
    return [result["product"] for result in (await shopper.recommendations(pageSize=10))["results"]]
