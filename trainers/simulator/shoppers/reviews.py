"""Words for reviews that say what the stars say."""

from dataclasses import dataclass

import numpy as np

from trainers.simulator.shoppers.items import Items
from trainers.simulator.shoppers.tastes import Taste

TITLES = {
    5: ("Love it", "Exactly right", "Would buy again", "A favourite", "Even better than hoped"),
    4: ("Very good", "Happy with it", "Good buy", "Nearly perfect"),
    3: ("It is all right", "Fine, not more", "Mixed feelings", "Does the job"),
    2: ("Expected more", "Not quite", "A bit disappointing"),
    1: ("Not for me", "Sent it back", "Would not buy again"),
}
OPENINGS = {
    5: ("I use it every day and still smile.", "Arrived quickly and looks even better than in the picture.",
        "Bought one, then a second as a present."),
    4: ("Well made and just as described.", "Good quality, and it does what it should.", "Glad that I chose this one."),
    3: ("It is decent, though nothing special.", "Fine for the moment.", "Neither good nor bad."),
    2: ("I had hoped for more.", "The idea is good, the rest less so.", "Looks better in the picture."),
    1: ("It was a mistake.", "I cannot recommend it.", "It went back the next day."),
}  # fmt: skip
LIKED = "The {0} is just what I like: {1}."
DISLIKED = "The {0} is not my thing: {1}."
DEAR, CHEAP = "A little dear for what it is.", "You get what you pay for."
FAIR = "The price is fair."
FIRST = ("Alex", "Amara", "Anna", "Ben", "Carla", "Chen", "David", "Elif", "Emma", "Farid", "Grace", "Hana", "Igor",
         "Jo",
         "Kofi", "Lena", "Lina", "Marco", "Maya", "Mia", "Nils", "Noah", "Olga", "Priya", "Ravi", "Rosa", "Sam", "Sara",
         "Tom", "Yuki", "Zoe", "Omar")  # fmt: skip
LAST = "ABCDEFGHIJKLMNOPRSTVWZ"


@dataclass(frozen=True)
class Words:
    """A worded review."""

    title: str
    text: str


def name(random: np.random.Generator) -> str:
    """Such as `Maya K.`."""
    return f"{FIRST[random.integers(len(FIRST))]} {LAST[random.integers(len(LAST))]}."


def word(rating: int, item: int, items: Items, taste: Taste, random: np.random.Generator) -> Words:
    """Words that follow the stars and, where there is something to say, the taste."""
    titles, openings = TITLES[rating], OPENINGS[rating]
    parts = [openings[random.integers(len(openings))]]
    own = [value for value in items.values[item].tolist() if value >= 0]
    liked = [value for value in own if value in taste.likes]
    disliked = [value for value in own if value in taste.dislikes]
    if rating >= 4 and liked:
        parts.append(_said(LIKED, items, liked[0]))
    if rating <= 3 and disliked:
        parts.append(_said(DISLIKED, items, disliked[0]))
    distance = float(items.level[item]) - taste.level
    if rating <= 3 and abs(distance) > 0.3:
        parts.append(DEAR if distance > 0 else CHEAP)
    elif rating >= 4 and abs(distance) < 0.15:
        parts.append(FAIR)
    return Words(titles[random.integers(len(titles))], " ".join(parts))


def _said(sentence: str, items: Items, value: int) -> str:
    key, said = items.attributes[value].split("=", 1)
    return sentence.format(key.replace("_", " "), said)
