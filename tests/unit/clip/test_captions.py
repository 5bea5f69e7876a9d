"""Captions say what is true, as shoppers would."""

from pathlib import Path

import numpy as np

from trainers.clip import captions
from trainers.clip.data import Product

SHIRT = Product(
    "1", "Nike Men Black Shirt", ("Apparel", "Topwear", "Shirts"), "Nike",
    {"colour": "Black", "gender": "Men", "year": "2012", "note": "x" * 50, "usage": "None"}, (Path("1.jpg"),),
)  # fmt: skip


def test_facts_are_words_that_a_picture_can_show() -> None:
    found = set(captions.facts(SHIRT))
    assert found == {
        ("colour", "Black"), ("gender", "Men"), ("brand", "Nike"),
        ("category", "Apparel"), ("category", "Topwear"), ("category", "Shirts"),
    }  # fmt: skip


def test_captions_hold_one_to_three_facts_and_each_kind_once() -> None:
    random = np.random.default_rng(1)
    drawn = [captions.caption(SHIRT, random) for _ in range(300)]
    known = set(captions.facts(SHIRT))
    assert all(1 <= len(caption) <= captions.MOST_FACTS and caption <= known for caption in drawn)
    assert all(len({name for name, _ in caption}) == len(caption) for caption in drawn)
    leaf = sum(("category", "Shirts") in caption for caption in drawn)
    assert leaf > 150
    assert len(set(drawn)) > 20


def test_words_begin_with_whom_and_end_with_what() -> None:
    chosen = frozenset({("category", "Shirts"), ("colour", "Black"), ("gender", "Men")})
    assert captions.words(chosen) == "Men Black Shirts"


def test_a_caption_is_positive_for_every_product_that_it_is_true_of() -> None:
    black, shirts = frozenset({("colour", "Black")}), frozenset({("category", "Shirts")})
    products = [black | shirts, black, shirts, frozenset()]
    found = captions.positives(products, [black, shirts, black | shirts])
    assert found.tolist() == [[True, True, True], [True, False, False], [False, True, False], [False, False, False]]
