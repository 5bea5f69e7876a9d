"""From what a shopper typed to what has to be found: words, phrases, synonyms, other spellings."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from services.search.domain.query import Alternative, Part, Query, Stems
from services.search.domain.synonyms import Synonyms
from services.search.domain.words import MOST_WORDS, OPTIONAL, QUOTED, QUOTES, folded, words
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
FOREIGN = 100
"""Times its share of all that is said is the share of the shop's words that one has that may have been meant by a word
that only the language has: `lather` may be leather, and `women` is nothing woven."""
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
    text: str
    """As typed."""
    says_nothing: bool = False
    """Whether there is no word in it, of the shop's or of its language's: what is near to such a text is chance."""

    @property
    def corrected_text(self) -> str:
        """A better spelling, with quoted phrases as they stand; empty when it is fine as it is."""
        if self.corrected == self.words:
            return ""
        better, said = iter(self.corrected), list[str]()
        for place, part in enumerate(QUOTES.split(self.text)):
            said.extend([part] if place % 2 else islice(better, len(words(part))))
        return " ".join(said)

    def replaced(self, before: "Understood") -> int:
        """How many words are others than they were."""
        return sum(a != b for a, b in zip(self.corrected, before.corrected, strict=True))

    def respelt(self, text: str) -> str:
        """The typed text with the words that were corrected, and all else as it stands: quotes, signs, and so on."""
        for word, likeliest in zip(self.words, self.corrected, strict=True):
            if word != likeliest:
                whole = rf"(?<!\w){re.escape(word)}(?!\w)"
                text = re.sub(whole, lambda _, to=likeliest: to, text, flags=re.IGNORECASE)  # type: ignore[misc]
        return text


class Understand:
    """Reads queries by the words of the shop, and of its language."""

    def __init__(
        self, stem: Callable[[str], str], vocabulary: Vocabulary, synonyms: Synonyms, language: Language
    ) -> None:
        self._stem = stem
        self._vocabulary = vocabulary
        self._synonyms = synonyms
        self._language = language

    def __call__(self, text: str, verbatim: bool = False) -> Understood:
        """What the text asks for."""
        quoted = [words(phrase) for phrase in QUOTED.findall(text)]
        phrases = [stems for phrase in quoted if (stems := self._stems(phrase[:MOST_WORDS]))]
        typed = words(QUOTED.sub(" ", text))[:MOST_WORDS]
        said = [self._spellings(word, verbatim) for word in typed]
        query = self._query(typed, said, tuple(phrases), folded(text.strip()), verbatim)
        likeliest = tuple(ways[0] for ways in said)
        says_nothing = self._says_nothing([*likeliest, *(word for phrase in quoted for word in phrase)])
        return Understood(query, tuple(typed), likeliest, text, says_nothing)

    def _says_nothing(self, typed: Sequence[str]) -> bool:
        telling = [word for word in typed if word not in OPTIONAL]
        if not len(self._language) or (typed and not telling):
            return False
        # Of numbers and other scripts no dictionary knows anything.
        return all(word.isascii() and word.isalpha() and not self._is_known(word) for word in telling)

    def instead(self, understood: Understood) -> list[Understood]:
        """The query with one of its words, and with all, replaced by far more frequent ones that are spelt alike.

        For a query that nothing has all words of: a typing mistake may be a word too. Words as usual as those like them
        stay, for meaning to find and for products that have some of them.
        """
        typed = understood.corrected
        near = self._near(typed)
        # The likeliest of every word before the second likeliest of any.
        ways = ({i: others[rank]} for rank in range(NEAR) for i, others in near if rank < len(others))
        changes = [*islice(ways, MOST_INSTEAD), *([{i: others[0] for i, others in near}] if len(near) > 1 else [])]
        return [self._changed(understood, change) for change in changes]

    def best_instead(
        self,
        understood: Understood,
        count: Callable[[Query], int],
        admitted: Callable[[Query], int] | None = None,
    ) -> Understood | None:
        """Of these ways that find something, one with the fewest other words; and of those the one that finds the most.

        Args:
            understood: the query, as it was read first.
            count: how many products a query finds.
            admitted: how many of these may be shown, which is dear to know; all of them when left out.
        """
        ways = self.instead(understood)
        counted = [(way.replaced(understood), -count(way.query), place) for place, way in enumerate(ways)]
        best: tuple[int, int, int] | None = None
        for replaced, found, place in sorted(way for way in counted if way[1]):
            if best is not None and best <= (replaced, found, place):
                break  # no more of them may be shown than are found
            if shown := -found if admitted is None else admitted(ways[place].query):
                best = min(best or (replaced, -shown, place), (replaced, -shown, place))
        return ways[best[2]] if best is not None else None

    def _changed(self, understood: Understood, change: Mapping[int, str]) -> Understood:
        """The query with other words at some places."""
        changed = tuple(change.get(i, word) for i, word in enumerate(understood.corrected))
        said: list[tuple[str, ...]] = [(word,) for word in changed]
        query = self._query(changed, said, understood.query.phrases, " ".join(changed), verbatim=False)
        return Understood(query, understood.words, changed, understood.text)

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
        """Far more frequent words that one that exists may be a misspelling of; its own other forms are none."""
        near = [other for other in self._vocabulary.near(word, CONSIDERED) if self._is_likelier(other, word)]
        # One that a product need not have would leave a word out, and find much that way.
        return [other for other in near if other not in OPTIONAL][:NEAR]

    def _is_likelier(self, other: str, word: str) -> bool:
        if forms := self._vocabulary.forms(word):
            return self._vocabulary.forms(other) >= LIKELIER * forms
        # And said more often in the shop than elsewhere: what is said of everything, as `like`, is no product.
        least = max(FOREIGN * self._language.frequency(word), self._language.frequency(other))
        return self._vocabulary.share(other) >= least

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
