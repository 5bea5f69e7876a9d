"""A parcel."""

from trainers.simulator.catalogue.kinds import KINDS
from trainers.simulator.pictures.paths import box, path
from trainers.simulator.pictures.pen import Pen


def parcel(pen: Pen) -> None:
    """A box with a ribbon."""
    pen.cloth(box(22, 30, 56, 50, 4))
    pen.part(box(46, 30, 8, 50), pen.second)
    pen.part(box(18, 24, 64, 14, 3), pen.deep(0.1))
    pen.line(path("M50 24 Q36 8 34 18 Q36 24 50 24 Q64 8 66 18 Q64 24 50 24"), pen.second, 2.5)


DRAWINGS = {kind.key: parcel for kind in KINDS}
