"""Furniture, lamps and what lies on them."""

from trainers.simulator.pictures.palette import darker, lighter, rgb
from trainers.simulator.pictures.paths import both_sides, box, disc, mirrored, moved, path, turned, within
from trainers.simulator.pictures.pen import Pen

_GLOW = (1.0, 0.93, 0.72)
_WOOD = "oak"


def chair(pen: Pen) -> None:
    """A back of slats and an upholstered seat."""
    wood = pen.body
    pen.ground(50, 91, 27)
    for leg in both_sides("M33 58 L30 90 L33 90 L37 58 Z"):
        pen.part(leg, darker(wood, 0.3), "tube", pen.look.material)
    for post in both_sides("M31 12 Q29 12 29.5 16 L33.5 56 L37 56 L34 14 Q33.5 12 31 12 Z"):
        pen.part(post, wood, "tube", pen.look.material)
    for y in (15, 26, 37):
        bar = path(f"M31 {y} Q50 {y + 4} 69 {y} L68 {y + 6.5} Q50 {y + 10.5} 32 {y + 6.5} Z")
        pen.part(bar, pen.accent if pen.two_tone else wood, "down", pen.look.material)
    pen.part(path("M26 60 L74 60 L73 66 L27 66 Z"), darker(wood, 0.15), "down", pen.look.material)
    pen.part(path("M34 51 Q50 49 66 51 L76 58 Q77 63 71 63 L29 63 Q23 63 24 58 Z"), pen.colour, "down", "linen")
    for leg in both_sides("M25 65 L22.5 93 L26.5 93 L31 65 Z"):
        pen.part(leg, wood, "tube", pen.look.material)
    pen.part(box(27, 76, 46, 2.6, 1), wood, "down", pen.look.material)


def armchair(pen: Pen) -> None:
    """A deep seat between two arms."""
    pen.ground(50, 89, 38)
    for leg in both_sides("M22 80 L19 90 L22.5 90 L28 80 Z"):
        pen.part(leg, rgb("walnut"), "tube", "walnut")
    pen.cloth(path("M24 56 Q20 18 36 15 Q50 12 64 15 Q80 18 76 56 Z"))
    for fold in both_sides("M38 18 Q35 36 37 54"):
        pen.fold(fold, 0.8)
    pen.part(path("M24 74 L76 74 L77 83 L23 83 Z"), pen.deep(0.2), "down", pen.look.material)
    seat = box(23, 53, 54, 22, 6)
    pen.shade(moved(seat, 0, -1.5), 0.2, 1.5)
    pen.cloth(seat, "down")
    pen.line(path("M26 71 Q50 74.5 74 71"), pen.deep(0.35), 0.6, 0.6)
    for arm in both_sides("M12 50 Q10 42 18 41 Q26 41 27 50 L27 82 Q27 84 24 84 L17 84 Q13 84 13 80 Z"):
        pen.shade(moved(arm, 1, 0), 0.15, 1.0)
        pen.cloth(arm, "tube")
        pen.line(arm, pen.deep(0.3), 0.5, 0.5)
    pillow = turned(box(34, 33, 25, 22, 5), -8, 46, 44)
    pen.shade(moved(pillow, 1, 1.5), 0.25, 1.2)
    pen.part(pillow, pen.second if pen.look.pattern != "plain" else pen.pale(0.5), "flat", "linen")


def table(pen: Pen) -> None:
    """A round top on three legs."""
    wood = pen.body
    pen.ground(50, 89, 30)
    pen.part(path("M47.5 46 L52.5 46 L52 86 L48 86 Z"), darker(wood, 0.35), "tube", pen.look.material)
    for leg in both_sides("M30 44 L20 91 L24.5 91 L36 44 Z"):
        pen.part(leg, wood, "tube", pen.look.material)
    pen.part(box(26, 64, 48, 2.4, 1), darker(wood, 0.2), "down", pen.look.material)
    pen.part(mirrored("M50 50 L14 42 Q14 48 18 49 Q34 54 50 54 Z"), darker(pen.colour, 0.28), "tube")
    pen.part(disc(50, 41, 36.5, 8.5), pen.colour, "flat", pen.look.material if pen.look.seed % 2 else "")
    pen.line(disc(50, 41, 36, 8), lighter(pen.colour, 0.4), 0.5, 0.5)
    # Something stands on it, so that its size is seen.
    pen.shade(disc(62, 42.5, 7, 1.8), 0.25, 0.8)
    pen.part(path("M57 32 Q56 41 59 42 L65 42 Q68 41 67 32 Z"), pen.second, "tube")
    for x, y, turn in ((60, 25, -25), (64, 24, 20), (62, 21, 0)):
        pen.part(turned(disc(x, y, 2.6, 7), turn, x, y + 6), rgb("sage"), "flat")
    pen.part(path("M32 38.5 L48 37 L51 41 L34 42.8 Z"), pen.pale(0.7))
    pen.part(path("M34 42.8 L51 41 L51 42.4 L34 44.2 Z"), rgb("rust"))


def table_lamp(pen: Pen) -> None:
    """A shade on a turned foot."""
    pen.ground(50, 88, 22)
    pen.cloth(
        path("M50 52 Q44 54 44 58 Q31 64 31 75 Q31 87 40 88 L60 88 Q69 87 69 75 Q69 64 56 58 Q56 54 50 52 Z"), "tube"
    )
    pen.part(box(46.5, 49, 7, 8, 1.5), rgb("brass"), "metal")
    shade = path("M35 13 L65 13 L78 50 Q50 55 22 50 Z")
    pen.part(shade, lighter(pen.second if pen.look.pattern != "plain" else rgb("ivory"), 0.35), "tube", "linen")
    pen.plain(shade, _GLOW, 0.3)
    pen.shine(within(shade, disc(50, 44, 17, 16)), 0.5, 4.0)
    pen.line(path("M35 13.6 L65 13.6"), pen.accent, 1.3)
    pen.line(path("M22.4 49.4 Q50 54.4 77.6 49.4"), pen.accent, 1.3)
    pen.shine(path("M37 66 Q34 72 35 80 Q38 72 40 66 Z"), 0.4)


def floor_lamp(pen: Pen) -> None:
    """An arc with a metal shade over a round base."""
    metal = pen.body
    pen.ground(36, 92, 20)
    pole = path("M36 90 L36 26 Q36 9 52 9 Q68 9 68 24")
    pen.line(pole, darker(metal, 0.3), 2.4)
    pen.line(pole, lighter(metal, 0.3), 1.0, 0.8)
    pen.part(path("M20 91 Q20 86 36 86 Q52 86 52 91 Q52 94 36 94 Q20 94 20 91 Z"), metal, "metal", pen.look.material)
    bulb = disc(68, 46, 6)
    pen.plain(bulb, _GLOW)
    pen.cloth(path("M64 23 L72 23 Q86 28 87 46 L49 46 Q50 28 64 23 Z"), "tube")
    pen.part(disc(68, 46, 19, 3.4), lighter(_GLOW, 0.3))
    pen.part(box(65, 19.5, 6, 5, 1.5), metal, "metal")
    pen.line(path("M49.6 45.6 Q68 42 86.4 45.6"), pen.accent, 0.8, 0.8)


def cushion(pen: Pen) -> None:
    """A square that is full of feathers."""
    shape = path(
        "M17 21 Q15 15 22 17 Q50 24 78 17 Q85 15 83 22 Q77 50 83 78 "
        "Q85 85 78 83 Q50 77 22 83 Q15 85 17 78 Q23 50 17 21 Z"
    )
    pen.cloth(shape, "ball", angle=(pen.look.seed % 2) * 45)
    pen.line(shape, pen.accent, 1.6)
    for fold in ("M21 21 Q28 30 30 37", "M79 21 Q72 30 70 37", "M21 79 Q28 71 31 64", "M79 79 Q72 71 69 64"):
        pen.fold(path(fold), 1.1)
    pen.shade(disc(52, 56, 17, 13), 0.07, 5.0)


def blanket(pen: Pen) -> None:
    """Folded twice, with a fringe."""
    for number, y in enumerate((66, 52, 38)):
        pen.cloth(box(14, y, 72, 18, 7), "down", angle=0, scale=0.9)
        pen.line(path(f"M20 {y + 16.5} Q50 {y + 18} 80 {y + 16.5}"), pen.deep(0.4), 0.5, 0.5)
        pen.fold(path(f"M76 {y + 5} Q82 {y + 9} 76 {y + 13}"), 0.8 + number * 0.1)
    top = path("M20 22 Q50 18 80 22 Q88 24 87 33 L86 46 Q50 52 30 47 L14 44 L13 32 Q13 24 20 22 Z")
    pen.cloth(top, "flat", angle=-4)
    drape = path("M30 30 L66 28 L70 72 L34 75 Z")
    pen.shade(moved(drape, 1, 1.4), 0.22, 1.3)
    pen.cloth(drape, "flat", angle=-3)
    for step in range(13):
        across, down = 34.5 + step * 2.92, 75 - step * 0.25
        pen.line(path(f"M{across} {down} L{across + 0.3} {down + 6}"), pen.accent, 0.9)


def rug(pen: Pen) -> None:
    """A runner with a border and fringes."""
    for y, down in ((13, -5), (87, 5)):
        for x in range(23, 79, 2):
            pen.line(path(f"M{x} {y} L{x + 0.4} {y + down}"), lighter(rgb("sand"), 0.3), 0.8)
    shape = box(21, 12, 58, 76, 1)
    pen.cloth(shape)
    pen.line(box(24.5, 15.5, 51, 69), pen.accent, 1.6)
    pen.line(box(27, 18, 46, 64), pen.accent, 0.6)
    if pen.look.pattern == "plain":
        for size in (26, 18, 10):
            diamond = path(f"M50 {50 - size} L{50 + size * 0.68} 50 L50 {50 + size} L{50 - size * 0.68} 50 Z")
            pen.part(diamond, pen.second if size != 18 else pen.deep(0.15), "none", pen.look.material)
    for y in range(14, 88, 2):
        pen.line(path(f"M21 {y} L79 {y}"), pen.deep(0.5), 0.25, 0.25)


def vase(pen: Pen) -> None:
    """One of four silhouettes, some with a twig."""
    pen.ground(50, 90, 19)
    form = pen.look.seed % 4
    if form % 2:
        _twig(pen)
    shape = (
        "M50 22 L43 22 Q42 32 44 38 Q29 48 30 68 Q31 88 42 90 L50 90 Z",
        "M50 30 L44 30 Q45 44 41 52 Q31 62 34 80 Q36 90 42 90 L50 90 Z",
        "M50 26 L37 26 Q41 34 36 44 Q28 58 36 78 Q39 90 42 90 L50 90 Z",
        "M50 36 L40 36 Q39 40 33 46 Q26 58 30 74 Q34 90 42 90 L50 90 Z",
    )[form]
    pen.cloth(mirrored(shape), "tube")
    top, wide = ((22, 7), (30, 6), (26, 13), (36, 10))[form]
    pen.part(disc(50, top, wide, wide * 0.22), pen.deep(0.55))
    pen.line(disc(50, top, wide, wide * 0.22), pen.pale(0.35), 0.7)
    if pen.two_tone:
        pen.part(within(mirrored(shape), box(10, 70, 80, 30)), pen.second, "tube", pen.look.material)
    pen.shine(path("M39 56 Q35 66 38 78 Q40 66 42 56 Z"), 0.45)


def _twig(pen: Pen) -> None:
    leaf = rgb("sage") if pen.look.seed % 8 < 4 else rgb("olive")
    for bend, top in ((-12, 10), (2, 5), (13, 12)):
        stem = path(f"M50 40 Q{50 + bend * 0.3} 26 {50 + bend} {top}")
        pen.line(stem, darker(leaf, 0.3), 0.8)
        for step in range(4):
            share = 0.35 + step * 0.2
            x, y = 50 + bend * share**1.4, 40 - (40 - top) * share
            for side in (-1, 1):
                pen.part(turned(disc(x + side * 3, y, 3.4, 1.5), side * -28 + bend, x, y), leaf, "flat")


def candle(pen: Pen) -> None:
    """Wax in a glass with a label."""
    pen.ground(50, 86, 24)
    pen.part(path("M50 10 Q44 20 47 25 Q50 28 53 25 Q56 20 50 10 Z"), (1.0, 0.76, 0.3), "none")
    pen.plain(path("M50 16 Q47.5 21 49 24 Q50 25.5 51 24 Q52.5 21 50 16 Z"), (1.0, 0.95, 0.75))
    pen.line(path("M50 25 L50 34"), (0.25, 0.2, 0.2), 0.9)
    pen.part(box(28, 32, 44, 54, 5), pen.pale(0.15), "tube")
    pen.part(disc(50, 33, 21.5, 4), pen.pale(0.5))
    pen.shine(disc(50, 33.6, 9, 1.7), 0.6, 0.8)
    pen.line(disc(50, 33, 21.8, 4.2), pen.pale(0.75), 0.8, 0.9)
    pen.part(box(35, 48, 30, 24, 1), lighter(rgb("ivory"), 0.5), "tube")
    pen.line(box(36.6, 49.6, 26.8, 20.8), pen.accent, 0.4)
    pen.part(disc(50, 56, 3.6), pen.accent)
    pen.line(path("M42 63.5 L58 63.5 M45 66.8 L55 66.8"), pen.deep(0.5), 0.8)
    pen.shine(box(31, 36, 3, 46, 1.5), 0.5, 0.4)


def clock(pen: Pen) -> None:
    """A round face in a frame."""
    pen.part(disc(50, 50, 38), pen.body, "flat", pen.look.material)
    pen.part(disc(50, 50, 33.5), darker(pen.body, 0.35))
    face = pen.colour
    pen.part(disc(50, 50.6, 32.5), face, "flat")
    dark = sum(face) / 3 < 0.55
    ink = (0.97, 0.96, 0.93) if dark else (0.2, 0.18, 0.22)
    for minute in range(60):
        if minute % 5:
            pen.line(turned(path("M50 20.5 L50 21.8"), minute * 6), ink, 0.4, 0.7)
        else:
            pen.line(turned(path("M50 20.5 L50 25.5"), minute * 6), ink, 1.8 if minute % 15 == 0 else 1.0)
    pen.shade(turned(box(49, 35, 3, 18, 1), -60, 50, 50), 0.2, 0.6)
    pen.part(turned(box(48.6, 34, 2.8, 20, 1.4), -60), ink, "none")
    pen.part(turned(box(49, 25, 2, 30, 1), 60), ink, "none")
    pen.line(turned(path("M50 56 L50 26"), 190), pen.second if pen.two_tone else rgb("coral"), 0.7)
    pen.plain(disc(50, 50, 2.4), ink)
    pen.plain(disc(50, 50, 1), rgb("brass"))


def frame(pen: Pen) -> None:
    """A print of hills, suns or leaves in a wooden frame."""
    pen.part(box(20, 11, 60, 78, 0.6), pen.body, "flat", pen.look.material)
    pen.shade(box(23, 14, 54, 72), 0.25, 0.4)
    pen.part(box(23.4, 14.4, 53.2, 71.2), (0.98, 0.97, 0.94), "none")
    art = box(30, 22, 40, 56)
    pen.part(art, pen.pale(0.72), "none")
    (_hills, _shapes, _leaves)[pen.look.seed % 3](pen)
    pen.shine(within(turned(box(30, -10, 9, 130), 28), box(23.4, 14.4, 53.2, 71.2)), 0.16, 0.2)


def _hills(pen: Pen) -> None:
    art = box(30, 22, 40, 56)
    pen.part(disc(57, 38, 8), pen.second, "none")
    for y, colour in ((52, pen.pale(0.45)), (58, pen.pale(0.2)), (65, pen.colour), (71, pen.deep(0.3))):
        hill = path(f"M28 {y} Q38 {y - 10} 48 {y} Q60 {y + 9} 72 {y - 5} L72 80 L28 80 Z")
        pen.part(within(hill, art), colour, "none")


def _shapes(pen: Pen) -> None:
    art = box(30, 22, 40, 56)
    pen.part(within(disc(42, 44, 14), art), pen.colour, "none")
    pen.part(within(disc(58, 60, 13), art), pen.second, "none")
    pen.part(within(path("M30 78 L52 50 L70 78 Z"), art), pen.deep(0.3), "none")
    pen.line(path("M36 30 Q50 24 64 34"), pen.deep(0.45), 0.8)


def _leaves(pen: Pen) -> None:
    pen.line(path("M50 75 Q48 50 52 27"), pen.deep(0.4), 0.9)
    for step in range(6):
        y = 68 - step * 7
        for side in (-1, 1):
            leaf = turned(disc(50 + side * 8, y, 8, 3), side * -28, 50, y)
            pen.part(leaf, pen.colour if (step + side) % 3 else pen.second, "none")


DRAWINGS = {
    "chair": chair,
    "armchair": armchair,
    "table": table,
    "table_lamp": table_lamp,
    "floor_lamp": floor_lamp,
    "cushion": cushion,
    "blanket": blanket,
    "rug": rug,
    "vase": vase,
    "candle": candle,
    "clock": clock,
    "frame": frame,
}
