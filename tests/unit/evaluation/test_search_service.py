"""The service as a ranker: it finds what a shopper would, by the code that shoppers are served with."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation import searched
from trainers.clip import data
from trainers.evaluation.search import corpora, rankers
from trainers.evaluation.search.rankers import Corpus
from trainers.evaluation.search.service import Shop, products_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched.shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def encoders(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return searched.candidate(tmp_path_factory.mktemp("encoders") / "candidate", folder)


@pytest.fixture(scope="module")
def corpus(folder: Path) -> Corpus:
    return corpora.of_products(data.read([folder]))


@pytest.fixture(scope="module")
def shop(corpus: Corpus, encoders: Path) -> Shop:
    return Shop(corpus, encoders, rankers.see(corpus, encoders), rankers.looked(corpus, encoders))


def first(corpus: Corpus, scores: np.ndarray) -> list[str]:
    """Ids of the first page."""
    order = np.argsort(-scores, kind="stable")
    return [corpus.ids[place] for place in order if scores[place] > 0]


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("running shoes", "Trainer"),  # the category's name
        ("sneakers", "Trainer"),  # a synonym of it
        ("shrits", "Oxford"),  # mistyped
        ("acme shirt", "Acme-Oxford"),  # every word, whatever its ending
    ],
)
def test_words_know_synonyms_mistakes_and_all_fields(corpus: Corpus, shop: Shop, query: str, right: str) -> None:
    for rank in (shop.words, shop.both):
        found = first(corpus, rank([query])[0])
        assert found
        assert all(right in item for item in found[:4])
    assert not rankers.lexical(corpus.texts or [])([query.removeprefix("acme ")])[0].any(), "titles say none of it"


def test_meaning_finds_what_no_word_says(corpus: Corpus, shop: Shop) -> None:
    for rank in (shop.meaning, shop.both):
        assert all("Oxford" in item for item in first(corpus, rank(["blouse"])[0])[:4])


def test_a_picture_finds_what_it_shows(corpus: Corpus, shop: Shop) -> None:
    place = next(place for place, item in enumerate(corpus.ids) if item.endswith("green"))
    for shown in (corpus.pictures[place], corpus.pictures[place].read_bytes()):
        assert all(item.endswith("green") for item in first(corpus, shop.picture([shown])[0]))


def test_questions_are_answered_each_for_itself(corpus: Corpus, shop: Shop) -> None:
    scores = shop.both(["red", "blue"])
    assert scores.shape == (2, len(corpus.ids))
    for row, colour in enumerate(("red", "blue")):
        assert all(item.endswith(colour) for item in first(corpus, scores[row])[:8])


def test_texts_alone_are_titles(corpus: Corpus, encoders: Path) -> None:
    plain = Corpus(corpus.ids[:3], corpus.pictures[:3], ["Warm fleece", "Linen shirt", "Red shoe"])
    assert [product.title for product in products_of(plain)] == plain.texts
    shop = Shop(plain, encoders, rankers.see(plain, encoders), rankers.looked(plain, encoders))
    assert first(plain, shop.words(["shirts"])[0]) == [plain.ids[1]]
