"""The words that the shop's products have, and those that a misspelt one may have meant."""

from collections import Counter
from collections.abc import Callable, Collection

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4
"""Letters of a word that a misspelt one may have meant: of three, every other word is one edit away."""
TWO_EDITS = 9
"""Letters from which two edits are forgiven; one before."""
CONSIDERED = 24
KEPT = 20_000
"""Words whose neighbours are kept: looking at all words for one takes half a millisecond."""


class Vocabulary:
    """Words with how often they come, kept as products come and go.

    Distance is optimal string alignment: a letter too many, too few, another one, or two that changed places.
    """

    def __init__(self, stem: Callable[[str], str]) -> None:
        self._stem = stem
        self._counts: Counter[str] = Counter()
        self._stems: Counter[str] = Counter()
        self._total = 0
        self._words: list[str] | None = None
        self._beginnings: dict[int, dict[str, str]] = {}
        self._near: dict[str, list[str]] = {}

    def add(self, words: Collection[str]) -> None:
        """Words of a product that came."""
        before = len(self._counts)
        self._counts.update(words)
        self._stems.update(map(self._stem, words))
        self._total += len(words)
        self._near.clear()  # which of two is the more frequent may have changed
        if len(self._counts) != before:
            self._changed()

    def drop(self, words: Collection[str]) -> None:
        """Words of a product that went."""
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

    def __contains__(self, word: str) -> bool:
        return word in self._counts

    def forms(self, word: str) -> int:
        return self._stems[self._stem(word)]

    def share(self, word: str) -> float:
        return self.forms(word) / max(1, self._total)

    def near(self, word: str, most: int = 4) -> list[str]:
        """Words that may be meant, the likeliest first: the nearest, and of those the most frequent."""
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
        found = process.extract(word, words, scorer=OSA.distance, score_cutoff=edits, limit=CONSIDERED)
        near = [(distance, -self._counts[other], other) for other, distance, _ in found if distance]
        return [other for _, _, other in sorted(near)]

    def _all(self) -> list[str]:
        if self._words is None:
            self._words = [word for word in self._counts if word.isalpha() and len(word) >= SHORTEST]
        return self._words

    def _changed(self) -> None:
        self._words = None
        self._beginnings.clear()
