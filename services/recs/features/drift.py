"""How far features are from what a release learned from.

The population stability index (Siddiqi, Credit Risk Scorecards, 2006): the sum over bins of (now - then) * ln(now /
then). Bins of numbers are the tenths of what was learned from; of names, the most frequent ones and the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10
NAMES = 20
FLOOR = 1e-4
"""Share of a bin that holds nothing: its logarithm must be a number."""
MOVING, DRIFTED = 0.1, 0.25
"""The borders that are usual for the index."""
LEAST = 200
"""With fewer values on either side chance alone moves the index by (bins - 1) / 100 and more."""
Values = NDArray[Any]


class Verdict(StrEnum):
    """What the index says."""

    STEADY = "steady"
    MOVING = "moving"
    DRIFTED = "drifted"
    TOO_FEW = "too few to say"


@dataclass(frozen=True)
class Drift:
    """One feature, then and now."""

    feature: str
    then: int
    """How many values the release learned from."""
    now: int
    psi: float

    @property
    def verdict(self) -> Verdict:
        """Whether one should do something."""
        if min(self.then, self.now) < LEAST:
            return Verdict.TOO_FEW
        if self.psi >= DRIFTED:
            return Verdict.DRIFTED
        return Verdict.MOVING if self.psi >= MOVING else Verdict.STEADY


def compare(feature: str, then: Values, now: Values) -> Drift:
    """Measures one feature; numbers and names alike."""
    if not len(then) or not len(now):
        return Drift(feature, len(then), len(now), 0.0)
    shares = _of_numbers(then, now) if then.dtype.kind in "fiu" else _of_names(then.tolist(), now.tolist())
    return Drift(feature, len(then), len(now), psi(*shares))


def psi(then: Values, now: Values) -> float:
    """The index of two distributions over the same bins.

    >>> round(psi(np.array([0.5, 0.5]), np.array([0.25, 0.75])), 4)
    0.2747
    """
    then, now = np.maximum(then, FLOOR), np.maximum(now, FLOOR)
    return float(((now - then) * np.log(now / then)).sum())


def _of_numbers(then: Values, now: Values) -> tuple[Values, Values]:
    # A value that is frequent, as 0 often is, makes several tenths one.
    inner = np.unique(np.quantile(then, np.linspace(0, 1, BINS + 1)[1:-1]))
    return _shares(np.searchsorted(inner, then, "left"), len(inner)), _shares(
        np.searchsorted(inner, now, "left"), len(inner)
    )


def _of_names(then: Sequence[object], now: Sequence[object]) -> tuple[Values, Values]:
    names, counts = np.unique(np.array(then, dtype=str), return_counts=True)
    kept = names[np.argsort(-counts, kind="stable")[:NAMES]]
    place = {name: i for i, name in enumerate(kept.tolist())}
    rest = len(place)
    return tuple(  # type: ignore[return-value]
        _shares(np.array([place.get(str(name), rest) for name in side]), rest) for side in (then, now)
    )


def _shares(bins: Values, last: int) -> Values:
    return np.bincount(bins, minlength=last + 1) / len(bins)
