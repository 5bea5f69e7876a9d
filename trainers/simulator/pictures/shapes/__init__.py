"""One drawing for each kind of product."""

from collections.abc import Callable, Mapping

from trainers.simulator.pictures.pen import Pen
from trainers.simulator.pictures.shapes import parcel, wear

DRAWINGS: Mapping[str, Callable[[Pen], None]] = {
    **parcel.DRAWINGS,
    **wear.DRAWINGS,
}
