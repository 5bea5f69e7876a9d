"""Each format on small data sets with what real ones have wrong."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from services.importer.domain import Finding, Item, Price
from services.importer.errors import DataError
from services.importer.formats import detect
from services.importer.formats.amazon_sales import AmazonSales
from services.importer.formats.base import Format
from services.importer.formats.fashion_images import FashionImages
from services.importer.sources.folder import Folder

STYLES = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
SALES = (
    "product_id,product_name,category,discounted_price,actual_price,discount_percentage,rating,rating_count,"
    "about_product,user_id,user_name,review_id,review_title,review_content,img_link,product_link\n"
)


def fill(folder: Path, **files: str | bytes) -> Folder:
    for name, content in files.items():
        path = folder / name.replace("__", ".").replace("_in_", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Folder(folder)


def split(entries: Any) -> tuple[list[Any], list[Finding]]:
    found = list(entries)
    values = [entry.value for entry in found if isinstance(entry, Item)]
    return values, [entry for entry in found if isinstance(entry, Finding)]


def said(findings: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.place.row, finding.field) for finding in findings]


def test_fashion_rows_become_products_and_broken_ones_are_named(tmp_path: Path) -> None:
    rows = (
        "7,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011.0,Casual,A Shirt\n"
        "8,Men,Apparel,Topwear,Shirts,,Fall,,NA,B Shirt\n"
        "9,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,\n"
        "10,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,One, comma too many\n"
        "a b,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Odd id\n"
        "7,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Twice\n"
    )
    source = fill(tmp_path, styles__csv=STYLES + rows, images_in_7__jpg=b"picture")
    data = detect(source)
    assert isinstance(data, FashionImages)
    products, findings = split(data.products())
    assert [(p.id, p.title, p.price, p.brand) for p in products] == [
        ("7", "A Shirt", None, ""),
        ("8", "B Shirt", None, ""),
    ]
    assert products[0].category_path == ("Apparel", "Topwear", "Shirts")
    assert products[0].attributes == {
        "gender": "Men", "colour": "Navy Blue", "season": "Fall", "year": "2011", "usage": "Casual",
    }  # fmt: skip
    assert products[1].attributes == {"gender": "Men", "season": "Fall"}
    assert said(findings) == [(3, "id"), (4, "productDisplayName"), (5, ""), (6, "id"), (7, "id")]
    assert [finding.kept for finding in findings] == [True, False, False, False, False]
    assert [entry.paths for entry in split(data.pictures())[0]] == [("images/7.jpg",)]


def sales_row(product: str = "B1", **cells: str) -> str:
    row = {
        "name": "Cable, long", "category": "Computers&Accessories|USBCables", "price": "₹399", "before": "₹1,099.50",
        "about": "Strong|â€“ long", "users": "U1,U2", "names": "Ann,Bo", "ids": "R1,R2", "titles": "Good,Bad",
        "texts": "Fine, really,Broke",
    } | cells  # fmt: skip
    ordered = ("name", "category", "price", "before")
    first = ",".join(f'"{row[key]}"' for key in ordered)
    last = ",".join(f'"{row[key]}"' for key in ("about", "users", "names", "ids", "titles", "texts"))
    return f'{product},{first},64%,4.2,"24,269",{last},https://x.test/1.jpg,https://x.test/1\n'


def amazon(folder: Path, *rows: str) -> Format:
    data = detect(fill(folder, sales__csv=SALES + "".join(rows)))
    assert isinstance(data, AmazonSales)
    return data


def test_amazon_rows_have_rupees_readable_categories_and_repaired_text(tmp_path: Path) -> None:
    (product,), findings = split(amazon(tmp_path, sales_row()).products())
    assert (product.price, product.list_price) == (Price(Decimal(399), "INR"), Price(Decimal("1099.50"), "INR"))
    assert product.category_path == ("Computers & Accessories", "USB Cables")
    assert product.description == "Strong\n– long"
    assert product.attributes == {"rating": "4.2", "rating_count": "24269"}
    assert findings == []


def test_amazon_reviews_are_told_apart_or_kept_without_their_text(tmp_path: Path) -> None:
    data = amazon(tmp_path, sales_row(), sales_row("B2", ids="R3,R4", texts="One,two,three", titles="Just one"))
    reviews, findings = split(data.reviews())
    assert [(r.id, r.author, r.author_name, r.title, r.text, r.rating) for r in reviews] == [
        ("R1", "users/U1", "Ann", "Good", "Fine, really", 0),
        ("R2", "users/U2", "Bo", "Bad", "Broke", 0),
        ("R3", "users/U1", "Ann", "", "", 0),
        ("R4", "users/U2", "Bo", "", "", 0),
    ]
    assert [(f.place.row, f.field, f.kept) for f in findings] == [(3, "review_title, review_content", True)]


def test_amazon_rows_of_one_product_are_merged(tmp_path: Path) -> None:
    data = amazon(tmp_path, sales_row(), sales_row(name="Another title", ids="R2,R9"), sales_row(price="399 USD"))
    products, findings = split(data.products())
    assert [product.title for product in products] == ["Cable, long"]
    assert said(findings) == [(4, "discounted_price")]
    assert [review.id for review in split(data.reviews())[0]] == ["R1", "R2", "R9"]


def test_amazon_reviews_are_purchases_too_at_the_same_time_in_every_import(tmp_path: Path) -> None:
    events, _ = split(amazon(tmp_path, sales_row()).events())
    assert [(event.kind, event.shopper, event.product_id) for event in events] == [
        ("purchase", "users/U1", "B1"), ("purchase", "users/U2", "B1"),
    ]  # fmt: skip
    assert events == split(amazon(tmp_path, sales_row()).events())[0]
    assert all(datetime(2022, 7, 1, tzinfo=UTC) < event.time <= datetime(2023, 1, 5, tzinfo=UTC) for event in events)


PRODUCT = {
    "id": "a", "title": "Lamp", "category": "Home > Lamps", "price": "12.50", "currency": "EUR", "stock": 3,
    "attributes": {"colour": "red"}, "images": ["images/a.png", "images/gone.png"],
    "create_time": "2026-01-31T12:00:00Z",
}  # fmt: skip
EVENT = {"user": "u1", "kind": "VIEW", "product": "a", "time": 1769860800}


def table(ending: str, rows: list[dict[str, Any]], folder: Path) -> tuple[str, bytes]:
    if ending == "jsonl":
        return ending, "\n".join(map(json.dumps, rows)).encode()
    flat = [{key: json.dumps(v) if isinstance(v, dict) else v for key, v in row.items()} for row in rows]
    if ending == "parquet":
        parquet.write_table(pa.Table.from_pylist(flat), folder / "table")
        return ending, (folder / "table").read_bytes()
    cells = [{key: "|".join(v) if isinstance(v, list) else str(v) for key, v in row.items()} for row in flat]
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row.values()) for row in cells]
    return ending, "\n".join([",".join(cells[0]), *quoted]).encode()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_aisles_own_format_reads_the_same_from_each_kind_of_file(tmp_path: Path, ending: str) -> None:
    for name, rows in (("products", [PRODUCT]), ("events", [EVENT])):
        (tmp_path / f"{name}.{ending}").write_bytes(table(ending, rows, tmp_path)[1])
    data = detect(fill(tmp_path, images_in_a__png=b"picture"))
    (product,), findings = split(data.products())
    assert (product.id, product.price, product.stock) == ("a", Price(Decimal("12.50"), "EUR"), 3)
    assert (product.category_path, product.attributes) == (("Home", "Lamps"), {"colour": "red"})
    assert product.create_time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert [(f.field, f.kept) for f in findings] == [("images", True)]
    assert [entry.paths for entry in split(data.pictures())[0]] == [("images/a.png",)]
    (event,), _ = split(data.events())
    assert (event.shopper, event.kind, event.time) == ("users/u1", "view", product.create_time)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "a/b"}, "id"),
        ({"title": " "}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": {"en": "Lamp"}}, "title"),
        ({"price": "12,50"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"currency": "euro"}, "currency"),
        ({"price": None, "list_price": "9"}, "list_price"),
        ({"stock": "3.5"}, "stock"),
        ({"stock": -1}, "stock"),
        ({"attributes": "not json"}, "attributes"),
        ({"attributes": [1]}, "attributes"),
        ({"create_time": "yesterday"}, "create_time"),
        ({"create_time": "1769860800000"}, "create_time"),
    ],
)
def test_a_bad_cell_is_named_and_its_neighbours_are_imported(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    rows = [PRODUCT | {"id": "first"}, PRODUCT | change, PRODUCT | {"id": "last"}]
    source = fill(tmp_path, products__jsonl=table("jsonl", rows, tmp_path)[1], images_in_a__png=b"")
    products, findings = split(detect(source).products())
    assert [product.id for product in products] == ["first", "last"]
    assert [(f.place.row, f.field) for f in findings if not f.kept] == [(2, field)]


def test_lines_that_are_no_rows_are_named(tmp_path: Path) -> None:
    lines = [
        b'{"id": "a", "title": "A"}',
        b"{",
        b"[1]",
        b"",
        b'{"id": "b", "title": "\xff"}',
        b'{"id": "c", "title": "C"}',
    ]
    products, findings = split(detect(fill(tmp_path, products__jsonl=b"\n".join(lines))).products())
    assert [product.id for product in products] == ["a", "c"]
    assert said(findings) == [(2, ""), (3, ""), (5, "")]


def test_a_csv_with_wrong_bytes_or_an_open_quote_loses_only_what_cannot_be_read(tmp_path: Path) -> None:
    rows = [b"id,title", b"a,A", b"b,caf\xe9", b"c,C", b'd,"never closed', b"e,E" * 600_000]
    products, findings = split(detect(fill(tmp_path, products__csv=b"\n".join(rows))).products())
    assert [product.id for product in products] == ["a", "c"]
    assert said(findings) == [(3, "title"), (5, "")]


def test_data_in_no_known_format_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"notes\.txt.*styles\.csv"):
        detect(fill(tmp_path, notes__txt="hello"))
