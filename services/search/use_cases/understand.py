"""From what a shopper typed to what has to be found: words, phrases, synonyms, other spellings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from services.search.domain.query import Alternative, Part, Query, Stems
from services.search.domain.synonyms import Synonyms
from services.search.domain.words import MOST_WORDS, OPTIONAL, QUOTED, folded, words
from services.search.ports import Language, Vocabulary

SYNONYM_WEIGHT = 0.8
CORRECTED_WEIGHTS = (1.0, 0.6, 0.4)
"""Of the words that an unknown one may have meant, the likeliest first."""
NEAR = 3
"""Words almost like one that exists, which may have been meant."""
CONSIDERED = 3 * NEAR
"""Words that are looked at for them: most are no more frequent."""
LIKELIER = 30
"""Times as often as a word that exists comes one that may have been meant by it: mistakes are that much rarer."""
SAID_OF_ALL = 0.001
"""Of all that is said, the share of a word from which on it says nothing of a product: nobody means `like` by `bike`."""
MOST_INSTEAD = 9
"""Other ways to read a query: the index is asked about each, and three words have so many."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A query, understood."""

    query: Query
    words: tuple[str, ...]
    """As typed, folded."""
    corrected: tuple[str, ...]
    """The words with their likeliest spelling; the same where all are known."""
    says_nothing: bool = False
    """Whether none of the words is one, of the shop's or of its language's: what is near to such a text is chance."""

    @property
    def corrected_text(self) -> str:
        """A better spelling; empty when it is fine as it is."""
        return " ".join(self.corrected) if self.corrected != self.words else ""

    def respelt(self, text: str) -> str:
        """The typed text with the words that were corrected, and all else as it stands: quotes, signs, and so on."""
        for word, likeliest in zip(self.words, self.corrected, strict=True):
            if word != likeliest:
                whole = rf"(?<!\w){re.escape(word)}(?!\w)"
                text = re.sub(whole, lambda _, to=likeliest: to, text, flags=re.IGNORECASE)  # type: ignore[misc]
        return text


class Understand:
    """Reads queries by the shop's own words."""

    def __init__(
        self, stem: Callable[[str], str], vocabulary: Vocabulary, synonyms: Synonyms, language: Language
    ) -> None:
        self._stem = stem
        self._vocabulary = vocabulary
        self._synonyms = synonyms
        self._language = language

    def __call__(self, text: str, verbatim: bool = False) -> Understood:
        """What the text asks for."""
        phrases = [stems for quoted in QUOTED.findall(text) if (stems := self._stems(words(quoted)[:MOST_WORDS]))]
        typed = words(QUOTED.sub(" ", text))[:MOST_WORDS]
        said = [self._spellings(word, verbatim) for word in typed]
        query = self._query(typed, said, tuple(phrases), folded(text.strip()), verbatim)
        likeliest = tuple(ways[0] for ways in said)
        says_nothing = len(self._language) > 0 and bool(typed) and not any(map(self._is_known, likeliest))
        return Understood(query, tuple(typed), likeliest, says_nothing)

    def instead(self, understood: Understood) -> list[Understood]:
        """The query with one of its words replaced by a far more frequent one that is spelt almost like it.

        For a query whose words all exist and that nothing has all of: a typing mistake may be a word too. Words as
        usual as those like them stay, for meaning to find and for products that have some of them.
        """
        found: list[Understood] = []
        typed = understood.corrected
        near = self._near(typed)
        # The likeliest of every word before the second likeliest of any.
        ways = ((i, others[rank]) for rank in range(NEAR) for i, others in near if rank < len(others))
        for i, other in islice(ways, MOST_INSTEAD):
            changed = (*typed[:i], other, *typed[i + 1 :])
            query = self._query(changed, [(word,) for word in changed], (), " ".join(changed), verbatim=False)
            found.append(Understood(query, understood.words, changed))
        return found

    def _near(self, typed: Sequence[str]) -> list[tuple[int, list[str]]]:
        """Places of words, with those almost like them."""
        found: list[tuple[int, list[str]]] = []
        for i, word in enumerate(typed):
            if word in OPTIONAL or len(found) == MOST_INSTEAD:
                continue
            if others := self._meant(word):
                found.append((i, others))
        return found

    def _meant(self, word: str) -> list[str]:
        """Far more frequent words that one that exists may be a misspelling of; its own other forms are none.

        Of a word that only the language has, they are also the more usual ones there: `lather` may be leather, `women`
        is nothing woven.
        """
        forms = self._vocabulary.forms(word)
        least, said = max(forms, 1) * LIKELIER, 0.0 if forms else self._language.frequency(word)
        near = [other for other in self._vocabulary.near(word, CONSIDERED) if self._vocabulary.forms(other) >= least]
        near = [other for other in near if said <= self._language.frequency(other) <= SAID_OF_ALL]
        # One that a product need not have would leave a word out, and find much that way.
        return [other for other in near if other not in OPTIONAL][:NEAR]

    def _query(
        self, typed: Sequence[str], said: list[tuple[str, ...]], phrases: tuple[Stems, ...], sku: str, verbatim: bool
    ) -> Query:
        needed = [i for i, word in enumerate(typed) if word not in OPTIONAL] or list(range(len(typed)))
        likeliest = [ways[0] for ways in said]
        return Query(
            parts=self._parts([said[i] for i in needed], verbatim),
            phrases=phrases,
            optional=self._stems([likeliest[i] for i in range(len(typed)) if i not in needed]),
            whole=self._stems(likeliest) if not phrases else (),
            sku=sku,
        )

    def _spellings(self, word: str, verbatim: bool) -> tuple[str, ...]:
        if verbatim or word in OPTIONAL or self._is_known(word):
            return (word,)
        return tuple(self._vocabulary.near(word, len(CORRECTED_WEIGHTS))) or (word,)

    def _is_known(self, word: str) -> bool:
        """Whether the shop has the word in any form, as the stem is what is looked for, or people say it elsewhere."""
        return bool(
            self._vocabulary.forms(word) or self._language.frequency(word) or self._synonyms.of(self._stems([word]))
        )

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
