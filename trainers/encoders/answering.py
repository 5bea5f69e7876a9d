"""How near a product must be to a question to count as an answer to it."""

import math

import numpy as np

from trainers.encoders.runtime import Texts, Vectors

OFF_TOPIC = (
    "where is my order", "opening hours on sunday", "how do I return something", "qwrtz plmkj", "tax rate in norway",
    "recipe for chocolate cake", "flights to lisbon", "who won the election", "meaning of life", "train timetable",
)  # fmt: skip
"""Questions that no product answers."""


def above(encode: Texts, documents: Vectors) -> float:
    """The inner product from which on a product is nearer than any is to a question that no shop's product answers.

    Rounded up to thousandths, so that none of these questions is answered.

    Args:
        encode: the encoder of questions.
        documents: products in its space, [products, dimension], of length 1.
    """
    nearest = float(np.clip((encode(OFF_TOPIC) @ documents.T).max(), 0, 1))
    return min(1.0, (math.floor(nearest * 1000) + 1) / 1000)
