"""From which nearness on a product answers a question."""

from collections.abc import Sequence

import numpy as np
import pytest

from trainers.encoders import answering
from trainers.encoders.answering import QUESTIONS, above, foreign
from trainers.encoders.runtime import Vectors

PRODUCTS = np.eye(2, dtype=np.float32)


class Encode:
    """Puts each question so near to the first product."""

    def __init__(self, nearness: dict[str, float], others: float) -> None:
        self._nearness, self._others = nearness, others

    def __call__(self, texts: Sequence[str]) -> Vectors:
        near = [self._nearness.get(text, self._others) for text in texts]
        return np.array([(value, -np.sqrt(1 - value**2)) for value in near], np.float32)


def test_a_question_about_what_the_shop_sells_does_not_count() -> None:
    asked = ("umbrella", "nails", "a dog's leash", "where is my order")
    assert foreign(asked, ["Steel Nail, 40 mm", "Dog leash in red"]) == ["umbrella", "where is my order"]


def test_short_words_make_no_question_the_shops() -> None:
    assert foreign(["who is it"], ["A bag of it is red"]) == ["who is it"]


def test_an_answer_is_nearer_than_nearly_all_that_the_shop_does_not_answer() -> None:
    odd = dict.fromkeys(QUESTIONS[:4], 0.9002)
    assert above(Encode(odd, 0.3), PRODUCTS, ["Shirt"]) == pytest.approx(0.301)


def test_many_near_questions_are_no_chance() -> None:
    odd = dict.fromkeys(QUESTIONS[:20], 0.9002)
    assert above(Encode(odd, 0.3), PRODUCTS, ["Shirt"]) == pytest.approx(0.901)


def test_near_questions_about_what_the_shop_sells_set_no_bound() -> None:
    sold = QUESTIONS[:20]
    assert above(Encode(dict.fromkeys(sold, 0.9002), 0.3), PRODUCTS, sold) == pytest.approx(0.301)


def test_a_shop_that_sells_everything_has_a_bound() -> None:
    assert above(Encode({}, 0.3), PRODUCTS, QUESTIONS) == pytest.approx(0.301)


def test_no_question_is_asked_twice() -> None:
    assert len(set(answering.QUESTIONS)) == len(answering.QUESTIONS)
