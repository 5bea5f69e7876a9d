"""Electronics, beauty and stationery."""

from trainers.simulator.pictures.palette import Rgb, darker, lighter, rgb
from trainers.simulator.pictures.paths import both_sides, box, disc, moved, path, turned, within
from trainers.simulator.pictures.pen import Pen

_BLACK = (0.16, 0.16, 0.19)
_GLASS = (0.13, 0.15, 0.21)


def headphones(pen: Pen) -> None:
    """A band over two cups."""
    band = path("M20 60 Q16 12 50 12 Q84 12 80 60")
    pen.line(band, pen.deep(0.3), 6.4)
    pen.line(band, pen.colour, 4.4)
    pen.line(path("M23.5 44 Q27 17 50 17 Q73 17 76.5 44"), pen.pale(0.3), 3.0)
    pen.line(path("M23 41 Q27 15.6 50 15.6 Q73 15.6 77 41"), pen.pale(0.6), 0.6, 0.7)
    for side, arm in zip((-1, 1), both_sides("M17.4 44 L22.8 44 L23.6 60 L17.6 60 Z"), strict=True):
        x = 50 + side * 27.5
        pen.part(arm, rgb("steel"), "metal")
        pad = box(x - 4 - (0 if side < 0 else 7), 53, 15, 32, 7)
        pen.part(pad, _BLACK, "tube", "leather")
        cup = box(x - 8 + side * 4.5, 51, 16, 36, 8)
        pen.part(cup, pen.accent if pen.two_tone else pen.colour, "tube", pen.look.material)
        pen.line(box(x - 5.4 + side * 5, 55, 9.6, 28, 4.8), pen.deep(0.3), 0.6, 0.7)
        pen.part(disc(x + side * 5, 69, 2.4), rgb("brass") if pen.look.seed % 2 else rgb("steel"), "ball")


def speaker(pen: Pen) -> None:
    """A box with a fabric front, or a tube with a strap."""
    pen.ground(50, 86, 30)
    wood = pen.look.material == "bamboo"
    if pen.look.seed % 2:
        pen.line(path("M40 16 Q50 4 60 16"), rgb("camel"), 2.6)
        pen.part(box(28, 14, 44, 72, 16), pen.colour, "tube", "linen")
        pen.part(box(28, 70, 44, 16, 7), pen.body if wood else pen.deep(0.3), "tube", pen.look.material)
        pen.part(disc(50, 19, 16, 3), pen.pale(0.3))
        for x in (42, 50, 58):
            pen.plain(disc(x, 19, 1.2, 0.6), pen.deep(0.5))
        pen.plain(box(46, 76, 8, 2, 1), pen.pale(0.75), 0.8)
        return
    pen.part(box(18, 20, 64, 64, 9), pen.body if wood else pen.deep(0.2), "flat", pen.look.material)
    pen.part(box(22.5, 24.5, 55, 55, 6), pen.colour, "flat", "linen")
    for x, y, size in ((50, 58, 16), (50, 33.5, 6)):
        pen.shade(disc(x, y + 0.6, size + 1), 0.25, 0.6)
        pen.part(disc(x, y, size), pen.deep(0.45), "flat")
        pen.line(disc(x, y, size), rgb("brass") if pen.two_tone else pen.pale(0.25), 0.8)
        pen.part(disc(x, y, size * 0.72), pen.deep(0.6), "ball")
        pen.part(disc(x, y, size * 0.3), pen.deep(0.35), "ball")
    for leg in (28, 66):
        pen.part(box(leg, 84, 6, 2.6, 1), rgb("walnut"), "tube")


def phone(pen: Pen) -> None:
    """Back and front, one behind the other."""
    back = turned(box(22, 10, 38, 76, 7), -8, 41, 48)
    pen.part(back, pen.colour, "flat", pen.look.material)
    pen.line(back, pen.pale(0.4), 0.7, 0.8)
    pen.part(turned(box(25.5, 14, 15, 21, 5), -8, 41, 48), pen.deep(0.2), "flat")
    for y in (19.5, 28.5):
        pen.part(turned(disc(33, y, 4), -8, 41, 48), _BLACK, "ball")
        pen.part(turned(disc(33, y, 1.8), -8, 41, 48), (0.2, 0.3, 0.42), "ball")
    pen.part(turned(disc(43.8, 18.5, 1.2), -8, 41, 48), (1.0, 0.95, 0.8), "ball")
    front = turned(box(42, 14, 38, 76, 7), 6, 61, 52)
    pen.shade(moved(front, -0.8, 1.2), 0.3, 1.6)
    pen.part(front, _BLACK, "flat")
    pen.line(front, pen.colour, 1.2)
    screen = turned(box(44, 16.2, 34, 71.6, 5), 6, 61, 52)
    pen.part(screen, pen.pale(0.3), "down")
    for x, y, size, colour in ((52, 64, 24, pen.second), (72, 78, 22, pen.colour), (68, 36, 12, pen.pale(0.65))):
        pen.part(within(disc(x, y, size), screen), colour, "none")
    pen.plain(turned(box(55, 18.2, 12, 2.6, 1.3), 6, 61, 52), _BLACK)
    pen.line(turned(path("M54 36 L68 36 M57 41 L65 41"), 6, 61, 52), (1.0, 1.0, 1.0), 1.6, 0.9)
    pen.shine(within(turned(box(48, 0, 12, 110), 24, 60, 50), screen), 0.13, 0.2)


def camera(pen: Pen) -> None:
    """A lens, a finder and dials."""
    pen.ground(50, 80, 38)
    metal = rgb("steel") if pen.look.seed % 2 else (0.25, 0.25, 0.28)
    pen.part(box(24, 23, 11, 7, 1.6), rgb("steel"), "metal")
    pen.part(box(68, 24, 8, 6, 1.4), rgb("steel"), "metal")
    pen.part(path("M40 30 L43 20 L57 20 L60 30 Z"), metal, "down")
    pen.part(box(45, 22.4, 10, 5.6, 1), _GLASS, "flat")
    pen.part(box(12, 28, 76, 50, 6), metal, "down", "aluminium" if pen.look.seed % 2 else "")
    pen.part(box(12, 38, 76, 32, 0.5), pen.colour, "flat", "leather")
    pen.part(box(76, 31, 7, 4, 1), (1.0, 0.95, 0.82), "flat")
    pen.part(disc(19, 33, 2), rgb("coral"), "ball")
    for radius, colour, light in (
        (21, metal, "metal"),
        (18.6, _BLACK, "flat"),
        (15, darker(metal, 0.45), "metal"),
        (13.4, _BLACK, "flat"),
    ):
        pen.part(disc(50, 54, radius), colour, light)
    pen.part(disc(50, 54, 10.5), (0.13, 0.2, 0.36), "ball")
    pen.part(disc(50, 54, 5.6), (0.07, 0.09, 0.16), "ball")
    pen.shine(disc(46, 49.5, 3, 2.2), 0.75, 0.5)
    pen.shine(disc(54.5, 58.5, 1.6), 0.4, 0.5)
    for strap in both_sides("M12 36 Q4 34 5 24 Q6 16 13 13"):
        pen.line(strap, rgb("camel"), 2.2)


_ROWS = (
    (6,) * 13,
    (9, *(6,) * 11, 9),
    (10.5, *(6,) * 10, 13.5),
    (13.5, *(6,) * 9, 16.5),
    (8, 8, 8, 33, 8, 8, 8),
)
"""Widths of the keys, in any unit."""


def keyboard(pen: Pen) -> None:
    """Rows of keys, some in another colour."""
    case = box(6, 30, 88, 42, 5)
    pen.part(case, pen.deep(0.12), "flat", pen.look.material)
    pen.line(box(6.5, 30.5, 87, 41, 4.6), pen.pale(0.3), 0.6, 0.7)
    key, special = pen.pale(0.72), pen.second if pen.two_tone else pen.colour
    for number, widths in enumerate(_ROWS):
        spread = 81.0 / sum(widths)
        for place, width in enumerate(widths):
            x, y = 9.5 + sum(widths[:place]) * spread, 34 + number * 7
            odd = place in (0, len(widths) - 1) or (number == 4 and place != 3)
            shape = box(x + 0.4, y, width * spread - 0.8, 6, 1.2)
            pen.shade(moved(shape, 0, 0.7), 0.3)
            pen.part(shape, special if odd else key, "down")
    pen.part(box(83.2, 34, 6.6, 6, 1.2), rgb("coral") if pen.look.seed % 2 else rgb("mustard"), "down")


def perfume(pen: Pen) -> None:
    """A flacon with coloured water."""
    pen.ground(50, 86, 25)
    form = pen.look.seed % 3
    glass = (box(27, 36, 46, 50, 4), disc(50, 60, 26), path("M36 36 L64 36 L76 82 Q76 86 72 86 L28 86 Q24 86 24 82 Z"))[
        form
    ]
    pen.part(glass, pen.pale(0.6), "tube")
    water = within(glass, path("M10 50 Q50 53 90 50 L90 95 L10 95 Z"))
    pen.part(water, pen.colour, "tube")
    pen.plain(water, pen.colour, 0.25)
    pen.line(glass, pen.pale(0.85), 1.6, 0.9)
    pen.part(box(44, 28, 12, 8.4, 1), rgb("brass"), "metal")
    cap = box(40, 10, 20, 19, 2) if form != 1 else disc(50, 19, 10)
    pen.part(cap, pen.deep(0.45) if pen.look.seed % 2 else rgb("brass"), "tube" if form != 1 else "ball")
    pen.part(box(38, 58, 24, 16, 0.6), lighter(rgb("ivory"), 0.5), "flat")
    pen.line(box(39, 59, 22, 14), rgb("brass"), 0.4)
    pen.line(path("M43 64 L57 64 M46 68 L54 68"), pen.deep(0.5), 0.8)
    pen.shine(within(glass, box(31, 40, 3.4, 42, 1.7)), 0.6, 0.4)


def lipstick(pen: Pen) -> None:
    """Open, with its cap beside it."""
    pen.ground(42, 90, 15)
    pen.ground(70, 90, 13)
    gold = rgb("brass") if pen.look.seed % 2 else rgb("steel")
    case = _BLACK if pen.look.seed % 3 else pen.deep(0.45)
    pen.part(path("M34 44 L34 24 Q36 12 50 8 L50 44 Z"), pen.colour, "tube")
    pen.part(path("M50 8 Q44 10 39 17 Q36 21 35.6 28 Q44 24 50 14 Z"), pen.pale(0.25), "flat")
    pen.part(box(32, 40, 20, 16, 0.8), gold, "metal")
    pen.part(box(29, 54, 26, 36, 1.6), case, "tube")
    pen.line(path("M29.4 58 L54.6 58"), gold, 0.9)
    pen.part(box(59, 48, 24, 42, 2.4), case, "tube")
    pen.part(box(59, 82, 24, 4, 0.4), gold, "metal")
    pen.shine(box(63, 51, 2.4, 29, 1.2), 0.4, 0.4)
    pen.shine(box(33, 60, 2.2, 27, 1.1), 0.4, 0.4)


def cream(pen: Pen) -> None:
    """A jar, its lid leaning on it."""
    pen.ground(46, 84, 34)
    pen.part(path("M14 50 L74 50 L72 78 Q71 84 64 84 L24 84 Q17 84 16 78 Z"), pen.pale(0.35), "tube")
    pen.part(box(13, 44, 62, 8, 2), pen.pale(0.6), "tube")
    pen.part(disc(44, 44, 30.6, 6.4), pen.pale(0.75))
    white = (0.99, 0.97, 0.94)
    pen.part(disc(44, 44, 27.6, 5.2), white, "flat")
    pen.part(path("M26 42 Q34 34 44 36 Q50 28 56 37 Q64 40 60 44 Q44 49 28 45 Z"), white, "ball")
    pen.line(path("M36 42 Q44 37 54 41"), pen.pale(0.6), 0.8, 0.8)
    pen.part(box(28, 58, 32, 18, 1), lighter(pen.second, 0.7), "tube")
    pen.line(path("M34 64 L54 64 M37 68 L51 68 M40 72 L48 72"), pen.deep(0.5), 0.8)
    lid = turned(disc(76, 66, 8, 20), 18, 76, 66)
    pen.shade(moved(lid, -1.4, 1), 0.25, 1.2)
    pen.part(moved(lid, 3.4, 1), pen.deep(0.3), "down")
    pen.part(lid, pen.colour if pen.look.seed % 2 else rgb("bamboo"), "flat", "" if pen.look.seed % 2 else "bamboo")
    pen.shine(box(20, 54, 2.6, 25, 1.3), 0.6, 0.4)


def soap(pen: Pen) -> None:
    """A bottle with a pump."""
    pen.ground(50, 92, 19)
    metal = _BLACK if pen.look.seed % 2 else rgb("brass")
    pen.part(path("M30 13 Q30 9 36 9 L53 9 Q55 9 55 11 L55 14 L40 14 Q35 14 34 19 L30 19 Z"), metal, "down")
    pen.part(box(47.6, 13, 4.8, 13, 1), metal, "tube")
    pen.part(box(42, 24, 16, 9, 1.6), metal, "tube")
    body = path(
        "M44 33 L56 33 Q57 38 65 41 Q69 43 69 49 L69 86 Q69 92 63 92 L37 92 "
        "Q31 92 31 86 L31 49 Q31 43 35 41 Q43 38 44 33 Z"
    )
    pen.part(body, pen.colour, "tube")
    pen.part(box(37, 54, 26, 28, 0.8), lighter(rgb("ivory"), 0.5), "tube")
    pen.line(path("M50 71 Q49 64 50 58"), rgb("forest"), 0.6)
    for step in range(3):
        for side in (-1, 1):
            pen.part(turned(disc(50 + side * 3, 68 - step * 3.6, 3, 1.2), side * -32, 50, 68 - step * 3.6), rgb("sage"))
    pen.line(path("M42 74.5 L58 74.5 M45 78 L55 78"), pen.deep(0.5), 0.8)
    pen.shine(box(34, 47, 2.2, 40, 1.1), 0.5, 0.4)


def notebook(pen: Pen) -> None:
    """A cover with an elastic band and a ribbon."""
    pen.part(turned(box(29, 13, 50, 76, 2), 5), (0.95, 0.93, 0.87), "flat")
    for step in range(4):
        pen.line(turned(path(f"M{76.6 + step * 0.6} 15 L{76.6 + step * 0.6} 87"), 5), (0.75, 0.72, 0.66), 0.2)
    pen.part(turned(path("M44 86 L44 97 L46 95 L48 97 L48 86 Z"), 5), rgb("coral"), "flat")
    cover = turned(box(24, 11, 52, 77, 2.6), 5)
    pen.cloth(cover, "flat", angle=5)
    pen.shade(turned(box(24, 11, 5, 77, 1), 5), 0.16)
    pen.line(turned(path("M29.6 11.6 L29.6 87.4"), 5), pen.deep(0.4), 0.5, 0.6)
    pen.part(
        turned(box(67, 10.6, 2.4, 77.8, 0.4), 5), pen.second if pen.look.pattern != "plain" else pen.deep(0.45), "tube"
    )
    label = turned(box(36, 26, 25, 16, 1), 5)
    pen.part(label, lighter(rgb("ivory"), 0.45), "flat")
    pen.line(turned(path("M40 32 L57 32 M40 36.5 L52 36.5"), 5), pen.deep(0.45), 0.7)


def _pencil(pen: Pen, x: float, top: float, colour: Rgb) -> None:
    """A sharpened one, its point at `top`."""
    low = top + 15
    pen.part(path(f"M{x} {low} L{x + 4} {top} L{x + 8} {low} Z"), rgb("lime wood"), "tube", "lime wood")
    lead = f"M{x + 2.6} {top + 5.2} L{x + 4} {top} L{x + 5.4} {top + 5.2} Q{x + 4} {top + 6} {x + 2.6} {top + 5.2} Z"
    pen.part(path(lead), colour, "none")
    scallops = " ".join(f"Q{x + 2.7 * n + 1.3} {low - 3} {x + 2.7 * n + 2.7} {low}" for n in range(3))
    pen.part(path(f"M{x} {low} {scallops} L{x + 8} 80 L{x} 80 Z"), colour, "tube")
    for edge in (2.7, 5.4):
        pen.line(path(f"M{x + edge} {low} L{x + edge} 80"), darker(colour, 0.25), 0.3, 0.6)


def pencils(pen: Pen) -> None:
    """A row of points above an open tin."""
    tones = [pen.colour, pen.second, rgb("coral"), rgb("mustard"), rgb("sage"), rgb("teal"), rgb("cobalt"), rgb("plum")]
    turn = pen.look.seed % len(tones)
    for number in range(8):
        colour = tones[(number + turn) % len(tones)]
        x = 17 + number * 8.3
        top = 12 + abs(number - 3.5) * 2.2 + (number * 7 + pen.look.seed) % 5
        _pencil(pen, x, top, colour)
    box_ = path("M12 58 L88 58 L87 88 Q87 91 84 91 L16 91 Q13 91 13 88 Z")
    pen.shade(moved(box_, 0, -1.2), 0.22, 1.2)
    pen.cloth(box_, "down")
    pen.line(path("M12.4 62 L87.6 62"), pen.pale(0.5), 0.7, 0.8)
    pen.part(box(34, 68, 32, 14, 1), lighter(rgb("ivory"), 0.45), "flat")
    pen.line(path("M40 73 L60 73 M44 77 L56 77"), pen.deep(0.5), 0.9)


DRAWINGS = {
    "headphones": headphones,
    "speaker": speaker,
    "phone": phone,
    "camera": camera,
    "keyboard": keyboard,
    "perfume": perfume,
    "lipstick": lipstick,
    "cream": cream,
    "soap": soap,
    "notebook": notebook,
    "pencils": pencils,
}
