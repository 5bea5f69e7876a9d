"""How usual words are in the shop's language, whatever the shop has."""

from collections import Counter
from functools import cache

from spellchecker import SpellChecker

from services.search.domain.words import folded

CODES = {
    "arabic": "ar", "dutch": "nl", "english": "en", "french": "fr", "german": "de", "italian": "it",
    "portuguese": "pt", "russian": "ru", "spanish": "es",
}  # fmt: skip
"""Of the languages that words are stemmed in, those that there is a dictionary of."""


class Dictionary:
    """services.search.ports.Language. 40 MB; of another language it knows no word."""

    def __init__(self, language: str = "english") -> None:
        self._frequencies = _read(CODES[language]) if language in CODES else {}

    def __len__(self) -> int:
        return len(self._frequencies)

    def frequency(self, word: str) -> float:
        return self._frequencies.get(word, 0.0)


@cache
def _read(code: str) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for word, count in SpellChecker(language=code).word_frequency.dictionary.items():
        counts[folded(word)] += count
    total = counts.total()
    return {word: count / total for word, count in counts.items()}
