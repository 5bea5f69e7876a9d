"""Candidates: products on their way to a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """What one retriever of a mix said of a candidate."""

    retriever: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that a retriever found."""

    product_id: str
    retriever: str
    rank: int
    """Its place among what the retriever found, from 1."""
    score: float
    resume: str = ""
    """What the retriever needs to go on after this candidate, where rank and score do not say it."""
    again: bool = False
    """Whether it may be shown although the shopper bought it."""
    sources: tuple[Source, ...] = ()
    """Of a mix: who found it, the one that counted most first."""
    mixed: float = 0.0
    """Its score in the mix."""
    place: int = 0
    """Its place there, from 1."""
    ranking_score: float = 0.0
    """What the ranker said of it."""
    ranking_place: int = 0
    """Its place among what the ranker looked at, from 1; 0 where it did not."""

    @property
    def standing(self) -> int:
        """Its place among what its retriever found, ranked where that was ranked."""
        return self.ranking_place or self.rank
