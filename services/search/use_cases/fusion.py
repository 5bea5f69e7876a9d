"""Several rankings made one.

Reciprocal rank fusion (Cormack, Clarke, Buettcher, SIGIR 2009): a product's score is the sum of w / (60 + rank) over
the rankings that found it. Scores of different engines cannot be compared, and ranks can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from services.search.ports import Rows, Scores

K = 60.0
"""The constant of the paper."""
NAMED = 1000.0
"""A lexical score's thousands are the words of the query that are names of the product's."""
SAME = 1.0
"""The tier of products whose picture was shown."""
BELOW = -1.0
"""The tier of products that lack a word of the query."""


@dataclass(frozen=True)
class Ranking:
    """Rows that one retriever found, best first."""

    name: str
    rows: Rows
    weight: float


@dataclass(frozen=True)
class Fused:
    """Rows in no order, with their tier and their score in it."""

    rows: Rows
    tiers: Scores
    scores: Scores


def fuse(size: int, lexical: tuple[Rows, Scores], weight: float, others: Sequence[Ranking], tail: bool) -> Fused:
    """Puts rankings together.

    Args:
        size: rows of the table.
        lexical: what has every word of the query, best first. It comes in tiers before everything else: first what
            the words name (a category, a brand, a colour), the more words the better, then what has them.
        weight: of the lexical ranking against the others.
        others: the other rankings.
        tail: whether products come, too, that another ranking alone found.
    """
    rows, found = lexical
    scores = np.zeros(size, np.float32)
    tiers = np.full(size, -np.inf, np.float32)
    scores[rows] = weight / (K + _ranks(found))
    tiers[rows] = np.floor(found / NAMED)
    for ranking in others:
        scores[ranking.rows] += ranking.weight / (K + np.arange(len(ranking.rows), dtype=np.float32))
        if tail:
            tiers[ranking.rows] = np.maximum(tiers[ranking.rows], BELOW)
    kept = np.flatnonzero(tiers > -np.inf)
    return Fused(kept, tiers[kept], scores[kept])


def weighed(rankings: Sequence[Ranking], trust: Mapping[str, float]) -> list[Ranking]:
    """Lets each count as much as it is trusted, by its name; together they count what they did."""
    weights = [ranking.weight * trust.get(ranking.name, 1.0) for ranking in rankings]
    scale = sum(ranking.weight for ranking in rankings) / max(sum(weights), 1e-6)
    return [replace(ranking, weight=weight * scale) for ranking, weight in zip(rankings, weights, strict=True)]


def behind(fused: Fused, inside: np.ndarray[Any, np.dtype[np.bool_]]) -> Fused:
    """Puts what is not inside, [rows] of bool, behind all others of its tier."""
    return replace(fused, tiers=fused.tiers - ~inside)


def first(fused: Fused, rows: Rows) -> Fused:
    """Puts rows, best first, in front of all others: they are the very thing that was asked for."""
    places = np.full(int(max(fused.rows.max(initial=-1), rows.max(initial=-1))) + 1, -1)
    places[rows] = np.arange(len(rows))
    place = places[fused.rows]
    tiers = np.where(place >= 0, SAME, fused.tiers).astype(np.float32)
    scores = np.where(place >= 0, 1 / (K + place), fused.scores).astype(np.float32)
    return Fused(fused.rows, tiers, scores)


def _ranks(scores: Scores) -> Scores:
    """From 0; equals share a rank."""
    falling = -scores
    ranks: Scores = np.searchsorted(falling, falling, side="left").astype(np.float32)
    return ranks
