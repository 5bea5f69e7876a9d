"""Each format on small data sets with what real ones have wrong."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import protovalidate
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from services.importer import rows
from services.importer.adapters import messages
from services.importer.domain import KINDS, Finding, Item, Price
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
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Folder(folder)


def split(entries: Any) -> tuple[list[Any], list[Finding]]:
    found = list(entries)
    values = [entry.value for entry in found if isinstance(entry, Item)]
    return values, [entry for entry in found if isinstance(entry, Finding)]


def said(findings: list[Finding]) -> list[tuple[int, str]]:
    return [(finding.place.row, finding.field) for finding in findings]


def test_fashion_rows_become_products_and_broken_ones_are_named(tmp_path: Path) -> None:
    styles = (
        "7,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011.0,Casual,A Shirt\n"
        "8,Men,Apparel,Topwear,Shirts,,Fall,,NA,B Shirt\n"
        "9,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,\n"
        "10,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Comma, without quotes\n"
        "11,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual\n"
        "a b,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Odd id\n"
        "7,Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Twice\n"
    )
    source = fill(tmp_path, styles__csv=STYLES + styles, images_in_7__jpg=b"picture")
    data = detect(source)
    assert isinstance(data, FashionImages)
    products, findings = split(data.products())
    assert [(p.id, p.title, p.price, p.brand) for p in products] == [
        ("7", "A Shirt", None, ""),
        ("8", "B Shirt", None, ""),
        ("10", "Comma, without quotes", None, ""),
    ]
    assert products[0].category_path == ("Apparel", "Topwear", "Shirts")
    assert products[0].attributes == {
        "gender": "Men", "colour": "Navy Blue", "season": "Fall", "year": "2011", "usage": "Casual",
    }  # fmt: skip
    assert products[1].attributes == {"gender": "Men", "season": "Fall"}
    assert said(findings) == [(3, "id"), (4, "productDisplayName"), (5, "id"), (6, ""), (7, "id"), (8, "id")]
    assert [finding.kept for finding in findings] == [True, False, True, False, False, False]
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


def amazon(folder: Path, *lines: str) -> Format:
    data = detect(fill(folder, sales__csv=SALES + "".join(lines)))
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
    assert said(findings) == [(3, "product_name"), (4, "discounted_price")]
    assert [finding.kept for finding in findings] == [True, False]
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
EVENT = {"user": "u1", "kind": "PURCHASE", "product": "a", "time": 1769860800, "order_id": "o1"}


def table(ending: str, content: list[dict[str, Any]], folder: Path) -> tuple[str, bytes]:
    if ending == "jsonl":
        return ending, "\n".join(map(json.dumps, content)).encode()
    flat = [{key: json.dumps(v) if isinstance(v, dict) else v for key, v in row.items()} for row in content]
    if ending == "parquet":
        parquet.write_table(pa.Table.from_pylist(flat), folder / "table")
        return ending, (folder / "table").read_bytes()
    cells = [{key: "|".join(v) if isinstance(v, list) else str(v) for key, v in row.items()} for row in flat]
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row.values()) for row in cells]
    return ending, "\n".join([",".join(cells[0]), *quoted]).encode()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_aisles_own_format_reads_the_same_from_each_kind_of_file(tmp_path: Path, ending: str) -> None:
    for name, content in (("products", [PRODUCT]), ("events", [EVENT])):
        (tmp_path / f"{name}.{ending}").write_bytes(table(ending, content, tmp_path)[1])
    data = detect(fill(tmp_path, images_in_a__png=b"picture"))
    (product,), findings = split(data.products())
    assert (product.id, product.price, product.stock) == ("a", Price(Decimal("12.50"), "EUR"), 3)
    assert (product.category_path, product.attributes) == (("Home", "Lamps"), {"colour": "red"})
    assert product.create_time == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert [(f.field, f.kept) for f in findings] == [("images", True)]
    assert [entry.paths for entry in split(data.pictures())[0]] == [("images/a.png",)]
    (event,), _ = split(data.events())
    assert (event.shopper, event.kind, event.time) == ("users/u1", "purchase", product.create_time)
    assert (event.order_id, messages.event(event).order_id) == ("o1", "o1")


@pytest.mark.parametrize("order", ["#1001", "2024/17", "заказ 5", "o" * 129, 17, "a.b_c~d:e-F", "o" * 128])
def test_any_order_is_one_that_the_shop_takes_and_names_it_alone(tmp_path: Path, order: str | int) -> None:
    rows = [EVENT | {"order_id": order}, EVENT | {"order_id": order}, EVENT | {"order_id": f"{order}#"}]
    (tmp_path / "events.jsonl").write_bytes(table("jsonl", rows, tmp_path)[1])
    events, findings = split(detect(fill(tmp_path)).events())
    assert findings == []
    for event in events:
        protovalidate.validate(messages.event(event))
    one, again, other = (event.order_id for event in events)
    assert one == again != other
    assert (one == str(order)) == (re.fullmatch("[A-Za-z0-9._~:-]{1,128}", str(order)) is not None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "purchase"])
@pytest.mark.parametrize("order", ["o1", "#1001", ["o1"]])
def test_an_order_beside_anything_but_a_purchase_is_not_read(tmp_path: Path, kind: str, order: str | list[str]) -> None:
    row = EVENT | {"kind": kind, "order_id": order}
    (tmp_path / "events.jsonl").write_bytes(table("jsonl", [row], tmp_path)[1])
    (event,), findings = split(detect(fill(tmp_path)).events())
    assert (event.kind, event.order_id, findings) == (kind, "", [])


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
        ({"create_time": "0001-01-01T00:00:00+10:00"}, "create_time"),
    ],
)
def test_a_bad_cell_is_named_and_its_neighbours_are_imported(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    three = [PRODUCT | {"id": "first"}, PRODUCT | change, PRODUCT | {"id": "last"}]
    source = fill(tmp_path, products__jsonl=table("jsonl", three, tmp_path)[1], images_in_a__png=b"")
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
    lines = [b"id,title", b"a,A", b"b,caf\xe9", b"c,C", b'd,"never closed', b"e,E" * 600_000]
    products, findings = split(detect(fill(tmp_path, products__csv=b"\n".join(lines))).products())
    assert [product.id for product in products] == ["a", "c"]
    assert said(findings) == [(3, "title"), (5, "")]


def test_rows_that_an_open_quote_swallowed_are_said(tmp_path: Path) -> None:
    table = 'id,title\nA,"open\nB,Good\nC,End",x\nD,Good\n'
    products, findings = split(detect(fill(tmp_path, products__csv=table)).products())
    assert [product.id for product in products] == ["D"]
    (finding,) = findings
    assert "swallowed 2 lines" in finding.why


@pytest.mark.parametrize(("rest", "said"), [("", "never closed"), ("\nB,Good\nC,Good\n", "swallowed 2 lines")])
def test_a_quote_that_is_open_at_the_end_takes_no_row_along_in_silence(tmp_path: Path, rest: str, said: str) -> None:
    products, findings = split(detect(fill(tmp_path, products__csv=f'id,title\nZ,Good\nA,"open{rest}')).products())
    assert [product.id for product in products] == ["Z"]
    (finding,) = findings
    assert (finding.place.row, said in finding.why) == (3, True)


def test_a_line_without_an_end_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LONGEST_LINE", 100)
    csv, jsonl = "id,title\na,A\n", '{"id": "a", "title": "A"}\n'
    for name, good, row in (("products.csv", csv, 3), ("products.jsonl", jsonl, 2)):
        source = fill(tmp_path / name.partition(".")[2], **{name.replace(".", "__"): good + "x" * 1000})
        products, findings = split(detect(source).products())
        assert [product.id for product in products] == ["a"]
        assert [(f.place.row, "longer than 100" in f.why) for f in findings] == [(row, True)]


def test_a_damaged_or_bloated_parquet_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = table("parquet", [{"id": f"p{i}", "title": f"Lamp {i}"} for i in range(5000)], tmp_path)[1]
    damaged = bytearray(whole)
    damaged[2000:20000] = bytes(18000)
    _, findings = split(detect(fill(tmp_path / "damaged", products__parquet=bytes(damaged))).products())
    assert ["the file cannot be read from here on" in finding.why for finding in findings] == [True]
    monkeypatch.setattr(rows, "LARGEST_CHUNK", 10_000)
    products, findings = split(detect(fill(tmp_path / "large", products__parquet=whole)).products())
    assert (products, ["smaller row groups" in finding.why for finding in findings]) == ([], [True])


def test_a_table_without_a_needed_column_is_named_once_and_the_others_are_read(tmp_path: Path) -> None:
    data = detect(fill(tmp_path, products__csv="sku,title\na,A\nb,B\n", events__csv="user,kind,time\nu1,view,7\n"))
    products, findings = split(data.products())
    assert (products, said(findings)) == ([], [(1, "id")])
    assert "which has sku, title" in findings[0].why
    assert len(split(data.events())[0]) == 1


def test_a_second_file_of_a_table_is_named(tmp_path: Path) -> None:
    data = detect(fill(tmp_path, products__csv="id,title\na,A\n", products__jsonl='{"id": "b", "title": "B"}\n'))
    assert [product.id for product in split(data.products())[0]] == ["b"]
    assert [finding.place.file for finding in data.remarks()] == ["products.csv"]


def test_pictures_lie_beside_the_products_even_when_other_tables_do_not(tmp_path: Path) -> None:
    fill(tmp_path / "shop", products__csv="id,title,images\na,A,images/a.png\n", images_in_a__png=b"picture")
    data = detect(fill(tmp_path, events__csv="user,kind,time\nu1,view,7\n"))
    assert [entry.paths for entry in split(data.pictures())[0]] == [("shop/images/a.png",)]


def test_users_have_an_address_and_an_id_of_their_own(tmp_path: Path) -> None:
    users = "id,email,preferred_categories\nu1,a@x.test,Home > Lamps|Garden\nu2,,\nme,b@x.test,\nu1,c@x.test,\n"
    shoppers, findings = split(detect(fill(tmp_path, users__csv=users)).shoppers())
    assert [(s.id, s.email, s.preferred_categories) for s in shoppers] == [
        ("u1", "a@x.test", ("Home > Lamps", "Garden")),
    ]
    assert said(findings) == [(3, "email"), (4, "id"), (5, "id")]


def test_a_gap_in_a_column_of_numbers_is_an_empty_cell(tmp_path: Path) -> None:
    columns = {"id": [1.0, 2.0], "title": ["A", "B"], "stock": [5.0, float("nan")]}
    parquet.write_table(pa.table(columns), tmp_path / "products.parquet")
    products, findings = split(detect(Folder(tmp_path)).products())
    assert [(product.id, product.stock) for product in products] == [("1", 5), ("2", None)]
    assert findings == []


def test_data_in_no_known_format_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"notes\.txt.*styles\.csv"):
        detect(fill(tmp_path, notes__txt="hello"))
