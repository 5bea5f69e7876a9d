"""Shops of whose pictures CLIP cannot learn: what is said, and what is made all the same."""

import argparse
import fcntl
import io
import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from trainers.clip import __main__ as command
from trainers.clip import data, publishable
from trainers.clip.config import Config
from trainers.clip.data import Product, TooFewPictures
from trainers.clip.split import split
from trainers.encoders import candidate, publish
from trainers.encoders.places import Places
from trainers.release.locks import making

QUIET = Console(file=io.StringIO())


def write(folder: Path, count: int, pictured: int) -> Path:
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(count):
        images = [f"images/{number}.png"] if number < pictured else []
        for name in images:
            Image.new("RGB", (6, 8), (number, 90, 90)).save(folder / name)
        rows.append({"id": f"p{number}", "title": f"Thing {number}", "description": "Of wood.", "images": images})
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_products_without_pictures_are_read_where_texts_are_all_that_counts(tmp_path: Path) -> None:
    some, none = write(tmp_path / "some", 5, 2), write(tmp_path / "none", 5, 0)
    assert [product.id for product in data.read([some])] == ["p0", "p1"]
    assert [product.description for product in data.titled([some])] == ["Of wood."] * 5
    with pytest.raises(TooFewPictures, match="has a title and a picture"):
        data.read([none])
    (none / "products.jsonl").write_text('{"id": "p0"}\n')
    with pytest.raises(data.DataError, match=r"No product in .* has a title\."):
        data.titled([none])


@pytest.mark.parametrize(("titles", "enough"), [(1, False), (29, False), (30, True), (200, True)])
def test_so_few_that_chance_finds_what_is_held_out_are_refused(titles: int, enough: bool) -> None:
    made = split([Product(str(n), f"Thing {n}", (), "", {}, ()) for n in range(titles)], Config())
    if enough:
        publishable.refuse_too_few(made)
        return
    with pytest.raises(TooFewPictures, match=f"{titles} products with a picture are too few"):
        publishable.refuse_too_few(made)


@pytest.mark.parametrize("pictured", [0, 7])
@pytest.mark.parametrize(("step", "answering"), [("all", set()), ("all", {"clip_image"}), ("train", set())])
def test_all_goes_on_without_clip_unless_it_would_take_one_away(
    step: str, answering: set[str], pictured: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "promoted", lambda shop: answering)
    options = command._parser().parse_args([step, "--products", str(write(tmp_path / "shop", 9, pictured))])
    out = tmp_path / "candidate"
    goes_on = step == "all" and not answering
    if goes_on:
        _train(out, options)
        report = candidate.report(out)
        assert ("too few" if pictured else "has a title and a picture") in report["clip"]["refused"]
        assert report["products"] == 9
        assert report["data_fingerprint"]
    else:
        with pytest.raises(TooFewPictures):
            _train(out, options)


def _train(out: Path, options: argparse.Namespace) -> None:
    where = Places(shop=None, search="", releases=out.parent, offline=out.parent)
    command._run("train", object(), where, options, QUIET)  # type: ignore[arg-type]


@pytest.mark.parametrize("pictured", [9, 0])
@pytest.mark.parametrize("moment", ["look", "publish", "never"])
def test_a_release_with_clip_that_was_promoted_meanwhile_is_not_replaced_by_one_without(
    moment: str, pictured: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody promotes one while the encoders are made, or between publishing and promoting them."""
    where = Places(shop=None, search="", releases=tmp_path, offline=tmp_path)
    promoted, did = set[str](), list[str]()

    def work(step: str, made: object) -> object:
        did.append(step)
        if step == moment:
            promoted.add("clip_image")
        return made

    def look(*_: object) -> None:
        assert not promoted
        work("look", None)

    monkeypatch.setattr(command.places, "from_flags", lambda *_, named: where)
    monkeypatch.setattr(command, "Shop", lambda _: nullcontext(object()))
    monkeypatch.setattr(command, "_probes", lambda *_: ())
    monkeypatch.setattr(command.extract, "extract", lambda *_: 9)
    monkeypatch.setattr(command.look, "build", look)
    monkeypatch.setattr(command.sentences, "build", lambda *_: None)
    monkeypatch.setattr(publish, "promoted", lambda _: promoted)
    monkeypatch.setattr(publish, "publish", lambda *_: work("publish", 4))
    monkeypatch.setattr(publish, "promote", lambda *_: work("promote", None))
    if pictured:  # CLIP learned, so that nothing is lost
        monkeypatch.setattr(command, "_train", lambda *_: None)
    overtaken = moment != "never" and not pictured
    code = command.main(["all", "--products", str(write(tmp_path / "shop", 9, pictured))])
    assert code == (command.FAILED if overtaken else 0)
    said = " ".join(capsys.readouterr().out.split())
    assert ("A search release with CLIP was promoted meanwhile" in said) == overtaken
    expected = ["look", "publish", "promote"]
    assert did == (expected[: expected.index(moment) + 1] if overtaken else expected)
    if overtaken:  # by hand it is as a person wants it
        assert command.main(["promote"]) == 0


def test_all_publishes_in_its_turn_and_promotes_what_it_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Places(shop=None, search="", releases=tmp_path, offline=tmp_path)
    did: list[object] = []

    def alone(what: str) -> bool:
        """Whether somebody else could have done it now."""
        with (tmp_path / what).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def publishes(*_: object) -> int:
        did.append(("publish", alone(".making"), alone(".changing")))
        return 4

    def promotes(shop: object, where: object, number: int, console: object) -> None:
        did.append(("promote", number, alone(".changing")))

    monkeypatch.setattr(command.places, "from_flags", lambda *_, named: where)
    monkeypatch.setattr(command, "Shop", lambda _: nullcontext(object()))
    monkeypatch.setattr(command, "_probes", lambda *_: [lambda: did.append("waits")])
    monkeypatch.setattr(command.extract, "extract", lambda *_: did.append(("extract", alone(".making"))) or 9)
    monkeypatch.setattr(command, "_train", lambda *_: did.append("train"))
    for name in ("look", "sentences"):
        monkeypatch.setattr(getattr(command, name), "build", lambda *_: did.append("build"))
    monkeypatch.setattr(publish, "publish", publishes)
    monkeypatch.setattr(publish, "promote", promotes)
    assert command.main(["all", "--products", str(write(tmp_path / "shop", 9, 9))]) == 0
    expected = [("extract", True), "train", "build", "build", "waits", ("publish", True, True), ("promote", 4, True)]
    assert did == expected
    with making(tmp_path):
        assert command.main(["all"]) == command.FAILED
        assert command.main(["promote", "--release", "2"]) == 0
    assert did[len(expected) :] == [("promote", 2, True)]
