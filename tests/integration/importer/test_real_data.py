"""Public data sets, where they are beside the repository: all of Amazon Sales, and the first 300 rows of Fashion
Product Images with their pictures as they are served. docs/data-format.md has the figures of whole runs."""

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from tests.integration.importer.conftest import ROOT, Shop

DATA = ROOT.parent / "shared" / "data"
SLICE = 300

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


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
