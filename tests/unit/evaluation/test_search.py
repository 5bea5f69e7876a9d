"""Search measured: numbers that can be counted by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from trainers.clip.data import Product
from trainers.datasets import DataError
from trainers.evaluation.search import corpora, measure, metrics, rankers, tasks
from trainers.evaluation.search.rankers import Corpus


def test_each_metric_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.6], [0.1, 0.2, 0.3, 0.4]], np.float32)
    found = metrics.of_scores(scores, [np.array([1, 3]), np.array([3])])
    assert found["recall@1"].tolist() == [0, 1]
    assert found["recall@10"].tolist() == [1, 1]
    assert found["mrr"].tolist() == [0.5, 1]
    assert found["P@10"].tolist() == [0.2, 0.1]
    assert found["best P@10"].tolist() == [0.2, 0.1]


def test_what_is_not_among_the_first_ten_is_not_found() -> None:
    scores = -np.arange(20, dtype=np.float32)[None]
    found = metrics.of_scores(scores, [np.array([10])])
    assert found["recall@10"].tolist() == found["mrr"].tolist() == [0]


def test_scores_that_say_nothing_do_not_look_right() -> None:
    scores = np.zeros((1, 100), np.float32)
    assert metrics.of_scores(scores, [np.array([60])])["recall@10"].tolist() == [0]


def test_questions_of_the_protocol() -> None:
    products = [
        Product("1", "Red Shirt", ("Apparel", "Topwear", "Shirts"), "", {"colour": "Red"}, (Path("1.jpg"),)),
        Product("2", "Red Shirt", ("Apparel", "Topwear", "Tops"), "", {}, (Path("2.jpg"),)),
    ]
    found = {task.name: task.truth for task in tasks.of_products(products)}
    assert found["text-to-image"] == {"Red Shirt": {"1": 1, "2": 1}}
    assert found["category-to-product"] == {"Topwear": {"1": 1, "2": 1}}
    assert found["fine-category-to-product"] == {"Shirts": {"1": 1}, "Tops": {"2": 1}}
    assert found["colour-to-product"] == {"Red": {"1": 1}}


def test_lexical_and_fused_rankings() -> None:
    lexical = rankers.lexical(["red running shoes", "blue shirt", "shoe rack"])
    scores = lexical(["shoes", "nothing of this"])
    assert scores[0, 0] > 0
    assert scores[0, 2] > 0
    assert scores[0, 1] == 0
    assert not scores[1].any()
    fused = rankers.fused([lexical, lambda asked: np.array([[0.1, 0.9, 0.2]] * len(asked), np.float32)])
    assert fused(["nothing of this"])[0].argmax() == 1


def test_a_task_is_asked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "QUESTIONS", 2)
    truth = {str(n): {str(n): 1} for n in range(5)}
    places = {str(n): n for n in range(5)}
    found = measure.ask(
        tasks.Task("t", truth, True), places, lambda asked: np.eye(5, dtype=np.float32)[[int(q) for q in asked]]
    )
    assert found["recall@1"]["value"] == 1


def test_ground_truth_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text(json.dumps({"red": {"7": 1, "8": 0}, "blue": {"9": 1}}))
    assert tasks.read(file, {"7", "8"}) == {"red": {"7": 1}}
    with pytest.raises(DataError, match="No id in"):
        tasks.read(file, {"1"})
    file.write_text("[]")
    with pytest.raises(DataError, match="not of the form"):
        tasks.read(file, {"7"})


def test_a_folder_of_pictures_is_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("7.jpg", "8.PNG", "notes.txt"):
        (tmp_path / "images" / name).write_bytes(b"x")
    found: Corpus = corpora.of_folder(tmp_path)
    assert found.ids == ["7", "8"]
    assert found.texts is None
    (tmp_path / "7.webp").write_bytes(b"x")
    with pytest.raises(DataError, match="called 7"):
        corpora.of_folder(tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="no picture"):
        corpora.of_folder(tmp_path / "none")
    with pytest.raises(DataError, match="is no folder that exists"):
        corpora.of_folder(tmp_path / "nowhere")
