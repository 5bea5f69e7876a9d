import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from trainers.datasets import KINDS, DataError, read


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


NOON = 1_769_860_800.0
"""2026-01-31T12:00:00Z"""
NAMES = ("id", "title", "category", "brand", "price", "attributes")
PRODUCTS = [
    dict(zip(NAMES, row, strict=True))
    for row in (
        ("a", "Blue Shirt", "Apparel > Tops", "B", "12.50", {"colour": "blue"}),
        ("b", "Hat", "", None, None, None),
    )
]


def test_jsonl_csv_and_parquet_of_the_own_format_read_the_same(tmp_path: Path) -> None:
    for name in ("jsonl", "csv", "parquet"):
        (tmp_path / name).mkdir()
    write(tmp_path / "jsonl", "products.jsonl", "\n".join(map(json.dumps, PRODUCTS)))
    write(
        tmp_path / "jsonl",
        "events.jsonl",
        '{"user": "u1", "kind": "view", "product": "a", "time": "2026-01-01T00:00:00Z"}\n'
        '{"user": "u1", "kind": "search", "query": "hat", "time": 1767225601}\n'
        '{"user": "u1", "kind": "rate", "product": "b", "rating": 2, "time": 1767225602}\n'
        '{"user": "u1", "kind": "view", "product": "gone", "time": 1767225603}',
    )
    write(
        tmp_path / "csv",
        "products.csv",
        "id,title,category,brand,price,attributes\n"
        'a,Blue Shirt,Apparel > Tops,B,12.50,"{""colour"": ""blue""}"\nb,Hat,,,,\n',
    )
    write(
        tmp_path / "csv",
        "events.csv",
        "user,kind,product,time,rating\nu1,view,a,2026-01-01T00:00:00Z,\nu1,search,,1767225601,\nu1,rate,b,1767225602,2\n"
        "u1,view,gone,1767225603,\n",
    )
    table = pa.Table.from_pylist([row | {"attributes": json.dumps(row["attributes"] or {})} for row in PRODUCTS])
    parquet.write_table(table, tmp_path / "parquet" / "products.parquet")
    times = pa.array([1767225600, 1767225601, 1767225602, 1767225603], pa.timestamp("s", tz="UTC"))
    columns = {
        "user": ["u1"] * 4,
        "kind": ["view", "search", "rate", "view"],
        "product": ["a", None, "b", "gone"],
        "time": times,
        "rating": [None, None, 2, None],
    }
    parquet.write_table(pa.table(columns), tmp_path / "parquet" / "events.parquet")

    shops = [read(tmp_path / name) for name in ("jsonl", "csv", "parquet")]
    assert len({shop.fingerprint for shop in shops}) == 1
    shop = shops[0]
    assert shop.products.categories == [("Apparel", "Apparel > Tops"), ()]
    assert shop.products.prices.tolist() == [12.5, 0.0]
    assert shop.products.attributes == [{"colour": "blue"}, {}]
    assert shop.events.users == ["users/u1"]
    assert shop.events.item.tolist() == [0, 1], "searches and products that the catalogue lacks are left out"
    assert shop.events.kind.tolist() == [KINDS["VIEW"], KINDS["RATE"]]
    assert shop.events.time.tolist() == [1767225600, 1767225602]
    assert shop.events.chosen.tolist() == [True, False], "two stars are no choice"


def test_movielens_atomic_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        "ml.inter",
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t9\t1\t200\n1\t8\t5\t100\n",
    )
    write(
        tmp_path,
        "ml.item",
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "8\tToy Story\t1995\tComedy Children's\n9\tX\t\t\n",
    )
    shop = read(tmp_path)
    assert shop.products.attributes == [{"year": "1995", "genre Comedy": "yes", "genre Children's": "yes"}, {}]
    assert shop.events.item.tolist() == [0, 1], "in the order of time"
    assert shop.events.chosen.all(), "every rating is an interaction"


def test_sequences_and_plain_interactions(tmp_path: Path) -> None:
    write(tmp_path, "s.txt", "1 5 6 7\n2 7\n")
    shop = read(tmp_path / "s.txt")
    assert [shop.products.ids[item] for item in shop.events.item] == ["5", "6", "7", "7"]
    assert shop.events.time.tolist() == [0, 1, 2, 0]
    write(tmp_path, "i.csv", "user,item,timestamp,event\nu,x,3,purchase\nu,y,1,\nu,,2,login\n")
    shop = read(tmp_path / "i.csv")
    assert shop.events.kind.tolist() == [KINDS["VIEW"], KINDS["PURCHASE"]]


def test_a_folder_with_sequences_and_attributes_or_with_a_csv(tmp_path: Path) -> None:
    for name in ("sequences", "csv"):
        (tmp_path / name).mkdir()
    write(tmp_path / "sequences", "Beauty.txt", "1 5 6\n2 6\n")
    write(tmp_path / "sequences", "Beauty_item2attributes.json", '{"5": [1, 2], "9": [3]}')
    shop = read(tmp_path / "sequences")
    assert shop.products.attributes == [{"attribute 1": "yes", "attribute 2": "yes"}, {}]
    write(tmp_path / "csv", "notes.csv", "a,b\n")
    write(tmp_path / "csv", "x.csv", "timestamp,item,user\n3,x,u\n")
    assert read(tmp_path / "csv").events.users == ["users/u"]


def test_interactions_may_say_when_as_rfc_3339(tmp_path: Path) -> None:
    rows = ["u,a,2026-01-31T12:00:00Z", "u,b,2026-01-31T12:00:00.5+00:00", "u,c,2026-01-31T12:00:00+01:00", "u,d,3"]
    write(tmp_path, "i.csv", "user,item,timestamp\n" + "\n".join(rows) + "\n")
    assert read(tmp_path).events.time.tolist() == [3, NOON - 3600, NOON, NOON + 0.5]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "is in no format that is known"),
        ({"products.csv": "id,title\n1,x\n"}, "has no events.parquet"),
        ({"products.csv": "id\n1\n", "events.csv": "user\n"}, "has no column `title`"),
        ({"products.csv": "id,title\n1,x\n1,y\n", "events.csv": "user\n"}, "has the product 1 twice"),
        (
            {"products.csv": "id,title\n1,x\n", "events.csv": "user,kind,product,time\nu,view,1,noon\n"},
            "row 1: 'noon' is no time",
        ),
        ({"s.txt": "1 2\n3\n"}, "line 2 names no items"),
        ({"s.txt": "1 2\n", "s_item2attributes.json": "[]"}, "should be {item"),
        ({"i.csv": "user,item\nu,x\n"}, "i.csv has no column timestamp"),
        ({"i.csv": "user,item,timestamp\nu,x,3\nu,y,nan\n"}, "line 3: 'nan' is no time in seconds"),
        ({"i.csv": "user,item,timestamp\nu,x,2026-01-01\n"}, "line 2: '2026-01-01' is no time in seconds"),
        (
            {"i.csv": "user,item,timestamp\nu,x,2026-01-01T12:00:00\n"},
            "nor with a time zone, such as 2026-01-31",
        ),
        ({"i.csv": "user,item,timestamp\n,x,3\n"}, "line 2 has no user"),
        ({"i.csv": "user,item,timestamp\nu,x\n"}, "line 2 has no timestamp"),
        ({"i.csv": f"user,item,timestamp,{'u' * 140_000}\nu,x,3\n"}, "is no csv that can be read: field larger"),
        ({"i.csv": "user,item,timestamp,event\nu,x,3,look\n"}, "only events of other kinds, such as 'look'"),
        ({"i.csv": f"user,item,timestamp\n{'u' * 140_000},x,3\n"}, "line 2: field larger than field limit"),
        ({"x.inter": "user_id:token\titem_id:token\n1\n"}, "line 2 has 1 fields where the header has 2"),
    ],
)
def test_what_is_wrong_with_data_is_said(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    for name, text in files.items():
        write(tmp_path, name, text)
    with pytest.raises(DataError, match=sentence):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("i.csv", b"user,item,timestamp\nu,caf\xe9,3\n"),
        ("s.txt", b"1 2 3\n2 \xe9\n"),
        ("x.inter", b"user_id:token\titem_id:token\nu\t\xe9\n"),
    ],
)
def test_another_encoding_than_utf_8_is_said(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="is not written in UTF-8"):
        read(tmp_path)


def test_the_fingerprint_changes_with_the_data(tmp_path: Path) -> None:
    write(tmp_path, "i.csv", "user,item,timestamp\nu,x,3\nu,y,1\n")
    before = read(tmp_path / "i.csv").fingerprint
    assert before == read(tmp_path / "i.csv").fingerprint
    write(tmp_path, "i.csv", "user,item,timestamp\nu,x,3\nu,y,2\n")
    assert before != read(tmp_path / "i.csv").fingerprint
    assert np.isfinite(read(tmp_path / "i.csv").events.time).all()
