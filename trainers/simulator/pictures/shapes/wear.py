"""Clothes, laid flat."""

from trainers.simulator.pictures.paths import mirrored, path
from trainers.simulator.pictures.pen import Pen

_SLEEVED = "M50 19 Q43 19 38 16 L27 20 Q22 22 19 28 L9 47 L22 54 L28 45 L28 84 Q39 87 50 87 Z"


def t_shirt(pen: Pen) -> None:
    """Short sleeves and a ribbed collar."""
    pen.plain(path("M38 16 Q50 30 62 16 Q50 21 38 16 Z"), pen.deep(0.45))
    pen.cloth(mirrored(_SLEEVED.replace("M50 19", "M50 24").replace("Q43 19 38 16", "Q41 23 38 16")))
    pen.line(path("M38 16 Q41 25 50 25 Q59 25 62 16"), pen.accent, 2.2)
    for x in (0, 1):
        side = lambda n, flip=x: 100 - n if flip else n  # noqa: E731
        pen.seam(path(f"M{side(11)} 45 L{side(23.5)} 51.5"))
        pen.fold(path(f"M{side(28)} 45 Q{side(30)} 39 {side(29)} 33"))
    pen.seam(path("M28 82 Q50 86.5 72 82"))


DRAWINGS = {"t_shirt": t_shirt}
