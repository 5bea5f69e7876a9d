"""Data sets into a real shop: whole, twice, killed, half broken, over the network."""

import io
import json
import os
import shutil
import signal
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.integration.importer.conftest import ROOT, Shop
from tests.integration.importer.proxy import Proxy


def picture(number: int, kind: str = "PNG") -> bytes:
    """A picture like no other."""
    out = io.BytesIO()
    Image.new("RGB", (40, 60), (number % 256, number // 256, 99)).save(out, kind)
    return out.getvalue()


def gigantic_png() -> bytes:
    """A PNG of a few hundred bytes that says it has ten thousand million pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    rest = chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + rest


def write(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    """Tables as JSONL."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return folder


def small_shop(folder: Path, prefix: str) -> Path:
    """Four products, of which one has no title, and one of each thing that can be wrong with pictures."""
    products = [
        {
            "id": f"{prefix}0", "title": "Lamp", "category": f"{prefix} Home > Lamps", "price": "12.50",
            "currency": "EUR", "stock": 3, "attributes": {"colour": "red"}, "images": ["images/a.png", "images/b.jpg"],
        },
        {"id": f"{prefix}1", "title": "Lamp with bad pictures", "category": f"{prefix} Home > Lamps", "images": [
            "images/cut.jpg", "images/gigantic.png", "images/page.png", "images/gone.png", "images/good.png",
        ]},
        {"id": f"{prefix}2", "title": ""},
        {"id": f"{prefix}3", "title": "Region", "regions": ["ATLANTIS"]},
    ]  # fmt: skip
    reviews = [
        {"id": "r1", "product": f"{prefix}0", "user": "u1", "user_name": "Ann", "rating": 4, "text": "Bright"},
        {"id": "r2", "product": f"{prefix}2", "text": "Of a product that was refused"},
    ]
    events = [
        {"user": "u1", "kind": "view", "product": f"{prefix}0", "time": "2026-01-31T12:00:00Z"},
        {"user": "visitors/v1", "kind": "purchase", "product": f"{prefix}0", "time": 1769860800, "event_id": "e1"},
        {"user": "u1", "kind": "look", "product": f"{prefix}0", "time": 1769860800},
        {"user": "u1", "kind": "view", "time": 1769860800},
    ]
    users = [
        {"id": f"{prefix}-ann", "email": f"{prefix}@x.test", "display_name": "Ann",
         "preferred_categories": [f"{prefix} Home > Lamps", "Nowhere"]},
        {"id": f"{prefix}-bob", "email": "no address"},
    ]  # fmt: skip
    write(folder, products=products, reviews=reviews, events=events, users=users)
    files = {
        "a.png": picture(1), "b.jpg": picture(2, "JPEG"), "good.png": picture(3), "cut.jpg": picture(4, "JPEG")[:-200],
        "gigantic.png": gigantic_png(), "page.png": b"<html>not found</html>",
    }  # fmt: skip
    for name, content in files.items():
        (folder / "images" / name).write_bytes(content)
    return folder


def reported(state: Path) -> list[tuple[str, int, str, bool]]:
    """File, row, field and whether it was imported, of the only report."""
    (report,) = state.glob("*.report.jsonl")
    lines = map(json.loads, report.read_text().splitlines())
    return [(line["file"], line["row"], line["field"], line["imported"]) for line in lines]


def test_good_rows_are_in_the_shop_and_bad_ones_are_named(shop: Shop, tmp_path: Path) -> None:
    data = small_shop(tmp_path / "data", "whole")
    done = shop.bring(data, tmp_path / "state")
    assert (done.code, done.error) == (0, "")
    lamp = shop.product("whole0")
    assert (lamp.title, lamp.price.units, lamp.price.nanos) == ("Lamp", 12, 500_000_000)
    assert (list(lamp.category_path), dict(lamp.attributes)) == (["whole Home", "Lamps"], {"colour": "red"})
    assert (lamp.stock_quantity, lamp.rating, lamp.rating_count) == (3, 4.0, 1)
    assert shop.served(lamp) == [(data / "images" / name).read_bytes() for name in ("a.png", "b.jpg")]
    assert shop.served(shop.product("whole1")) == [picture(3)]
    assert [(r.author, r.text) for r in shop.reviews_of("whole0")] == [("users/u1", "Bright")]
    assert sorted(event.shopper for event in shop.stored_events("whole")) == ["users/u1", "visitors/v1"]
    assert shop.preferences("whole-ann") == [lamp.category]
    assert reported(tmp_path / "state") == [
        ("products.jsonl", 2, "images", True),  # gone.png
        ("products.jsonl", 3, "title", False),
        ("products.jsonl", 4, "regions", False),
        ("products.jsonl", 2, "images", True),  # cut.jpg
        ("products.jsonl", 2, "images", True),  # gigantic.png
        ("products.jsonl", 2, "images", True),  # page.png
        ("reviews.jsonl", 2, "product, id", False),
        ("events.jsonl", 3, "kind", False),
        ("events.jsonl", 4, "product", False),
        ("users.jsonl", 1, "preferred_categories", True),
        ("users.jsonl", 2, "email", False),
    ]
    assert "products.jsonl, row 3, title: is required and empty (left out)" in done.out
    assert done.row("products") == [2, 0, 0, 2, 1]
    assert done.row("pictures") == [3, 0, 0, 0, 3]


def test_an_import_twice_changes_nothing_and_says_so(shop: Shop, tmp_path: Path) -> None:
    data = small_shop(tmp_path / "data", "twice")
    first = shop.bring(data, tmp_path / "state")
    before, events = [shop.product(f"twice{i}") for i in (0, 1)], shop.stored_events("twice")
    again = shop.bring(data, tmp_path / "state", "--counts", str(tmp_path / "counts"))
    assert (first.code, again.code) == (0, 0)
    assert "Nothing has changed" not in first.out
    assert "Nothing has changed" in again.out
    assert [shop.product(f"twice{i}") for i in (0, 1)] == before
    assert shop.stored_events("twice") == events
    assert again.row("products") == [0, 0, 2, 2, 1]
    assert again.row("events") == [0, 0, 2, 2, 0]
    assert again.row("users") == [0, 0, 1, 1, 1]
    counts = json.loads((tmp_path / "counts").read_text())
    assert {name: list(each.values()) for name, each in counts.items()} == {name: again.row(name) for name in counts}
    assert counts["events"]["unchanged"] == 2


def test_changed_rows_are_updated(shop: Shop, tmp_path: Path) -> None:
    for title, numbers in (("Old", [1, 0, 0, 0, 0]), ("New", [0, 1, 0, 0, 0])):
        data = write(tmp_path / "data", products=[{"id": "changed", "title": title}])
        assert shop.bring(data, tmp_path / "state").row("products") == numbers
        assert shop.product("changed").title == title


def large_shop(folder: Path, prefix: str, products: int, pictures: int, events: int) -> Path:
    """Many rows."""
    write(
        folder,
        products=[
            {"id": f"{prefix}{i}", "title": f"Lamp {i}", "category": f"Kind {i % 40}", "images": [f"images/{i}.png"]}
            for i in range(products)
        ],
        events=[
            {"user": f"u{i % 50}", "kind": "view", "product": f"{prefix}{i % products}", "time": i}
            for i in range(events)
        ],
    )
    for i in range(pictures):
        (folder / "images" / f"{i}.png").write_bytes(picture(i))
    return folder


def start(shop: Shop, data: Path, state: Path, *options: str, **addresses: str) -> "subprocess.Popen[str]":
    """An import in the background."""
    command = shop.command(data, state, *options, **addresses)
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def kill_after(size: int, shop: Shop, data: Path, state: Path, service: str, port: int) -> None:
    """Kills an import when that many bytes have gone to a service."""
    proxy = Proxy(port)
    proxy.mend()
    process = start(shop, data, state, **{service: proxy.address})
    proxy.after(size, process.kill)
    assert process.wait(60) == -signal.SIGKILL
    proxy.cut()


def on_record(state: Path) -> dict[str, int]:
    """Entries of each stage that are done with."""
    for file in state.glob("*.json"):
        return {stage: entry["entries"] for stage, entry in json.loads(file.read_text())["stages"].items()}
    return {}


def test_an_import_that_is_killed_again_and_again_goes_on_and_doubles_nothing(shop: Shop, tmp_path: Path) -> None:
    data = large_shop(tmp_path / "data", "killed", products=2500, pictures=400, events=8000)
    state = tmp_path / "state"
    kill_after(100_000, shop, data, state, "catalog", shop.catalog.port)  # a product takes 80
    assert 0 < len(shop.existing(f"killed{i}" for i in range(2500))) < 2500
    process = start(shop, data, state)
    while "pictures" not in on_record(state):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    kill_after(200_000, shop, data, state, "recs", shop.recs.port)
    assert len(shop.stored_events("killed")) < 8000
    done = shop.bring(data, state)
    assert done.code == 0
    assert "going on where it was" in done.out
    assert len(shop.existing(f"killed{i}" for i in range(2500))) == 2500
    assert sum(done.row("products")[:3]) == 2500
    assert sum(done.row("pictures")[:3]) == 400
    assert len(shop.stored_events("killed")) == 8000
    assert [len(shop.product(f"killed{i}").pictures) for i in range(0, 400, 9)] == [1] * 45
    assert len(reported(state)) == 2500 - 400  # pictures that are not there, each named once
    assert "Nothing has changed" in shop.bring(data, state).out


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and prints nothing."""

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address it is served at."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_archives_and_addresses_bring_what_the_folder_brings(
    shop: Shop, tmp_path: Path, served: tuple[Path, str]
) -> None:
    folder, address = served
    data = small_shop(tmp_path / "data", "packed")
    assert shop.bring(data, tmp_path / "state").code == 0
    from_folder = sorted(reported(tmp_path / "state"))
    archives = [shutil.make_archive(str(folder / "data"), kind, data) for kind in ("zip", "tar", "gztar")]
    for place in (archives[0], archives[2], f"{address}/data.zip", f"{address}/data.tar"):
        state = tmp_path / place.replace("/", "-")
        done = shop.bring(place, state)
        assert (done.code, "Nothing has changed" in done.out) == (0, True), done
        assert sorted(reported(state)) == from_folder
        left = sorted(path.suffix for path in state.rglob("*") if path.is_file())
        assert left == [".jsonl", ".lock"]  # neither the download nor what was unpacked


def test_an_address_without_anything_behind_it_is_said(shop: Shop, tmp_path: Path, served: tuple[Path, str]) -> None:
    done = shop.bring(f"{served[1]}/nothing.zip?key=hidden", tmp_path / "state")
    assert done.code == 2
    assert done.error == f"{served[1]}/nothing.zip cannot be fetched: the server answers 404.\n"


def test_an_address_is_asked_for_what_is_new_since(shop: Shop, tmp_path: Path, served: tuple[Path, str]) -> None:
    file, address = served[0] / "products.csv", f"{served[1]}/products.csv?key=hidden"
    asking = ("--since", str(tmp_path / "since.json"))

    def publish(text: str, written: int) -> None:
        file.write_text(text)
        os.utime(file, (written, written))

    publish("id,title\nnews0,Lamp\n", 1_700_000_000)
    assert shop.bring(address, tmp_path / "state", *asking).code == 0
    assert not list((tmp_path / "state").rglob("products.csv"))
    for written in (1_700_000_000, 1_700_000_001):  # as it was, and written anew with the same content
        publish("id,title\nnews0,Lamp\n", written)
        done = shop.bring(address, tmp_path / "state", *asking)
        assert (done.code, done.out) == (3, "The shop has what is there already.\n")
    publish("id,title\nnews0,Lamp\nnews1,Sofa\n", 1_700_000_002)
    assert shop.bring(address, tmp_path / "state", *asking).code == 0
    assert shop.product("news1").title == "Sofa"
    file.unlink()
    broken = shop.bring(address, tmp_path / "state", *asking)
    assert (broken.code, broken.error) == (3, "")
    sentence = f"{served[1]}/products.csv cannot be fetched: the server answers 404: the shop goes on with what it has."
    assert broken.out == f"{sentence}\n"


def test_a_half_broken_file_brings_its_good_rows(shop: Shop, tmp_path: Path) -> None:
    header = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName"
    lines = [f"half{i},Men,Apparel,Topwear,Shirts,Red,Fall,2011,Casual,Shirt {i}".encode() for i in range(400)]
    lines[10] = lines[10].replace(b",Casual", b"")
    lines[20] = lines[20].replace(b"Shirt 20", b"Shirt \xff\xfe")
    lines[30] = lines[30].replace(b"Shirt 30", b"Shirt, red")
    lines[40] = lines[40].replace(b"Topwear", b"x" * 300)
    lines[300] = lines[300].replace(b"Shirt 300", b'"Shirt' + b"x" * 2**20)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "styles.csv").write_bytes(b"\n".join([header.encode(), *lines]))
    done = shop.bring(tmp_path / "data", tmp_path / "state")
    assert done.code == 0
    assert shop.product("half30").title == "Shirt, red"
    good = {f"half{i}" for i in range(300)} - {"half10", "half20", "half40"}
    assert shop.existing(f"half{i}" for i in range(400)) == good
    bad = [(row, field) for _, row, field, imported in reported(tmp_path / "state") if not imported]
    assert bad == [(12, ""), (22, "productDisplayName"), (42, "masterCategory, subCategory, articleType"), (302, "")]


def test_a_wrong_password_ends_the_import_and_is_not_printed(shop: Shop, tmp_path: Path) -> None:
    data = write(tmp_path / "data", products=[{"id": "denied", "title": "Lamp"}])
    (tmp_path / "password").write_text("wrong horse\n")
    done = shop.bring(data, tmp_path / "state", "--password-file", str(tmp_path / "password"))
    assert done.code == 1
    assert "refuses merchant@shop.test" in done.error
    assert not [line for line in (done.out + done.error).splitlines() if "horse" in line or "Traceback" in line]
    assert shop.existing(["denied"]) == set()


def test_a_shop_that_goes_away_in_the_middle_is_said_and_comes_back(shop: Shop, tmp_path: Path) -> None:
    data = large_shop(tmp_path / "data", "gone", products=2500, pictures=0, events=0)
    proxy = Proxy(shop.catalog.port)
    proxy.mend()
    proxy.after(100_000, proxy.cut)
    done = shop.bring(data, tmp_path / "state", "--patience", "2", catalog=proxy.address)
    assert done.code == 1
    assert f"{proxy.address} does not answer: UNAVAILABLE" in done.error
    assert done.error.endswith("Run the same command again to go on from here.\n")
    assert "Traceback" not in done.error
    assert 0 < len(shop.existing(f"gone{i}" for i in range(2500))) < 2500
    assert shop.bring(data, tmp_path / "state").code == 0
    assert len(shop.existing(f"gone{i}" for i in range(2500))) == 2500


def test_a_shop_that_is_away_for_a_moment_is_waited_for(shop: Shop, tmp_path: Path) -> None:
    data = large_shop(tmp_path / "data", "away", products=2500, pictures=0, events=0)
    proxy = Proxy(shop.catalog.port)
    proxy.mend()

    def cut() -> None:
        proxy.cut()
        threading.Timer(1.0, proxy.mend).start()

    proxy.after(100_000, cut)
    done = shop.bring(data, tmp_path / "state", catalog=proxy.address)
    proxy.cut()
    assert (done.code, done.error) == (0, "")
    assert len(shop.existing(f"away{i}" for i in range(2500))) == 2500


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_an_import_at_once_with_a_sentence(shop: Shop, tmp_path: Path, number: signal.Signals) -> None:
    data = large_shop(tmp_path / "data", f"stopped{number}-", products=10_000, pictures=0, events=0)
    proxy = Proxy(shop.catalog.port)
    proxy.mend()
    process = start(shop, data, tmp_path / "state", catalog=proxy.address)
    proxy.after(100_000, lambda: process.send_signal(number))
    _, error = process.communicate(timeout=60)
    proxy.cut()
    assert (process.returncode, error) == (130, "Stopped. Run the same command again to go on from here.\n")
    assert 0 < len(shop.existing(f"stopped{number}-{i}" for i in range(10_000))) < 10_000
