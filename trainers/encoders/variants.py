"""An encoder in fp32 and int8: both measured, one published."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainers.encoders.golden import INT8_TOLERANCE

FASTER = 1.2
"""int8 must be this much faster than fp32 to pay,"""
SAVES = 0.5
"""and save this many milliseconds: int8 vectors depend a little on what else is in the batch,"""
DRIFTS = INT8_TOLERANCE / 2
"""but no number of a vector by more than this: golden rows must hold on processors that multiply otherwise, too;"""
LOSES = 0.005
"""and it may lose this much of the quality at most, if that is a share of right answers."""


@dataclass(frozen=True)
class Variant:
    """One precision of an encoder, and what was measured of it."""

    file: Path
    quality: float
    """The number that decides, higher is better."""
    milliseconds: float
    """Of processor time, for one item."""
    drift: float | None = None
    """By how much numbers of a vector depend on what else is in the batch; None where they cannot."""


def choose(fp32: Variant, int8: Variant, loses: float = LOSES) -> str:
    """`int8` if it pays, else `fp32`.

    >>> a, b = Variant(Path("a"), 0.50, 2.0), Variant(Path("b"), 0.499, 1.0)
    >>> choose(a, b), choose(a, Variant(Path("b"), 0.48, 1.0)), choose(a, Variant(Path("b"), 0.5, 1.9))
    ('int8', 'fp32', 'fp32')
    >>> choose(a, Variant(Path("b"), 0.5, 1.0, 0.02)), choose(a, Variant(Path("b"), 0.5, 1.0, float("nan")))
    ('fp32', 'fp32')
    """
    if int8.drift is not None and not int8.drift <= DRIFTS:
        return "fp32"
    faster = fp32.milliseconds >= max(FASTER * int8.milliseconds, SAVES + int8.milliseconds)
    return "int8" if faster and int8.quality >= fp32.quality - loses else "fp32"


def install(variants: Mapping[str, Variant], chosen: str, target: Path, loses: float = LOSES) -> dict[str, Any]:
    """Puts the chosen file in its place; returns what a report says of both."""
    shutil.copyfile(variants[chosen].file, target)
    return {
        "published": chosen,
        "rule": f"int8 where it is {FASTER} times as fast, saves {SAVES} ms, loses at most {loses} of the quality and "
        f"drifts by at most {DRIFTS} with the rest of the batch",
        **{
            name: {
                "quality": round(variant.quality, 4),
                "milliseconds": variant.milliseconds,
                "megabytes": round(variant.file.stat().st_size / 1e6, 1),
                **({} if variant.drift is None else {"drift": round(variant.drift, 6)}),
            }
            for name, variant in variants.items()
        },
    }
