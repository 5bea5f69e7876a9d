import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from rich.console import Console

from services.importer.domain import Finding
from services.importer.formats.aisle import AisleFormat
from services.importer.sources.folder import Folder
from tests.unit.simulator.conftest import quiet, watch
from trainers.datasets import DataError
from trainers.release.extract import PRODUCTS
from trainers.simulator import ceiling, shop
from trainers.simulator.errors import SimulatorError

COLOURS = ("red", "green", "blue")
LEAVES = ("Mugs", "Plates", "Lamps", "Rugs", "Chairs")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `python -m trainers.release extract` writes it: paths of ids, names beside them."""
    folder = tmp_path_factory.mktemp("offline")
    rows = [
        {
            "id": f"sku.{number}",
            "title": f"Product {number}",
            "category": f"Shop > {LEAVES[number % 5]}",
            "category_ids": ["c0", f"c{number % 5 + 1}"],
            "brand": f"brand {number % 4}",
            "price": f"{number % 17 + 1}.500000000" if number % 9 else None,
            "currency": "USD" if number % 9 else None,
            "stock": 10,
            "attributes": json.dumps({"colour": COLOURS[number % 3], "sku": str(number)}),
        }
        for number in range(150)
    ]
    parquet.write_table(pa.Table.from_pylist(rows, PRODUCTS), folder / "products.parquet")
    return folder


@pytest.fixture(scope="module")
def behaviour(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("behaviour")
    counts = shop.make_behaviour(catalogue, watch(200), folder, quiet())
    assert counts["users"] == 200
    assert counts["events"] > 2000
    assert counts["reviews"] > 0
    return folder


def test_the_importer_takes_every_row_and_finds_no_products(behaviour: Path) -> None:
    found = AisleFormat.recognise(Folder(behaviour))
    assert found is not None
    rows = [*found.events(), *found.reviews(), *found.shoppers()]
    assert not [row for row in rows if isinstance(row, Finding)]
    assert list(found.products()) == []


def test_everything_is_about_the_catalogue(catalogue: Path, behaviour: Path) -> None:
    known = set(parquet.read_table(catalogue / "products.parquet")["id"].to_pylist())
    events = parquet.read_table(behaviour / "events.parquet").to_pylist()
    assert {event["product"] for event in events} - {None} <= known
    asked = {word for event in events if event["query"] for word in event["query"].split()}
    assert asked == {leaf.lower() for leaf in LEAVES} | {*COLOURS}  # names, not ids; not the sku
    chosen = parquet.read_table(behaviour / "users.parquet")["preferred_categories"].to_pylist()
    assert {category for entry in chosen for category in entry} == {f"c{number}" for number in range(1, 6)}


def test_tastes_can_be_measured_there_too(catalogue: Path, behaviour: Path) -> None:
    values = ceiling.as_json(ceiling.measure(behaviour, catalogue, Console(file=io.StringIO())))
    assert values["ceiling"]["value"] > 2 * values["popularity"]["value"]


def test_a_bare_list_of_titles_is_enough(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("id,title\n" + "".join(f"p{i},Thing {i}\n" for i in range(40)))
    counts = shop.make_behaviour(tmp_path, watch(20), tmp_path / "out", quiet())
    assert counts["events"] > 100


def test_one_product_is_enough(tmp_path: Path) -> None:
    (tmp_path / "products.jsonl").write_text('{"id": "only", "title": "The only one"}\n')
    counts = shop.make_behaviour(tmp_path, watch(5), tmp_path / "out", quiet())
    assert counts["events"] > 0


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match=r"has no products\.parquet"):
        shop.make_behaviour(tmp_path, watch(5), tmp_path / "out", quiet())
    parquet.write_table(pa.Table.from_pylist([], PRODUCTS), tmp_path / "products.parquet")
    with pytest.raises(SimulatorError, match="has no products, so there is nothing to shop for"):
        shop.make_behaviour(tmp_path, watch(5), tmp_path / "out", quiet())
    (tmp_path / "products.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="cannot be read"):
        shop.make_behaviour(tmp_path, watch(5), tmp_path / "out", quiet())
