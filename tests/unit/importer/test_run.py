"""An import twice, an import that is stopped, and what is said of bad rows."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.importer import run
from services.importer.checkpoint import Checkpoint
from services.importer.domain import Counts
from services.importer.errors import DataError, ServerError
from services.importer.formats import detect
from services.importer.sources.folder import Folder
from tests.unit.importer.fakes import FakeShop, quiet

Import = Callable[[FakeShop], "object"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    products = [{"id": f"p{i}", "title": f"Lamp {i}", "images": [f"images/{i}.png"]} for i in range(1000)]
    products[7]["title"] = ""
    products[900]["title"] = ""
    (folder / "products.jsonl").write_text("\n".join(map(json.dumps, products)))
    for i in range(100):
        (folder / "images" / f"{i}.png").write_bytes(b"picture %d" % i)
    events = [{"user": f"u{i % 9}", "kind": "view", "product": f"p{i % 50}", "time": i} for i in range(5000)]
    (folder / "events.jsonl").write_text("\n".join(map(json.dumps, events)))
    return folder


async def run_import(data: Path, shop: FakeShop) -> tuple[dict[str, Counts], list[dict[str, object]]]:
    source = Folder(data)
    checkpoint = Checkpoint(data.parent / "state", source.fingerprint, "shop")
    try:
        results = await run.run(detect(source), source, shop, checkpoint, quiet())
    finally:
        checkpoint.close()
    lines = checkpoint.report_file.read_text().splitlines()
    return results, [json.loads(line) for line in lines]


async def test_an_import_brings_everything_and_twice_changes_nothing(data: Path) -> None:
    shop = FakeShop()
    results, report = await run_import(data, shop)
    assert results["products"] == Counts(created=998, refused=2, incomplete=899)
    assert results["pictures"].created == 99
    assert results["events"].created == 5000
    bad = [line for line in report if not line["imported"]]
    assert [(line["file"], line["row"], line["field"]) for line in bad] == [
        ("products.jsonl", 8, "title"), ("products.jsonl", 901, "title"),
    ]  # fmt: skip
    before = dict(shop.rows)
    results, again = await run_import(data, shop)
    assert results["products"] == Counts(unchanged=998, refused=2, incomplete=899)
    assert (results["pictures"].unchanged, results["events"].unchanged) == (99, 5000)
    assert shop.rows == before
    assert again == report


@pytest.mark.parametrize("requests", [0, 2, 5, 9, 11])
async def test_a_stopped_import_goes_on_and_ends_the_same(
    data: Path, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SAVE_EVERY_S", 0.0)
    whole, report = await run_import(data, FakeShop())
    shop = FakeShop(fails_after=requests)
    with pytest.raises(ServerError):
        await run_import(data, shop)
    stopped_at = shop.requests
    shop.fails_after = 10**9
    results, resumed = await run_import(data, shop)
    assert {name: counts.good for name, counts in results.items()} == {n: c.good for n, c in whole.items()}
    assert resumed == report
    if requests > run.IN_FLIGHT:
        assert shop.requests - stopped_at < 13  # a whole import takes 13 requests


async def test_a_shop_that_was_emptied_meanwhile_gets_everything(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SAVE_EVERY_S", 0.0)
    with pytest.raises(ServerError):
        await run_import(data, FakeShop(fails_after=9))
    whole, empty = FakeShop(), FakeShop()
    await run_import(data, empty)
    await run_import(data.parent / "data", whole)
    assert empty.rows == whole.rows


async def test_what_the_shop_refuses_is_named_by_row_and_column(data: Path) -> None:
    results, report = await run_import(data, FakeShop(refused=frozenset({"p3"})))
    assert results["products"].refused == 3
    assert {"file": "products.jsonl", "row": 4, "field": "title", "why": "is not nice", "imported": False} in report


async def test_data_without_one_good_row_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "products.csv").write_text("id,title\n,\n")
    with pytest.raises(DataError, match="not one row"):
        await run_import(tmp_path / "data", FakeShop())


def test_two_imports_of_the_same_data_do_not_run_at_once(tmp_path: Path) -> None:
    first = Checkpoint(tmp_path, "data", "shop")
    with pytest.raises(DataError, match="running"):
        Checkpoint(tmp_path, "data", "shop")
    first.close()
    Checkpoint(tmp_path, "data", "shop").close()
