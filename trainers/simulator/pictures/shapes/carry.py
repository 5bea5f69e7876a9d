"""Shoes and bags."""

from trainers.simulator.pictures.palette import darker, lighter, rgb
from trainers.simulator.pictures.paths import both_sides, box, disc, moved, path, within
from trainers.simulator.pictures.pen import Pen

_RUBBER = (0.95, 0.94, 0.91)
_INSIDE = (0.2, 0.16, 0.17)


def sneakers(pen: Pen) -> None:
    """A low shoe from the side, on a pale sole."""
    pen.ground(50, 77, 40)
    upper = path("M14 66 Q12 44 17 36 Q24 33 31 36 Q36 44 46 41 Q52 40 56 44 Q66 54 80 57 Q92 60 92 70 L14 70 Z")
    pen.cloth(upper)
    pen.part(within(upper, disc(92, 68, 17, 13)), pen.accent, "ball", pen.look.material)
    pen.part(within(upper, path("M8 30 L26 30 Q23 52 32 72 L8 72 Z")), pen.accent, "flat", pen.look.material)
    pen.plain(path("M17 36 Q24 33 31 36 Q35 43 43 42 Q33 48 24 43 Q19 41 17 36 Z"), _INSIDE, 0.85)
    pen.part(path("M45 41 Q52 39 57 44 Q64 52 70 55 Q64 60 57 57 Q48 52 45 41 Z"), pen.pale(0.25))
    for x, y in ((47, 47), (52, 51), (57.5, 54.5), (63, 57.5)):
        pen.line(path(f"M{x} {y} Q{x + 4} {y - 5} {x + 8} {y - 4.5}"), _RUBBER, 1.7)
        pen.plain(disc(x, y, 0.8), pen.deep(0.5))
    pen.line(path("M36 62 Q46 58 56 64"), pen.second if pen.two_tone else pen.pale(0.5), 2.2)
    pen.line(path("M34 66 Q46 61 61 67"), pen.second if pen.two_tone else pen.pale(0.5), 2.2)
    pen.seam(path("M27 42 Q27 54 33 66"))
    sole = path("M12 66 Q30 70 50 69 Q74 68 93 67 Q97 71 94 77 Q60 79 14 77 Q10 72 12 66 Z")
    pen.part(sole, _RUBBER, "down")
    pen.line(path("M12.5 71.5 Q50 74.5 95 71.5"), pen.accent, 0.9, 0.8)


def boots(pen: Pen) -> None:
    """An ankle boot from the side."""
    pen.ground(50, 86, 36)
    shaft = "M24 14 Q38 11 52 14 Q51 34 56 44 Q62 54 78 60 Q88 65 88 78 L22 78 Q20 58 23 44 Q25 30 24 14 Z"
    pen.cloth(path(shaft))
    gore = path("M34 20 L46 20 Q47 38 45 48 Q40 52 36 48 Q33 36 34 20 Z")
    pen.part(gore, darker(pen.accent, 0.2), "flat")
    for x in range(35, 47, 2):
        pen.line(path(f"M{x} 22 L{x} 47"), darker(pen.accent, 0.5), 0.4, 0.6)
    pen.plain(disc(38, 13.8, 14, 2.2), _INSIDE, 0.9)
    pen.line(path("M26 15 L25.5 8 Q29 5 31 9 L30.5 16"), pen.deep(0.2), 1.8)
    pen.fold(path("M54 44 Q60 50 70 52"), 1.0)
    pen.fold(path("M51 50 Q56 56 64 58"), 1.0)
    pen.seam(path("M62 56 Q68 66 66 77"))
    pen.shine(path("M74 62 Q82 65 84 71 Q80 66 73 65 Z"), 0.3)
    pen.part(path("M20 77 L90 77 Q91 80 89 82 L21 82 Q19 80 20 77 Z"), darker(rgb("camel"), 0.2), "down")
    pen.part(path("M20 82 L44 82 L43 88 L22 88 Z M52 82 L90 82 Q89 86 82 86 L56 85 Z"), _INSIDE, "down")
    pen.line(path("M21.5 78.5 L89 78.5"), lighter(rgb("camel"), 0.5), 0.5, 0.9, dash=1.1)


def sandals(pen: Pen) -> None:
    """A pair seen from above."""
    for side, sole in zip((-1, 1), both_sides("M31 9 Q43 11 45 30 Q46 42 42 56 Q44 78 36 89 Q26 94 20 85 Q17 72 21 56 "
                                              "Q14 40 17 24 Q21 9 31 9 Z"), strict=True):  # fmt: skip
        middle = 50 + side * 19
        pen.part(sole, rgb("cork"), "flat", "cork")
        pen.line(sole, darker(rgb("cork"), 0.45), 1.2)
        pen.shade(disc(middle, 28, 8, 10), 0.1, 2.0)
        pen.shade(disc(middle - side, 76, 6.5, 8), 0.1, 2.0)
        for y, tall in ((24.0, 11), (42.0, 10)):
            strap = path(f"M{middle - 16} {y + tall} Q{middle} {y - 6} {middle + 16} {y + tall} L{middle + 15.5} "
                         f"{y + tall + 9} Q{middle} {y + 5} {middle - 15.5} {y + tall + 9} Z")  # fmt: skip
            pen.shade(moved(strap, 0, 1.6), 0.2, 0.9)
            pen.cloth(strap, "tube")
            pen.line(strap, pen.deep(0.3), 0.4, 0.6)
        for y in (32.0, 49.5):
            pen.line(box(middle + side * 8 - 3, y, 6, 6.4, 1), rgb("brass"), 1.3)
            pen.line(path(f"M{middle + side * 8} {y + 0.8} L{middle + side * 8} {y + 5}"), rgb("brass"), 0.9)


def backpack(pen: Pen) -> None:
    """A rounded pack with a front pocket."""
    pen.ground(50, 90, 32)
    pen.line(path("M43 15 Q43 6 50 6 Q57 6 57 15"), pen.deep(0.4), 2.8)
    for strap in both_sides("M24 30 Q13 40 17 66 L21 66 Q19 44 27 36 Z"):
        pen.part(strap, pen.deep(0.35))
    for pocket in both_sides("M24 56 Q16 56 16 64 L17 82 Q18 87 26 87 Z"):
        pen.part(pocket, pen.deep(0.15), "flat", pen.look.material)
    pen.cloth(path("M24 36 Q24 12 50 12 Q76 12 76 36 L78 80 Q78 90 68 90 L32 90 Q22 90 22 80 Z"))
    pen.line(path("M27 42 Q27 19 50 19 Q73 19 73 42"), pen.deep(0.45), 1.2)
    pen.line(path("M27 42 Q27 19 50 19 Q73 19 73 42"), rgb("steel"), 0.5, 0.8, dash=0.6)
    pen.part(box(70.8, 40, 3.4, 6.5, 1.3), pen.accent)
    pocket = path("M28 56 Q50 52 72 56 L73 80 Q73 86 67 86 L33 86 Q27 86 27 80 Z")
    pen.shade(moved(pocket, 0, 1), 0.2, 1.2)
    pen.part(pocket, pen.accent if pen.two_tone else pen.pale(0.08), "flat", pen.look.material)
    pen.line(path("M29.5 61 Q50 57 70.5 61"), pen.deep(0.5), 1.0)
    pen.part(box(44, 31, 12, 8.5, 1.5), rgb("camel"), "flat", "leather")
    pen.line(box(45.1, 32.1, 9.8, 6.3, 1), darker(rgb("camel"), 0.4), 0.4, 0.8, dash=0.9)
    for strap in both_sides("M36 54 L40 53.6 L40 68 Q38 70 36 68 Z"):
        pen.part(strap, rgb("camel"), "flat", "leather")
    for x in (38, 62):
        pen.line(box(x - 2.8, 62, 5.6, 4.2, 0.8), rgb("brass"), 1.0)


def tote(pen: Pen) -> None:
    """An open bag with two handles."""
    pen.ground(50, 89, 34)
    pen.line(path("M37 38 Q37 8 50 8 Q63 8 63 38"), pen.deep(0.35), 3.2)
    pen.cloth(path("M22 34 L78 34 L83 86 Q83 90 78 90 L22 90 Q17 90 17 86 Z"))
    pen.shade(path("M22 34 L78 34 L78.4 38 L21.6 38 Z"), 0.12)
    pen.line(path("M35 40 L35 36 Q35 13 50 13 Q65 13 65 36 L65 40"), pen.accent, 3.4)
    for x in (35, 65):
        patch = box(x - 3.4, 35, 6.8, 11, 1)
        pen.part(patch, pen.accent)
        pen.line(path(f"M{x - 2} 37 L{x + 2} 44 M{x + 2} 37 L{x - 2} 44"), pen.pale(0.5), 0.4, 0.8)
    pen.seam(path("M21.5 39.5 L78.5 39.5"))
    pen.part(box(62, 70, 12, 8, 0.8), pen.pale(0.8), "flat")
    pen.line(path("M64.5 73 L71.5 73 M64.5 75.3 L69.5 75.3"), pen.deep(0.4), 0.6)
    for fold in both_sides("M24 84 Q28 66 25 52", "M38 88 Q41 80 39 70"):
        pen.fold(fold, 0.9)


def handbag(pen: Pen) -> None:
    """A flap, a clasp and a handle."""
    pen.ground(50, 83, 36)
    handle = path("M30 42 Q30 14 50 14 Q70 14 70 42")
    pen.line(handle, pen.deep(0.35), 4.0)
    pen.line(handle, pen.colour, 2.6)
    pen.cloth(path("M22 40 Q50 36 78 40 L85 78 Q85 84 78 84 L22 84 Q15 84 15 78 Z"), "down")
    flap = path("M21 40 Q50 35 79 40 Q84 60 72 64 Q50 69 28 64 Q16 60 21 40 Z")
    pen.shade(moved(flap, 0, 1.8), 0.26, 1.2)
    pen.part(flap, pen.accent if pen.two_tone else pen.pale(0.06), "flat", pen.look.material)
    pen.line(path("M22.8 42 Q18.5 58 29 62.2 Q50 66.8 71 62.2 Q81.5 58 77.2 42"), pen.deep(0.4), 0.5, 0.8, dash=1.3)
    pen.part(box(44, 59, 12, 10, 3), rgb("brass"), "metal")
    pen.part(box(47, 62, 6, 4, 2), darker(rgb("brass"), 0.35), "metal")
    for x in (30, 70):
        pen.line(disc(x, 41.5, 3), rgb("brass"), 1.6)


def suitcase(pen: Pen) -> None:
    """A hard shell on wheels."""
    pen.ground(50, 94, 28)
    for x in (41.5, 58.5):
        pen.part(box(x - 1.2, 7, 2.4, 18), rgb("steel"), "metal")
    pen.part(box(38, 5, 24, 4.4, 2.2), (0.2, 0.2, 0.22), "down")
    for x in (31, 65):
        pen.part(box(x - 0.5, 88, 5, 6, 2), (0.2, 0.2, 0.22), "tube")
    shell = box(25, 20, 50, 70, 8)
    pen.cloth(shell)
    for x in range(33, 70, 7):
        pen.shade(box(x, 22, 1.6, 66, 0.8), 0.22)
        pen.shine(box(x + 1.8, 22, 1.2, 66, 0.6), 0.22, 0.2)
    for x, y in ((25, 20), (65, 20), (25, 80), (65, 80)):
        pen.part(within(shell, box(x, y, 10, 10)), pen.accent, "flat")
    pen.line(box(25.4, 20.4, 49.2, 69.2, 7.6), pen.deep(0.35), 0.7, 0.7)
    pen.part(box(43, 22, 14, 4, 1.8), (0.22, 0.22, 0.24), "down")
    pen.part(box(71, 50, 5, 11, 1.5), rgb("steel"), "metal")
    pen.part(box(44, 74, 12, 4.5, 1), pen.pale(0.8))


DRAWINGS = {
    "sneakers": sneakers,
    "boots": boots,
    "sandals": sandals,
    "backpack": backpack,
    "tote": tote,
    "handbag": handbag,
    "suitcase": suitcase,
}
