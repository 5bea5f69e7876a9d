"""Public data sets, where they are beside the repository: all of Amazon Sales; of Fashion Product Images every row as
it is read, and in the shop the first 300 with their pictures as they are served, and all rows that are bad.
docs/data-format.md has the figures of whole runs."""

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from services.importer.domain import Finding, Item
from services.importer.formats import detect
from services.importer.sources.zipped import Zip
from tests.integration.importer.conftest import ROOT, Shop

DATA = ROOT.parent / "shared" / "data"
SLICE = 300
MOST_BYTES = 1_000_000_000

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="there is no ../shared/data")


@needs_data
def test_all_of_amazon_sales_is_in_the_shop(shop: Shop, tmp_path: Path) -> None:
    with (DATA / "amazon-sales.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    first = {row["product_id"]: row for row in reversed(rows)}
    reviews = {(row["product_id"], review) for row in rows for review in row["review_id"].split(",")}
    done = shop.bring(DATA / "amazon-sales.csv", tmp_path / "state")
    assert done.code == 0
    assert done.row("products")[:4] == [len(first), 0, 0, 0]
    assert done.row("reviews")[:4] == [len(reviews), 0, 0, 0]
    assert done.row("events")[:4] == [len(reviews), 0, 0, 0]
    assert shop.existing(first) == set(first)

    for row in list(first.values())[::150]:
        product = shop.product(row["product_id"])
        assert f"₹{product.price.units:,}" == row["discounted_price"].partition(".")[0]
        assert product.price.currency_code == "INR"
        assert len(product.category_path) == row["category"].count("|") + 1
    cable = shop.product("B07JW9H4J1")
    assert (cable.price.units, cable.list_price.units) == (399, 1099)
    assert list(cable.category_path) == [
        "Computers & Accessories", "Accessories & Peripherals", "Cables & Accessories", "Cables", "USB Cables",
    ]  # fmt: skip
    written = {review.name.rpartition("/")[2]: review for review in shop.reviews_of("B07JW9H4J1")}
    assert written["R2AJM3LFTLZHFO"].text == "Charging is really fast, good product."
    assert written["R2AJM3LFTLZHFO"].author_display_name == "Adarsh gupta"

    bought = {(e.product.removeprefix("products/"), e.event_id.split(":")[1]) for e in shop.stored_events("B0")}
    assert bought == {(product, review) for product, review in reviews if product.startswith("B0")}
    (report,) = (tmp_path / "state").glob("*.report.jsonl")
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert all(line["imported"] for line in lines)
    without_text = [rows[line["row"] - 2] for line in lines if "review_content" in line["field"]]
    assert 0 < len(without_text) < len(rows) / 4
    assert "Nothing has changed" in shop.bring(DATA / "amazon-sales.csv", tmp_path / "state").out


@needs_data
def test_fashion_products_are_in_the_shop_with_their_pictures(shop: Shop, tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(DATA / "fashion-9k.zip") as whole,
        zipfile.ZipFile(tmp_path / "slice.zip", "w") as part,
    ):
        lines = whole.read("styles.csv").decode().splitlines()[: SLICE + 1]
        rows = list(csv.DictReader(lines))
        part.writestr("styles.csv", "\n".join(lines))
        for row in rows:
            part.writestr(f"images/{row['id']}.jpg", whole.read(f"images/{row['id']}.jpg"))
    done = shop.bring(tmp_path / "slice.zip", tmp_path / "state")
    assert (done.code, done.row("products"), done.row("pictures")) == (0, [SLICE, 0, 0, 0, 0], [SLICE, 0, 0, 0, 0])
    assert "Nothing is wrong with the data." in done.out
    with zipfile.ZipFile(tmp_path / "slice.zip") as part:
        for row in rows:
            product = shop.product(row["id"])
            assert product.title == row["productDisplayName"].strip()
            (picture,) = shop.served(product)
            assert _hash(picture) == _hash(part.read(f"images/{row['id']}.jpg"))


@needs_data
@pytest.mark.parametrize("archive", ["fashion-9k.zip", "fashion-41k-small.zip"])
def test_every_fashion_product_is_read_and_every_bad_row_named(archive: str) -> None:
    with zipfile.ZipFile(DATA / archive) as whole:
        rows = _styles(whole)
        pictures = {name.removeprefix("images/").removesuffix(".jpg") for name in whole.namelist()}
    untitled = {number for number, row in rows.items() if not row["productDisplayName"]}
    read = list(detect(Zip(DATA / archive, MOST_BYTES)).products())
    products = {entry.place.row: entry.value for entry in read if isinstance(entry, Item)}
    findings = {(entry.place.row, entry.field) for entry in read if isinstance(entry, Finding)}
    assert findings == {(number, "productDisplayName") for number in untitled}
    assert {number: (product.id, product.title) for number, product in products.items()} == {
        number: (row["id"], row["productDisplayName"]) for number, row in rows.items() if number not in untitled
    }
    assert {product.id for product in products.values()} <= pictures
    assert len(products) in {9_003, 41_660}


@needs_data
def test_fashion_products_without_a_title_are_named_and_the_others_are_in_the_shop(shop: Shop, tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(DATA / "fashion-41k-small.zip") as whole,
        zipfile.ZipFile(tmp_path / "slice.zip", "w") as part,
    ):
        lines = whole.read("styles.csv").decode().splitlines()
        rows = _styles(whole)
        untitled = [number for number, row in rows.items() if not row["productDisplayName"]]
        kept = sorted({near for number in untitled for near in range(number, number + 5)})
        part.writestr("styles.csv", "\n".join([lines[0], *(lines[number - 1] for number in kept)]))
        for number in kept:
            image = f"images/{rows[number]['id']}.jpg"
            part.writestr(image, whole.read(image))
    done = shop.bring(tmp_path / "slice.zip", tmp_path / "state")
    good = [number for number in kept if number not in untitled]
    assert (len(untitled), done.row("products")[0], done.row("pictures")[0]) == (7, len(good), len(good))
    (report,) = (tmp_path / "state").glob("*.report.jsonl")
    named = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(kept[line["row"] - 2], line["field"], line["imported"]) for line in named] == [
        (number, "productDisplayName", False) for number in untitled
    ]
    titles = {shop.product(rows[number]["id"]).title for number in good}
    assert titles == {rows[number]["productDisplayName"] for number in good}


def _styles(archive: zipfile.ZipFile) -> dict[int, dict[str, str]]:
    """Rows by their line. The title is the last column, and has commas also where no quotes are around it."""
    header, *lines = archive.read("styles.csv").decode().splitlines()
    names = header.split(",")
    cells = [map(_unquoted, line.split(",", len(names) - 1)) for line in lines]
    return {number: dict(zip(names, row, strict=True)) for number, row in enumerate(cells, start=2)}


def _unquoted(cell: str) -> str:
    return (cell[1:-1].replace('""', '"') if cell.startswith('"') else cell).strip()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
