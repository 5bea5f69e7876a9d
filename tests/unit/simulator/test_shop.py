import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from services.importer.domain import Finding
from services.importer.formats.aisle import AisleFormat
from services.importer.sources.folder import Folder
from tests.unit.simulator.conftest import PRODUCTS, SHOPPERS, quiet, watch
from trainers.datasets import read
from trainers.simulator import shop
from trainers.simulator.catalogue import KINDS
from trainers.simulator.catalogue.kinds import BY_KEY
from trainers.simulator.errors import SimulatorError
from trainers.simulator.pictures import NoPictures

TABLES = ("products", "events", "reviews", "users")


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_importer_takes_every_row(simulated: Path) -> None:
    found = AisleFormat.recognise(Folder(simulated))
    assert found is not None
    entries = {
        "products": list(found.products()),
        "events": list(found.events()),
        "reviews": list(found.reviews()),
        "users": list(found.shoppers()),
    }
    assert [entry for rows in entries.values() for entry in rows if isinstance(entry, Finding)] == []
    assert len(entries["products"]) == PRODUCTS
    assert len(entries["users"]) == SHOPPERS
    for table, rows in entries.items():
        assert len(rows) == parquet.read_metadata(simulated / f"{table}.parquet").num_rows > 0


def test_trainers_read_the_shop(simulated: Path) -> None:
    made = read(simulated)
    assert len(made.products) == PRODUCTS
    assert len(made.products.index) == PRODUCTS
    assert min(made.products.prices) > 0
    assert {len(path) for path in made.products.categories} <= {2, 3}
    known = {category for path in made.products.categories for category in path}
    assert made.preferences
    assert all(category in known for chosen in made.preferences.values() for category in chosen)


def test_the_same_seed_makes_the_same_shop_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("same", 3), ("other", 4)):
        shop.make_shop(30, watch(20, seed), tmp_path / name, NoPictures(), quiet())
    one, same, other = (files(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same
    assert one["products.parquet"] != other["products.parquet"]
    assert one["events.parquet"] != other["events.parquet"]


def test_a_larger_shop_keeps_its_shoppers(tmp_path: Path) -> None:
    for name, shoppers in (("few", 10), ("many", 25)):
        shop.make_shop(63, watch(shoppers), tmp_path / name, NoPictures(), quiet())
    few, many = (parquet.read_table(tmp_path / name / "events.parquet").to_pylist() for name in ("few", "many"))
    assert many[: len(few)] == few


def test_events_have_ids_of_their_own_and_what_their_kind_needs(simulated: Path) -> None:
    events = parquet.read_table(simulated / "events.parquet").to_pylist()
    assert len({event["event_id"] for event in events}) == len(events)
    kinds = Counter(event["kind"] for event in events)
    assert set(kinds) == {"view", "add_to_cart", "purchase", "like", "dislike", "rate", "search", "impression"}
    assert kinds["view"] > kinds["add_to_cart"] > kinds["purchase"] > kinds["rate"]
    watched = watch()
    for event in events:
        assert (event["product"] is None) == (event["kind"] == "search") == bool(event["query"])
        assert (event["rating"] in (1, 2, 3, 4, 5)) == (event["kind"] == "rate")
        assert watched.start <= event["time"] < watched.until


def test_products_are_believable(simulated: Path) -> None:
    rows = parquet.read_table(simulated / "products.parquet").to_pylist()
    assert len({row["title"] for row in rows}) == len(rows)
    assert {row["category"] for row in rows} == {kind.category for kind in KINDS}
    assert 0 < sum(row["stock"] == 0 for row in rows) < len(rows) * 0.15
    reduced = [row for row in rows if row["list_price"]]
    assert 0.1 < len(reduced) / len(rows) < 0.35
    assert all(float(row["list_price"]) > float(row["price"]) for row in reduced)
    for row in rows:
        attributes = json.loads(row["attributes"])
        assert attributes["material"].title() in row["title"]
        assert attributes["colour"] in row["description"]
        assert row["brand"] in row["description"]


def test_every_kind_goes_with_kinds_that_exist_and_stands_in_a_category_of_its_own() -> None:
    assert len({kind.category for kind in KINDS}) == len(BY_KEY) == len(KINDS) >= 40
    assert all(other in BY_KEY and other != kind.key for kind in KINDS for other in kind.goes_with)


def test_an_earlier_simulation_is_replaced_and_other_files_are_not_touched(tmp_path: Path) -> None:
    shop.make_shop(5, watch(3), tmp_path / "shop", NoPictures(), quiet())
    shop.make_shop(6, watch(3), tmp_path / "shop", NoPictures(), quiet())
    assert parquet.read_metadata(tmp_path / "shop" / "products.parquet").num_rows == 6
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(SimulatorError, match="files that no simulation wrote"):
        shop.make_shop(5, watch(3), mine, NoPictures(), quiet())
    assert (mine / "letter.txt").read_text() == "dear"
