"""`python -m trainers.evaluation.search`: what it asks, of which products, and what it says of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.evaluation import searched
from trainers.clip import data
from trainers.clip.split import split
from trainers.evaluation.search import __main__ as command
from trainers.evaluation.search import held_out, looks


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched.shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def trained(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched.candidate(tmp_path_factory.mktemp("encoders") / "candidate", shop)


def measured(corpus: Path, encoders: Path, out: Path, *options: object) -> dict[str, Any]:
    given = ["--corpus", corpus, "--encoders", encoders, "--json", out / "report.json", "--quiet", *options]
    assert command.main([str(one) for one in given]) == 0
    found: dict[str, Any] = json.loads((out / "report.json").read_text())
    return found


def refused(capsys: pytest.CaptureFixture[str], corpus: Path, encoders: Path, *options: object) -> str:
    given = ["--corpus", corpus, "--encoders", encoders, "--quiet", *options]
    assert command.main([str(one) for one in given]) == 2
    return " ".join(capsys.readouterr().out.split())


def ids_held_out(shop: Path, encoders: Path) -> set[str]:
    """By the splitting that trains, not by the command."""
    return {product.id for product in split(data.read([shop]), held_out.trained_with(encoders)).test}


def test_held_out_products_are_asked_for_among_themselves(shop: Path, trained: Path, tmp_path: Path) -> None:
    found = measured(shop, trained, tmp_path, "--quality", tmp_path)
    tasks = found["tasks"]
    kinds = {"text-to-image", "category-to-product", "fine-category-to-product", "colour-to-product"}
    assert set(tasks) == kinds | {f"image-to-image: {how}" for how in looks.ALTERATIONS}
    assert found["corpus"] == "held out"
    assert {task["documents"] for task in tasks.values()} == {16}, "a quarter of 64 titles"
    assert {task["learned_from"] for task in tasks.values()} == {0}
    assert tasks["text-to-image"]["questions"] == tasks["text-to-image"]["asked_for"] == 16
    records = json.loads((tmp_path / "quality.json").read_text())
    protocols = {record["protocol"] for record in records}
    assert "image-to-image: crop (16 questions, 16 documents, held out)" in protocols
    assert "colour-to-product" in (tmp_path / "quality.md").read_text()


def test_the_table_compares_words_meaning_and_both_as_a_shopper_gets_them(
    shop: Path, trained: Path, tmp_path: Path
) -> None:
    tasks = measured(shop, trained, tmp_path)["tasks"]
    by_colour = {name: found["P@1"]["value"] for name, found in tasks["colour-to-product"]["rankers"].items()}
    assert by_colour["search: words"] == by_colour["search: meaning"] == by_colour["search"] == 1
    assert by_colour["BM25 of titles"] < 1, "titles say no colour: that is not how the service searches"
    by_picture = tasks["image-to-image: recompressed"]["rankers"]
    assert set(by_picture) == {"clip pictures", "clip", "look", "look, then clip", "search"}
    assert by_picture["search"]["recall@10"]["value"] == 1


def test_fewer_titles_can_be_asked_for(shop: Path, trained: Path, tmp_path: Path) -> None:
    found = measured(shop, trained, tmp_path, "--titles", 5)["tasks"]
    assert {task["documents"] for task in found.values()} == {5}
    assert {task["learned_from"] for task in found.values()} == {0}


def test_the_whole_catalogue_says_that_most_of_its_pictures_were_learned_from(
    shop: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measured(shop, trained, tmp_path, "--whole", "--quality", tmp_path)
    assert set(found["tasks"]) == {"text-to-image", *(f"image-to-image: {how}" for how in looks.ALTERATIONS)}
    titles, crops = found["tasks"]["text-to-image"], found["tasks"]["image-to-image: crop"]
    assert (titles["documents"], titles["asked_for"], titles["learned_from"]) == (64, 16, 0)
    assert (crops["documents"], crops["asked_for"], crops["learned_from"]) == (64, 64, 48)
    said = "image-to-image: crop (64 questions, 64 documents, all, 48 of 64 asked for were learned from)"
    assert said in (tmp_path / "quality.md").read_text()
    assert "text-to-image (16 questions, 64 documents, all)" in (tmp_path / "quality.md").read_text()
    assert "of the 64 products that may be the answer: 48" in " ".join(capsys.readouterr().out.split())


def test_another_seed_would_ask_for_what_was_learned_from(
    shop: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(capsys, shop, trained, "--seed", 8)
    assert "were trained with the seed 7: with 8, products that they have learned from would count as held out" in said
    assert measured(shop, trained, tmp_path, "--seed", 7, "--titles", 3)["tasks"]["text-to-image"]["documents"] == 3
    sentence = searched.candidate(tmp_path / "sentence", shop, "sentence")
    assert measured(shop, sentence, tmp_path, "--seed", 8)["tasks"]["colour-to-product"]["learned_from"] == 0


def test_other_products_than_those_of_the_training_are_refused(
    shop: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = searched.shop(tmp_path / "later")
    rows = searched.read(later)
    searched.write(later, [rows[0] | {"title": "Another title"}, *rows[1:]])
    assert "which were held out is not known" in refused(capsys, later, trained)
    found = measured(later, trained, tmp_path, "--products", shop)["tasks"]["text-to-image"]
    assert (found["documents"], found["learned_from"]) == (16, 0)
    report = json.loads((trained / "report.json").read_text())
    silent = searched.candidate(tmp_path / "silent", shop)
    (silent / "report.json").write_text(json.dumps({"clip": report["clip"]}))
    assert "which were held out is not known" in refused(capsys, shop, silent)


def test_published_weights_have_learned_from_nobody(shop: Path, tmp_path: Path) -> None:
    published = searched.candidate(tmp_path / "published", shop)
    (published / "report.json").write_text(json.dumps({"clip": {"credits": [{"name": "ViT"}]}}))
    assert held_out.learned(published, data.read([shop])) == frozenset()
    (published / "report.json").unlink()
    assert held_out.learned(published, data.read([shop])) is None


def test_the_split_is_that_of_the_training(shop: Path, tmp_path: Path) -> None:
    encoders = searched.candidate(tmp_path / "encoders", shop)
    assert held_out.trained_with(encoders).largest_share == 0.25
    known = data.read([shop])
    test = {product.id for product in held_out.held_out(encoders, known)}
    learned = held_out.learned(encoders, known)
    assert learned is not None
    assert len(test) == 16
    assert not test & learned
    assert test | learned == {product.id for product in known}


def test_ground_truth_says_how_much_of_it_was_learned_from(
    shop: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = sorted(ids_held_out(shop, trained))[:3]
    learned = sorted({product.id for product in data.read([shop])} - ids_held_out(shop, trained))[:5]
    (tmp_path / "truth.json").write_text(json.dumps({"a": dict.fromkeys(held, 1), "b": dict.fromkeys(learned, 1)}))
    asked = "--ground-truth", tmp_path / "truth.json"
    found = measured(shop, trained, tmp_path, *asked)
    assert found["corpus"] == "own questions"
    assert {(task["asked_for"], task["learned_from"]) for task in found["tasks"].values()} == {(8, 5)}
    assert "of the 8 products that may be the answer: 5" in " ".join(capsys.readouterr().out.split())

    pictures = shop / "images"
    found = measured(pictures, trained, tmp_path, *asked)["tasks"]["truth (clip pictures)"]
    assert (found["asked_for"], found["learned_from"]) == (8, None)
    assert "not known; --products names" in " ".join(capsys.readouterr().out.split())
    found = measured(pictures, trained, tmp_path, *asked, "--products", shop)["tasks"]["truth (clip pictures)"]
    assert (found["asked_for"], found["learned_from"]) == (8, 5)
    others = searched.shop(tmp_path / "others")
    searched.write(others, searched.read(others)[1:])
    assert "other products than those of --products" in refused(capsys, pictures, trained, *asked, "--products", others)


def test_the_encoder_of_looks_is_measured_alone_and_has_learned_too(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoders = searched.candidate(tmp_path / "looks", shop, "look_image")
    known = {"data_fingerprint": searched.fingerprint(data.read([shop])), **searched.CONFIG}
    (encoders / "report.json").write_text(json.dumps({"look_image": known}))
    found = measured(shop, encoders, tmp_path, "--whole")["tasks"]["image-to-image: crop"]
    assert set(found["rankers"]) == {"look", "search"}
    assert (found["documents"], found["learned_from"]) == (64, 48)
    assert "were trained with the seed 7" in refused(capsys, shop, encoders, "--seed", 8)
