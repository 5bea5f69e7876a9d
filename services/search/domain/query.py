"""A query as words that have to be found."""

from dataclasses import dataclass

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to say a part of a query."""

    stems: Stems
    """More than one where the way has several words: a product needs them all."""
    weight: float = 1.0
    """Below 1 for a synonym or another spelling."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query, a word mostly, and the ways to say it; a product needs one of them."""

    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What to find."""

    parts: tuple[Part, ...] = ()
    phrases: tuple[Stems, ...] = ()
    """Words that have to stand beside each other, in that order."""
    optional: Stems = ()
    """Words that are worth something where they are found."""
    whole: Stems = ()
    """All words in their order, as the names of categories, brands and values may hold them."""
    sku: str = ""
    """The text as a product's id, folded."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to find."""
        return not (self.parts or self.phrases or self.optional or self.sku)

    def stems(self) -> frozenset[str]:
        """Every stem that may have been found, for highlighting."""
        said = (stem for part in self.parts for way in part.alternatives for stem in way.stems)
        return frozenset((*said, *self.optional, *(stem for phrase in self.phrases for stem in phrase)))
