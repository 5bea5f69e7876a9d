"""How near a product must be to a question to count as an answer to it."""

import math
import re
from collections.abc import Sequence

import numpy as np

from trainers.encoders.runtime import Texts, Vectors

QUESTIONS = (
    "where is my order", "opening hours on sunday", "how do I return something", "tax rate in norway",
    "who won the election", "flights to lisbon", "meaning of life", "train timetable",
    "recipe for a chocolate cake", "weather in paris", "speak to an employee", "delivery to an island",
    "voucher expired", "jobs near me", "symptoms of flu", "exchange rate", "lyrics of the anthem",
    "directions to the airport", "learn spanish", "fix a leaking tap", "capital of peru", "invoice as pdf",
    "stolen credit card", "cinema tonight", "qwrtz plmkj", "zxcvb", "fghjk wrtzp", "lorem ipsum", "aaaaaa",
    "kjsdhf", "spark plug", "motor oil", "tyre pump", "caravan", "kayak paddle", "rowing boat", "ski wax",
    "golf clubs", "tent pegs", "dog leash", "bird seed", "hay", "fish tank filter", "rabbit hutch", "beehive",
    "cow bell", "hammer", "wood glue", "nails", "plaster", "ladder", "roof tiles", "cement mixer", "sandpaper",
    "door hinge", "flour", "yoghurt", "bananas", "frozen peas", "ketchup", "smoked salmon", "crisps",
    "orange juice", "whisky", "painkillers", "cough syrup", "contact lenses", "hearing aid", "wheelchair",
    "crutches", "thermometer", "trumpet", "drum sticks", "sheet music", "record player", "microphone", "projector",
    "graphics card", "keyboard", "phone charger", "memory stick", "toner", "stapler", "whiteboard",
    "filing cabinet", "textbook", "atlas", "magazine", "jigsaw", "chess set", "doll's house", "model railway",
    "fireworks", "pram", "cot", "dishwasher", "freezer", "toaster", "light switch", "extension lead",
    "curtain rail", "bath plug", "shower head", "lawn seed", "wheelbarrow", "compost",
)  # fmt: skip
"""Questions that the products of a shop do not answer, but for those that it sells: services, noise, things of all
kinds of shops."""
ANSWERED = 0.1
"""Of these questions, those that are near to something all the same. Encoders tell what a shop has from what it has not
with an area under the ROC of 0.75 to 0.85 only: fewer would cost more questions that it does answer (record 16)."""
LEAST = 40
"""Questions by which a bound can be told; a shop to which fewer are foreign is asked all."""
COMMON = frozenset((
    "an", "and", "as", "by", "for", "from", "how", "in", "is", "it", "my", "near", "of", "on", "or", "the", "to",
    "where", "who", "with", "won", "you", "your",
))  # fmt: skip
"""Words that say nothing of what a shop sells."""


def above(encode: Texts, documents: Vectors, texts: Sequence[str]) -> float:
    """The inner product from which on a product is nearer than any is to nearly all that the shop does not answer.

    Rounded up to thousandths.

    Args:
        encode: the encoder of questions.
        documents: products in its space, [products, dimension], of length 1.
        texts: what the shop's products are called, without descriptions: those say much that is not sold. Questions
            that have a word of them do not count.
    """
    asked = foreign(QUESTIONS, texts)
    if len(asked) < LEAST:
        asked = list(QUESTIONS)
    nearest = (encode(asked) @ documents.T).max(axis=1)
    bound = float(np.clip(np.quantile(nearest, 1 - ANSWERED, method="higher"), 0, 1))
    return min(1.0, (math.floor(bound * 1000) + 1) / 1000)


def foreign(questions: Sequence[str], texts: Sequence[str]) -> list[str]:
    """The questions that have no word of these texts, in one number or the other."""
    known = {word for text in texts for word in _words(text)}
    return [question for question in questions if known.isdisjoint(_words(question))]


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W\d_]+", text.casefold())
    return [word.removesuffix("s") for word in found if len(word) > 1 and word not in COMMON]
