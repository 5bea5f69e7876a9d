"""Candidates: products on their way to a page."""

from dataclasses import dataclass


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
