"""The words that the shop's products have, and those that a misspelt one may have meant."""

from collections import Counter
from collections.abc import Callable, Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4
"""Letters of a word that a misspelt one may have meant: of three, every other word is one edit away."""
TWO_EDITS = 9
"""Letters from which two edits are forgiven; one before."""
CALLED = 10
"""Products that say a word of themselves for one that is called so: shoppers look for what things are called."""
OTHER_LETTER = 8
"""Times as seldom as a letter left out, or two that changed places, is a certain letter typed too many or in the place
of a certain other: there are as many that may be hit, those near it mostly."""
OTHER_FIRST = 8
"""Times as seldom is the first letter of a word the wrong one: who types it looks at it."""
CONSIDERED = 24
"""Beginnings that are looked at."""
KEPT = 20_000
"""Words whose neighbours are kept: looking at all words for one takes half a millisecond."""


class Vocabulary:
    """Words with how often they come, kept as products come and go.

    Distance is optimal string alignment: a letter too many, too few, another one, or two that changed places.
    """

    def __init__(self, stem: Callable[[str], str]) -> None:
        self._stem = stem
        self._counts: Counter[str] = Counter()
        self._called: Counter[str] = Counter()
        self._stems: Counter[str] = Counter()
        self._total = 0
        self._words: list[str] | None = None
        self._beginnings: dict[int, dict[str, str]] = {}
        self._near: dict[str, list[str]] = {}

    def add(self, words: Collection[str], called: Collection[str] = ()) -> None:
        """Words of a product that came, and those of them that it is called."""
        before = len(self._counts)
        self._counts.update(words)
        self._called.update(called)
        self._stems.update(map(self._stem, words))
        self._total += len(words)
        self._near.clear()  # which of two is the more frequent may have changed
        if len(self._counts) != before:
            self._changed()

    def drop(self, words: Collection[str], called: Collection[str] = ()) -> None:
        """Words of a product that went, and those of them that it was called."""
        self._near.clear()
        self._total -= len(words)
        for word in words:
            stem = self._stem(word)
            self._stems[stem] -= 1
            if self._stems[stem] <= 0:
                del self._stems[stem]
            self._counts[word] -= 1
            if self._counts[word] <= 0:
                del self._counts[word]
                self._changed()
        for word in called:
            self._called[word] -= 1
            if self._called[word] <= 0:
                del self._called[word]

    def __contains__(self, word: str) -> bool:
        return word in self._counts

    def forms(self, word: str) -> int:
        return self._stems[self._stem(word)]

    def share(self, word: str) -> float:
        return self.forms(word) / max(1, self._total)

    def near(self, word: str, most: int = 4) -> list[str]:
        """Words that may be meant, the likeliest first: the nearest, and of those what is typed so the most often.

        That is how often it is looked for, times how often it is mistyped so (Kernighan, Church, Gale, COLING 1990).
        """
        if len(word) < SHORTEST - 1 or not word.isalpha():
            return []
        found = self._near.get(word)
        if found is None:
            found = self._ranked(word, self._all(), 2 if len(word) >= TWO_EDITS else 1)
            if len(self._near) >= KEPT:
                self._near.clear()
            self._near[word] = found
        return found[:most]

    def beginning_near(self, prefix: str, most: int = 4) -> list[str]:
        """Beginnings of words, as long as the prefix, that may be meant."""
        if len(prefix) < SHORTEST or not prefix.isalpha():
            return []
        length = len(prefix)
        if length not in self._beginnings:
            self._beginnings[length] = {w[:length]: w for w in sorted(self._all(), key=self._counts.__getitem__)}
        known = self._beginnings[length]
        found = process.extract(prefix, list(known), scorer=OSA.distance, score_cutoff=1, limit=CONSIDERED)
        return sorted((way for way, _, _ in found), key=lambda way: -self._counts[known[way]])[:most]

    def _ranked(self, word: str, words: list[str], edits: int) -> list[str]:
        found = process.extract(word, words, scorer=OSA.distance, score_cutoff=edits, limit=None)
        near = [(distance, -self._likelihood(word, other), other) for other, distance, _ in found if distance]
        return [other for _, _, other in sorted(near)]

    def _likelihood(self, typed: str, word: str) -> float:
        """How likely a word was meant by what was typed, among others that are as near."""
        looked_for = self._counts[word] + CALLED * self._called[word]
        is_usual = len(typed) < len(word) or sorted(typed) == sorted(word)
        return looked_for / (1 if is_usual else OTHER_LETTER) / (1 if typed[0] == word[0] else OTHER_FIRST)

    def _all(self) -> list[str]:
        if self._words is None:
            self._words = [word for word in self._counts if word.isalpha() and len(word) >= SHORTEST]
        return self._words

    def _changed(self) -> None:
        self._words = None
        self._beginnings.clear()
