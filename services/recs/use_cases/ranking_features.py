"""Features of a shopper and candidates, as a release's ranker wants them. Golden rows hold them to the trainer's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.recs.domain.ranker_spec import GoldenRow, RankerSpec
from services.recs.ports import Vector

TOLERANCE = 1e-3
"""Relative difference to the trainer's numbers; float32 in another order differs by about 1e-6."""
Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Columns:
    """Products, a row each. Codes stand for strings, and say no more than which are the same; 0 is the empty one."""

    leaf: Ints
    brand: Ints
    level: Floats
    """Where the price stands among those of its leaf, from 0 (cheapest) to 1."""
    attributes: Ints
    """[products, most]"""

    def __len__(self) -> int:
        return len(self.leaf)

    def take(self, rows: Sequence[int]) -> "Columns":
        """Some of the rows."""
        at = np.asarray(rows, np.int64)
        return Columns(self.leaf[at], self.brand[at], self.level[at], self.attributes[at])


@dataclass(frozen=True)
class Moment:
    """A shopper at the moment of a request."""

    products: Columns
    """Of the history, oldest event first."""
    kinds: Ints
    """Codes of the user tower."""
    ages_h: Floats


def compute(spec: RankerSpec, moment: Moment, candidates: Columns, towers: Floats) -> Vector:
    """Features [candidates, features]; `towers` are the candidates' inner products with the shopper's vector."""
    found = _of_candidates(candidates, towers)
    if len(moment.products):
        found |= _of_both(spec, moment, candidates)
    nothing = np.zeros(len(candidates))
    return np.stack([found.get(name, nothing) for name in spec.features], 1).astype(np.float32)


def difference(spec: RankerSpec, row: GoldenRow, products: Columns) -> float:
    """The largest relative difference to the features that the trainer computed."""
    moment = Moment(products.take(row.history), np.array(row.kinds, np.int64), np.array(row.ages_h))
    found = compute(spec, moment, products.take(row.candidates), np.array(row.towers))
    expected = np.array(row.features)
    if found.shape != expected.shape:
        return float("inf")
    return float((np.abs(found - expected) / np.maximum(np.abs(expected), 1.0)).max())


def _of_candidates(candidates: Columns, towers: Floats) -> dict[str, Floats]:
    return {"towers": towers, "price level": candidates.level}


def _of_both(spec: RankerSpec, moment: Moment, candidates: Columns) -> Mapping[str, Floats]:
    history, kinds, ages, count = moment.products, moment.kinds, moment.ages_h, len(moment.kinds)
    weights = np.array([spec.weights.get(kind, 1.0) for kind in kinds.tolist()])
    wanted = np.array([kind in spec.wanted for kind in kinds.tolist()])
    session, ones = np.asarray(ages <= spec.session_h, np.float64), np.ones(count)
    size, gap_h, here = np.sqrt(count + spec.prior), float(ages[-1]), len(candidates)
    last = (candidates.leaf == history.leaf[-1]) & (candidates.leaf != 0)
    home = (history.level.sum() + spec.prior / 2) / (count + spec.prior)
    recent = slice(max(count - spec.recent, 0), None)
    return {
        "last leaf": last / (1 + gap_h),
        "last leaf bought": last * (int(kinds[-1]) == spec.bought) / (1 + gap_h),
        "session leaf": _shared(history.leaf, session, candidates.leaf) / max(session.sum(), 1),
        "leaf share": _shared(history.leaf, ones, candidates.leaf) / count,
        "brand": _shared(history.brand, weights, candidates.brand) / size,
        "attributes": _shared(history.attributes, weights, candidates.attributes) / size,
        "attributes of the newest": _shared(
            history.attributes[recent], ones[recent], candidates.attributes
        ) / len(ones[recent]),
        "attributes wanted": _shared(history.attributes, weights * wanted, candidates.attributes) / size,
        "price fit": -((candidates.level - home) ** 2) * np.sqrt(count),
        "gap": np.full(here, np.log1p(gap_h)),
        "events": np.full(here, np.log1p(count)),
    }  # fmt: skip


def _shared(theirs: Ints, weights: Floats, own: Ints) -> Floats:
    """The weights of the events, for each code that event and candidate share; of both [n] or [n, codes a product]."""
    each: Floats = np.repeat(weights, theirs.shape[1]) if theirs.ndim > 1 else weights
    most = max(int(theirs.max(initial=0)), int(own.max(initial=0))) + 1
    sums: Floats = np.asarray(np.bincount(theirs.ravel(), each, most), np.float64)
    sums[0] = 0.0
    found: Floats = sums[own]
    return found.sum(1) if found.ndim > 1 else found
