"""Counts that fade: every event counts one when it happens, and half with every half-life that has passed."""

from collections.abc import Mapping
from datetime import timedelta

from services.recs.domain.events import Kind

HALF_LIFE = timedelta(days=7)
"""As of popularity: the shops that we know turn their range over in a month or two."""
COUNTED: Mapping[Kind, str] = {Kind.VIEW: "views", Kind.ADD_TO_CART: "carts", Kind.PURCHASE: "purchases"}
"""Name of the feature by kind of event."""
FORGOTTEN = 20 * HALF_LIFE
"""Older events weigh less than one in a million and are not read online."""


def faded(value: float, seconds: float) -> float:
    """What is left of a count after so many seconds.

    >>> faded(8.0, 14 * 86_400)
    2.0
    """
    return float(value * 0.5 ** (max(seconds, 0.0) / HALF_LIFE.total_seconds()))
