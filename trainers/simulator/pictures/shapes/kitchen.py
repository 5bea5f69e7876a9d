"""Kitchen and garden."""

import skia

from trainers.simulator.pictures.palette import darker, lighter, rgb
from trainers.simulator.pictures.paths import (
    both_sides,
    box,
    disc,
    moved,
    path,
    turned,
    union,
    within,
    without,
)
from trainers.simulator.pictures.pen import Pen

_BLACK = (0.19, 0.19, 0.21)


def mug(pen: Pen) -> None:
    """A cup with a handle."""
    pen.ground(46, 84, 30)
    tall = pen.look.seed % 2 == 0
    top = 22 if tall else 32
    handle = without(
        disc(73, (top + 84) / 2, 17, 19 if tall else 16), disc(73, (top + 84) / 2, 10.5, 12.5 if tall else 10)
    )
    pen.cloth(handle, "flat")
    pen.line(handle, pen.deep(0.3), 0.4, 0.5)
    body = path(f"M18 {top} L74 {top} L73 70 Q72 84 60 84 L32 84 Q20 84 19 70 Z")
    pen.cloth(body, "tube")
    if pen.two_tone:
        pen.part(within(body, path("M10 58 Q46 64 80 58 L80 90 L10 90 Z")), pen.second, "tube", pen.look.material)
    pen.part(disc(46, top, 28, 5.5), pen.pale(0.55))
    pen.part(disc(46, top + 0.8, 25.6, 4.4), pen.deep(0.35))
    pen.part(within(disc(46, top + 3, 25, 3.6), disc(46, top + 0.8, 25.4, 4.2)), (0.33, 0.2, 0.13), "none")
    pen.shine(box(25, top + 12, 3.4, 34, 1.7), 0.45)


def plate(pen: Pen) -> None:
    """Seen from above, with a rim."""
    pen.cloth(disc(50, 50, 39), "flat")
    pen.line(disc(50, 50, 38.4), pen.accent if pen.two_tone else pen.deep(0.25), 1.3)
    pen.shade(disc(50, 50.6, 27.5), 0.16, 1.0)
    inner = disc(50, 50, 27)
    if pen.look.pattern in ("plain", "two-tone"):
        pen.part(inner, pen.second if pen.two_tone else pen.pale(0.14), "flat", pen.look.material)
        if pen.look.seed % 2:
            for radius in (34.5, 31.5):
                pen.line(disc(50, 50, radius), pen.pale(0.4), 0.6, 0.8)
    else:
        pen.part(inner, pen.pale(0.2), "flat", pen.look.material)
    pen.line(inner, pen.pale(0.5), 0.6, 0.6)
    pen.shine(path("M22 40 Q28 22 46 17 Q30 26 25 42 Z"), 0.5)


def pot(pen: Pen) -> None:
    """A casserole with a lid."""
    pen.ground(50, 82, 36)
    metal = pen.body if pen.look.material == "copper" else rgb("steel")
    light = "metal" if pen.look.material != "cast iron" else "tube"
    for handle in both_sides("M18 50 Q8 49 8 55 Q8 61 18 60 L18 57 Q11.5 57.5 11.5 55 Q11.5 52.5 18 53 Z"):
        pen.part(handle, pen.deep(0.2) if light == "tube" else metal, "down")
    pen.part(path("M17 44 L83 44 L82 74 Q81 82 72 82 L28 82 Q19 82 18 74 Z"), pen.colour, "tube", pen.look.material)
    pen.shine(path("M25 50 L30 50 L30.5 74 Q27 73 26 68 Z"), 0.3)
    pen.part(path("M20 40 Q26 29 50 28 Q74 29 80 40 Z"), pen.pale(0.06), "ball", pen.look.material)
    pen.part(box(15, 39, 70, 5.6, 2.6), pen.deep(0.12), "tube")
    pen.part(path("M46 28.5 L54 28.5 L53 23 L47 23 Z"), rgb("brass"), "metal")
    pen.part(disc(50, 21, 6, 3.6), rgb("brass"), "ball")
    pen.line(path("M19 78 Q50 81 81 78"), pen.deep(0.35), 0.5, 0.6)


def pan(pen: Pen) -> None:
    """Seen from above, with a long handle."""
    metal = pen.body
    grip = turned(box(66, 45.6, 33, 8.8, 4.2), 42, 42, 46)
    pen.part(turned(box(64, 47, 14, 6, 2), 42, 42, 46), rgb("steel"), "flat")
    pen.part(
        grip, pen.colour if pen.look.seed % 2 else rgb("walnut"), "flat", "walnut" if pen.look.seed % 2 == 0 else ""
    )
    hole = turned(disc(94.4, 50, 1.7), 42, 42, 46)
    pen.plain(hole, _BLACK, 0.7)
    pen.part(disc(42, 43, 35), pen.colour, "flat")
    pen.part(disc(42, 43, 32.6), darker(metal, 0.15), "flat", pen.look.material)
    pen.part(
        disc(42, 43.6, 27.5),
        _BLACK if pen.look.material != "steel" else lighter(metal, 0.05),
        "flat",
        pen.look.material,
    )
    pen.line(disc(42, 43.6, 27.5), lighter(_BLACK, 0.35), 0.5, 0.7)
    pen.shine(path("M20 38 Q24 22 40 18 Q27 25 24 39 Z"), 0.3)
    pen.shine(path("M64 50 Q60 62 48 67 Q58 60 61 49 Z"), 0.16)


def kettle(pen: Pen) -> None:
    """A round pot with a spout and a handle."""
    pen.ground(47, 83, 30)
    handle = path("M26 40 Q28 10 50 10 Q70 10 70 40")
    pen.line(handle, rgb("walnut"), 4.6)
    pen.line(handle, lighter(rgb("walnut"), 0.35), 1.0, 0.6)
    spout = path("M70 56 Q82 54 83 40 L82 34 L91 30 L92 36 Q93 62 72 70 Z")
    pen.part(spout, pen.deep(0.12), "tube", pen.look.material)
    body = path("M24 40 Q50 33 72 40 Q80 56 78 72 Q76 83 66 83 L30 83 Q20 83 18 72 Q16 56 24 40 Z")
    pen.part(body, pen.colour, "tube", pen.look.material)
    pen.shine(path("M29 47 Q23 58 26 72 Q29 60 33 48 Z"), 0.5)
    pen.part(path("M32 39 Q34 31 48 31 Q62 31 64 39 Q48 43 32 39 Z"), pen.pale(0.1), "ball", pen.look.material)
    pen.part(disc(48, 28.4, 4.2), rgb("walnut"), "ball")
    pen.line(path("M18.6 74 Q48 79 77.6 74"), pen.deep(0.35), 0.6, 0.5)
    for x in (26.3, 69.8):
        pen.part(box(x - 3, 36, 6, 7, 2), rgb("brass"), "metal")


def board(pen: Pen) -> None:
    """A board with a handle and a few herbs."""
    wood = pen.body
    shape = without(
        union(box(24, 30, 52, 60, 7), path("M42 34 Q44 28 43 18 Q42 8 50 8 Q58 8 57 18 Q56 28 58 34 Z")),
        disc(50, 15, 2.8),
    )
    pen.part(shape, wood, "flat", pen.look.material)
    pen.part(within(shape, box(20, 70, 60, 9)), pen.colour, "flat", pen.look.material)
    if pen.look.seed % 2:
        pen.part(within(shape, box(20, 81, 60, 3)), pen.colour, "flat", pen.look.material)
    pen.line(shape, darker(wood, 0.35), 0.6, 0.6)
    pen.line(box(28, 34, 44, 33, 4), darker(wood, 0.4), 0.8, 0.4)
    stem = path("M38 62 Q48 54 62 42")
    pen.line(stem, rgb("olive"), 0.8)
    for step in range(6):
        x, y = 40 + step * 4.1, 60.5 - step * 3.4
        for side in (-1, 1):
            leaf = turned(disc(x + 3.2, y, 3.4, 1.5), -38 + side * 48, x, y)
            pen.part(leaf, rgb("forest") if step % 2 else rgb("sage"))


def bottle(pen: Pen) -> None:
    """A flask with a screw cap."""
    pen.ground(50, 93, 17)
    body = path(
        "M43 26 L57 26 Q57 33 63 36 Q67 39 67 46 L67 87 Q67 93 61 93 L39 93 "
        "Q33 93 33 87 L33 46 Q33 39 37 36 Q43 33 43 26 Z"
    )
    pen.cloth(body, "tube")
    if pen.two_tone:
        pen.part(within(body, box(20, 66, 60, 40)), pen.second, "tube", pen.look.material)
    pen.line(path("M41 11 Q41 5 50 5 Q59 5 59 11"), rgb("camel"), 2.2)
    cap = rgb("bamboo") if pen.look.seed % 2 else pen.deep(0.35)
    pen.part(box(41, 10, 18, 14, 2.4), cap, "tube", "bamboo" if pen.look.seed % 2 else "")
    pen.part(box(42, 23, 16, 4, 1), rgb("steel"), "metal")
    pen.shine(box(38, 44, 2.6, 42, 1.3), 0.5, 0.4)
    pen.line(disc(50, 58, 5), pen.pale(0.75), 0.8, 0.9)
    pen.line(path("M47 60 L50 54.5 L53 60 Z"), pen.pale(0.75), 0.8, 0.9)


def plant(pen: Pen) -> None:
    """One of three plants in a pot."""
    pen.ground(50, 90, 22)
    green = (rgb("forest"), rgb("sage"), (0.36, 0.52, 0.32))[pen.look.seed % 3]
    (_upright, _broad, _round)[pen.look.seed // 3 % 3](pen, green)
    pen.part(disc(50, 61, 19.6, 3.2), (0.28, 0.2, 0.16))
    body = path("M31 62 L69 62 L65 86 Q64 90 60 90 L40 90 Q36 90 35 86 Z")
    pen.cloth(body, "tube")
    if pen.two_tone:
        pen.part(within(body, path("M20 72 L80 78 L80 95 L20 95 Z")), pen.second, "tube", pen.look.material)
    pen.part(box(29, 58.5, 42, 7, 2), pen.pale(0.08), "tube", pen.look.material)
    pen.shade(path("M31 65.5 L69 65.5 L68.6 68 L31.4 68 Z"), 0.2, 0.5)


def _upright(pen: Pen, green: tuple[float, float, float]) -> None:
    for turn, tall in ((-32, 40), (30, 42), (-16, 50), (17, 47), (0, 54), (-46, 30), (44, 31)):
        leaf = turned(path(f"M50 62 Q43 {62 - tall * 0.5} 50 {62 - tall} Q57 {62 - tall * 0.5} 50 62 Z"), turn, 50, 62)
        pen.part(leaf, green if turn % 4 else darker(green, 0.15), "tube")
        pen.line(turned(path(f"M50 61 L50 {66 - tall}"), turn, 50, 62), lighter(green, 0.4), 0.5, 0.7)


_PLACES = (
    (30, 34, -38, 12),
    (69, 31, 36, 13),
    (40, 20, -14, 12),
    (60, 17, 14, 11),
    (50, 34, 4, 13),
    (24, 48, -60, 9),
    (76, 47, 58, 9),
)
"""Of the broad leaves: x, y, turn and size."""


def _heart(size: float) -> skia.Path:
    """A leaf around nought, its stem below."""
    low, mid, high = size * 0.4, -size * 0.5, -size * 1.1
    wide, near, far = size * 1.1, size * 0.3, size * 0.6
    return path(
        f"M0 {size} Q{-wide} {low} {-far} {mid} Q{-near} {-size} 0 {high} "
        f"Q{near} {-size} {far} {mid} Q{wide} {low} 0 {size} Z"
    )


def _broad(pen: Pen, green: tuple[float, float, float]) -> None:
    for x, y, turn, size in _PLACES:
        pen.line(path(f"M50 62 Q{(50 + x) / 2} {y + 16} {x} {y + 4}"), darker(green, 0.25), 1.0)
        leaf = turned(moved(_heart(size), x, y), turn, x, y)
        pen.part(leaf, green if size % 2 else lighter(green, 0.12), "flat")
        pen.line(turned(path(f"M{x} {y + size - 1} L{x} {y - size * 0.8}"), turn, x, y), lighter(green, 0.45), 0.5, 0.8)
        for side in (-1, 1):
            for step in (0.5, 0.0, -0.4):
                rib = path(f"M{x} {y + size * step} L{x + side * size * 0.5} {y + size * (step - 0.3)}")
                pen.line(turned(rib, turn, x, y), lighter(green, 0.45), 0.3, 0.6)


def _round(pen: Pen, green: tuple[float, float, float]) -> None:
    for turn, reach in ((-62, 30), (60, 31), (-40, 40), (38, 42), (-20, 46), (19, 48), (0, 50), (-75, 22), (74, 23)):
        x, y = 50 + reach * 0.9 * turn / 80, 62 - reach * (1 - abs(turn) / 160)
        pen.line(path(f"M50 62 Q50 {y + 8} {x} {y}"), darker(green, 0.2), 0.8)
        size = 5.5 + (reach % 5) * 0.7
        pen.part(disc(x, y, size), green if reach % 2 else lighter(green, 0.14), "ball")
        pen.line(path(f"M{x} {y + size - 1} L{x} {y - size * 0.3}"), lighter(green, 0.4), 0.4, 0.7)


def watering_can(pen: Pen) -> None:
    """A can with a long spout and a rose."""
    pen.ground(42, 84, 27)
    pen.part(path("M62 62 L84 30 L88.5 33 L66 76 Z"), pen.deep(0.1), "tube", pen.look.material)
    pen.part(turned(path("M79 22 L95 22 L90 31 L84 31 Z"), 36, 87, 28), pen.pale(0.1), "tube", pen.look.material)
    pen.part(turned(disc(87, 22, 8.2, 2), 36, 87, 28), pen.deep(0.3))
    pen.line(path("M20 50 Q2 52 6 68 Q9 80 24 78"), pen.deep(0.2), 3.4)
    pen.line(path("M24 40 Q28 14 48 15 Q60 16 61 40"), pen.deep(0.2), 3.4)
    pen.line(path("M24 40 Q28 14 48 15 Q60 16 61 40"), pen.pale(0.3), 0.8, 0.7)
    body = path("M20 42 L65 42 L68 80 Q68 84 63 84 L22 84 Q17 84 17 80 Z")
    pen.part(body, pen.colour, "tube", pen.look.material)
    pen.part(disc(42.5, 42, 22.6, 4.2), pen.deep(0.45))
    pen.part(
        within(disc(42.5, 42, 22.6, 4.2), path("M40 36 L70 36 L70 50 L46 50 Q40 44 40 36 Z")),
        pen.pale(0.1),
        "flat",
        pen.look.material,
    )
    for y in (52, 76):
        pen.line(path(f"M18.6 {y} Q42 {y + 3} 66.4 {y}"), pen.deep(0.35), 0.9, 0.6)
    pen.shine(path("M25 50 L29 50 L28.5 79 L24 79 Z"), 0.35)


def trowel(pen: Pen) -> None:
    """A blade, a neck and a turned handle, laid at an angle."""
    metal = pen.body
    parts = (
        (
            path("M50 40 L39.5 44 Q36 60 42 76 Q46 88 50 94 Q54 88 58 76 Q64 60 60.5 44 Z"),
            metal,
            "metal",
            pen.look.material,
        ),
        (path("M48 28 L52 28 L53 44 L47 44 Z"), darker(metal, 0.2), "tube", ""),
        (path("M46 26 Q44 18 45.5 10 Q46 4 50 4 Q54 4 54.5 10 Q56 18 54 26 Z"), pen.colour, "tube", "oak"),
        (box(45.6, 24, 8.8, 5.4, 1.4), rgb("brass"), "metal", ""),
    )
    for shape, colour, light, material in parts:
        pen.part(turned(shape, 38), colour, light, material)
    pen.line(turned(path("M50 46 L50 84"), 38), darker(metal, 0.4), 0.8, 0.5)
    pen.line(turned(path("M45.6 12 L54.4 12"), 38), pen.pale(0.6), 0.9, 0.9)
    pen.plain(turned(disc(50, 7.4, 1.3), 38), _BLACK, 0.6)


def lantern(pen: Pen) -> None:
    """A candle behind glass."""
    metal = pen.colour
    pen.ground(50, 90, 25)
    pen.line(disc(50, 13, 8), darker(metal, 0.25), 2.2)
    pen.part(box(29, 38, 42, 46, 1), lighter(_GLASS, 0.2), "tube")
    pen.plain(box(29, 38, 42, 46), (1.0, 0.86, 0.55), 0.35)
    pen.shine(disc(50, 56, 15, 17), 0.75, 4.0)
    pen.part(box(42, 64, 16, 20, 1.5), (0.97, 0.94, 0.86), "tube")
    pen.part(path("M50 47 Q45 56 47.4 60 Q50 63 52.6 60 Q55 56 50 47 Z"), (1.0, 0.72, 0.28), "none")
    for x in (27, 47.8, 69):
        if x != 47.8 or pen.look.seed % 2:
            pen.part(box(x, 36, 3.4, 50, 0.6), metal, "tube", pen.look.material)
    pen.part(path("M38 22 L62 22 L76 38 L24 38 Z"), metal, "down", pen.look.material)
    pen.part(box(22, 36, 56, 4, 1.2), darker(metal, 0.15), "tube")
    pen.part(box(42, 18, 16, 5, 1.4), darker(metal, 0.1), "tube")
    pen.part(box(24, 83, 52, 6.6, 1.6), darker(metal, 0.1), "tube", pen.look.material)
    pen.shine(path("M33 42 L38 42 L34 78 L32 78 Z"), 0.4, 0.3)


_GLASS = (0.85, 0.9, 0.9)

DRAWINGS = {
    "mug": mug,
    "plate": plate,
    "pot": pot,
    "pan": pan,
    "kettle": kettle,
    "board": board,
    "bottle": bottle,
    "plant": plant,
    "watering_can": watering_can,
    "trowel": trowel,
    "lantern": lantern,
}
