"""How usual words are in the shop's language, whatever the shop has."""

from functools import cache

from spellchecker import SpellChecker

CODES = {"english": "en"}
"""Of the languages that words are stemmed in, those whose dictionary was tried: others hold few of a word's forms, and
what they lack would be taken for no word."""


class Dictionary:
    """services.search.ports.Language. 30 MB; of another language it knows no word."""

    def __init__(self, language: str = "english") -> None:
        self._frequencies = _read(CODES[language]) if language in CODES else {}

    def __len__(self) -> int:
        return len(self._frequencies)

    def frequency(self, word: str) -> float:
        return self._frequencies.get(word, 0.0)


@cache
def _read(code: str) -> dict[str, float]:
    known = SpellChecker(language=code).word_frequency.dictionary
    # Others, as those with an apostrophe, are no words as `domain.words` splits them.
    counts = {word: count for word, count in known.items() if word.isascii() and word.isalpha()}
    total = sum(counts.values())
    return {word: count / total for word, count in counts.items()}
