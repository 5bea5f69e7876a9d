"""From what a shopper typed to what has to be found: words, phrases, synonyms, other spellings."""

from collections.abc import Callable
from dataclasses import dataclass

from services.search.domain.query import Alternative, Part, Query, Stems
from services.search.domain.synonyms import Synonyms
from services.search.domain.words import MOST_WORDS, OPTIONAL, QUOTED, folded, words
from services.search.ports import Vocabulary

SYNONYM_WEIGHT = 0.8
CORRECTED_WEIGHTS = (1.0, 0.6, 0.4)
"""Of the words that an unknown one may have meant, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A query, understood."""

    query: Query
    words: tuple[str, ...]
    """As typed, folded."""
    corrected: tuple[str, ...]
    """The words with their likeliest spelling; the same where all are known."""

    @property
    def corrected_text(self) -> str:
        """A better spelling; empty when it is fine as it is."""
        return " ".join(self.corrected) if self.corrected != self.words else ""


class Understand:
    """Reads queries by the shop's own words."""

    def __init__(self, stem: Callable[[str], str], vocabulary: Vocabulary, synonyms: Synonyms) -> None:
        self._stem = stem
        self._vocabulary = vocabulary
        self._synonyms = synonyms

    def __call__(self, text: str, verbatim: bool = False) -> Understood:
        """What the text asks for."""
        phrases = [stems for quoted in QUOTED.findall(text) if (stems := self._stems(words(quoted)[:MOST_WORDS]))]
        typed = words(QUOTED.sub(" ", text))[:MOST_WORDS]
        said = [self._spellings(word, verbatim) for word in typed]
        corrected = tuple(ways[0] for ways in said)
        needed = [i for i, word in enumerate(typed) if word not in OPTIONAL] or list(range(len(typed)))
        query = Query(
            parts=self._parts([said[i] for i in needed], verbatim),
            phrases=tuple(phrases),
            optional=self._stems([corrected[i] for i in range(len(typed)) if i not in needed]),
            whole=self._stems(list(corrected)) if not phrases else (),
            sku=folded(text.strip()),
        )
        return Understood(query, tuple(typed), corrected)

    def instead(self, understood: Understood) -> list[Understood]:
        """The query with one of its words replaced by one that is spelt almost like it.

        For a query whose words all exist and that nothing has all of: a typing mistake may be a word too.
        """
        found = []
        typed = understood.corrected
        for i, word in enumerate(typed):
            for other in self._vocabulary.near(word, 3) if word not in OPTIONAL else ():
                changed = (*typed[:i], other, *typed[i + 1 :])
                found.append(Understood(self(" ".join(changed)).query, understood.words, changed))
        return found

    def _spellings(self, word: str, verbatim: bool) -> tuple[str, ...]:
        if verbatim or word in OPTIONAL or word in self._vocabulary:
            return (word,)
        return tuple(self._vocabulary.near(word, len(CORRECTED_WEIGHTS))) or (word,)

    def _parts(self, said: list[tuple[str, ...]], verbatim: bool) -> tuple[Part, ...]:
        """A part a word, or one for several words that have synonyms together."""
        parts, at = [], 0
        stems = self._stems([ways[0] for ways in said])
        while at < len(said):
            length = 1 if verbatim else self._known_together(stems, at)
            others = () if verbatim else self._synonyms.of(stems[at : at + length])
            ways = [Alternative(stems[at : at + length])] if length > 1 else self._spelt(said[at])
            parts.append(Part((*ways, *(Alternative(other, SYNONYM_WEIGHT) for other in others))))
            at += length
        return tuple(parts)

    def _known_together(self, stems: Stems, at: int) -> int:
        for length in range(min(self._synonyms.longest, len(stems) - at), 1, -1):
            if self._synonyms.of(stems[at : at + length]):
                return length
        return 1

    def _spelt(self, ways: tuple[str, ...]) -> list[Alternative]:
        spelt = zip(ways, CORRECTED_WEIGHTS, strict=False)
        found: dict[str, float] = {}
        for word, weight in spelt:
            found.setdefault(self._stem(word), weight)
        return [Alternative((stem,), weight) for stem, weight in found.items()]

    def _stems(self, typed: list[str]) -> Stems:
        return tuple(map(self._stem, typed))
