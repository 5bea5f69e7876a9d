"""Clothes, laid flat."""

from trainers.simulator.pictures.palette import darker, lighter, lightness, rgb
from trainers.simulator.pictures.paths import (
    both_sides,
    box,
    disc,
    mirrored,
    moved,
    path,
    turned,
    within,
    without,
)
from trainers.simulator.pictures.pen import Pen


def t_shirt(pen: Pen) -> None:
    """Short sleeves and a ribbed collar."""
    pen.part(path("M37 17 Q50 12 63 17 Q58 29 50 29 Q42 29 37 17 Z"), pen.deep(0.4))
    pen.cloth(
        mirrored("M50 28.5 Q41 28 36.5 16.5 L25 21 Q20 23 17.5 29 L8.5 47 L22.5 54.5 L28 46 L27 86 Q38 89 50 89 Z")
    )
    pen.line(path("M36.8 16.8 Q41 28.5 50 28.5 Q59 28.5 63.2 16.8"), pen.accent, 2.4)
    for cuff in both_sides("M10.5 43.5 L24.3 51"):
        pen.seam(cuff)
    for fold in both_sides("M28 45 Q31 38 29.5 31", "M30 80 Q35 72 33 62", "M41 86 Q43 78 42 70"):
        pen.fold(fold)
    pen.seam(path("M27.2 83.5 Q38 86.5 50 86.5 Q62 86.5 72.8 83.5"))


def shirt(pen: Pen) -> None:
    """Long sleeves, a collar and buttons."""
    sleeves = both_sides("M30 19 Q23 21 20 29 L10 75 L20.5 78.5 L31 45 Z")
    for sleeve in sleeves:
        pen.cloth(sleeve, angle=8)
    pen.cloth(mirrored("M50 26 Q43 22 39 15 L28 19 Q30 50 28 88 Q39 91 50 91 Z"))
    pen.part(path("M40 15 Q50 10 60 15 L50 27 Z"), pen.deep(0.4))
    for collar in both_sides("M39.5 13.5 L35 17.5 L41.5 30 L50 26 Q42 21 39.5 13.5 Z"):
        pen.cloth(collar, scale=0.7)
        pen.line(collar, pen.deep(0.3), 0.4, 0.6)
    pen.shade(box(53.6, 27, 0.5, 63), 0.25)
    for y in (33, 45, 57, 69, 81):
        pen.plain(disc(50.3, y + 0.4, 1.2), pen.deep(0.5), 0.5)
        pen.plain(disc(50, y, 1.2), pen.second if pen.two_tone else lighter(pen.colour, 0.7))
    pen.line(box(56.5, 37, 10.5, 12, 1.2), pen.deep(0.4), 0.5, 0.6)
    for cuff in both_sides("M11.3 69.5 L22.3 73"):
        pen.line(cuff, pen.deep(0.4), 0.5, 0.6)
    for fold in both_sides("M31 46 Q34 38 32 30", "M34 84 Q38 74 36 62"):
        pen.fold(fold)


def sweater(pen: Pen) -> None:
    """A ribbed collar, cuffs and hem."""
    for sleeve in both_sides("M30 21 Q21 23 18 32 L9 72 L20.5 75 L31 48 Z"):
        pen.cloth(sleeve, angle=6)
    for cuff in both_sides("M9 72 L7.8 79 Q13 82.5 19 81.5 L20.5 75 Z"):
        pen.part(cuff, pen.accent, material=pen.look.material)
    pen.part(path("M38 17 Q50 12 62 17 Q58 26 50 26 Q42 26 38 17 Z"), pen.deep(0.45))
    pen.cloth(mirrored("M50 25 Q41 25 38 16.5 L28 20.5 Q30 50 27.5 81 Q38 84 50 84 Z"))
    hem = mirrored("M50 84 Q38 84 27.5 81 L28.5 88.5 Q38 91.5 50 91.5 Z")
    pen.part(hem, pen.accent, material=pen.look.material)
    for x in range(30, 72, 2):
        pen.line(path(f"M{x} 82 L{x} 90.5"), pen.deep(0.5), 0.35, 0.35)
    pen.line(path("M38 17 Q41.5 26 50 26 Q58.5 26 62 17"), pen.accent, 3.4)
    pen.line(path("M36.9 18 Q41 28 50 28 Q59 28 63.1 18"), pen.deep(0.4), 0.4, 0.5)
    for fold in both_sides("M31 48 Q35 40 32 31", "M32 78 Q37 68 35 58"):
        pen.fold(fold, 0.9)


def jacket(pen: Pen) -> None:
    """A zip, pockets and a knitted collar."""
    for sleeve in both_sides("M31 21 Q21 22 18 32 L10 74 L22 77 L32 48 Z"):
        pen.cloth(sleeve)
    for cuff in both_sides("M10 73 L8.6 80 Q14 83.5 20.6 82.5 L22 76.5 Z"):
        pen.part(cuff, pen.accent, material="wool")
    pen.cloth(mirrored("M50 22 Q44 24 40 17 L29 20 Q32 50 29 82 Q39 84 50 84 Z"))
    pen.part(mirrored("M50 83.5 Q39 84 29 81.5 L30 89 Q39 91 50 91 Z"), pen.accent, material="wool")
    pen.part(path("M40 17 Q50 12 60 17 Q57 24 50 24 Q43 24 40 17 Z"), darker(pen.accent, 0.35))
    for collar in both_sides("M40.5 14 Q36 15 35.5 18.5 Q40 29 49.3 32 L50 25.5 Q43 22.5 40.5 14 Z"):
        pen.part(collar, pen.accent, material="wool")
    pen.line(path("M50 31 L50 90"), rgb("brass"), 1.1)
    pen.line(path("M50 31 L50 90"), darker(rgb("brass"), 0.4), 0.5, 0.8, dash=0.7)
    pen.part(box(49.2, 33, 1.6, 4.6, 0.7), rgb("brass"), "metal")
    for pocket in both_sides("M34 62 L42 69 L41 71 L33 64 Z"):
        pen.part(pocket, pen.deep(0.35))
    for fold in both_sides(
        "M32 47 Q36 38 33 30", "M34 78 Q38 72 36.5 66", "M16 60 Q20 62 24 60", "M14 67 Q18 69 22 67"
    ):
        pen.fold(fold, 0.9)


def trousers(pen: Pen) -> None:
    """Two straight legs with a crease."""
    pen.cloth(path("M35 10 L65 10 Q69 40 69 91 L54.5 91 L50.6 38 L49.4 38 L45.5 91 L31 91 Q31 40 35 10 Z"))
    pen.part(path("M35 10 L65 10 L65.6 15.5 L34.4 15.5 Z"), pen.accent)
    pen.fold(path("M50 15 L50 37"), 0.6)
    pen.line(path("M53.5 16 Q54 27 50.4 31"), pen.deep(0.4), 0.45, 0.6)
    for line in both_sides("M39.5 17 Q39 50 38.3 90", "M44 39 Q47 37 49.5 38"):
        pen.fold(line, 0.6)
    for pocket in both_sides("M36.5 16 Q36.5 24 33.8 26"):
        pen.line(pocket, pen.deep(0.45), 0.6, 0.7)
    for x in (38, 44, 56, 62):
        pen.part(box(x - 0.9, 9.4, 1.8, 6.8, 0.5), pen.deep(0.2))
    pen.part(disc(50, 12.8, 1.2), pen.deep(0.5), "ball")
    for hem in both_sides("M31.1 87 L45.7 87"):
        pen.seam(hem)


def shorts(pen: Pen) -> None:
    """Short legs and a drawstring."""
    pen.cloth(path("M31 24 L69 24 Q73 45 77 73 L53.5 77 L50.8 50 L49.2 50 L46.5 77 L23 73 Q27 45 31 24 Z"))
    pen.part(path("M31 24 L69 24 L70 31 L30 31 Z"), pen.accent)
    for x in range(33, 69, 2):
        pen.line(path(f"M{x} 24.8 L{x} 30.4"), pen.deep(0.5), 0.4, 0.4)
    pen.fold(path("M50 31 L50 49"))
    for string in (path("M48.5 29 Q44 38 46 44"), path("M51.5 29 Q55 37 53 46")):
        pen.line(string, lighter(pen.colour, 0.75), 1.1)
    for line in both_sides("M33 32 Q31 42 28 45"):
        pen.line(line, pen.deep(0.45), 0.6, 0.7)
    for hem in both_sides("M23.7 69.5 L46.9 73.4"):
        pen.seam(hem)
    for fold in both_sides("M42 50 Q46 47 49.5 49", "M35 68 Q38 58 37 50"):
        pen.fold(fold)


def skirt(pen: Pen) -> None:
    """Pleats from a waistband."""
    pen.cloth(path("M37 20 L63 20 Q68 50 81 80 Q66 87 50 87 Q34 87 19 80 Q32 50 37 20 Z"), "down")
    pen.part(path("M37 17 L63 17 L63.6 24 L36.4 24 Z"), pen.accent)
    for fold in both_sides("M40 25 Q36 55 27 82", "M45 25 Q43 58 39 85.5", "M49.5 25 Q49 58 48.5 86.5"):
        pen.fold(fold, 0.9)
    pen.seam(path("M20.5 77 Q34 84 50 84 Q66 84 79.5 77"))


def dress(pen: Pen) -> None:
    """A fitted waist and a wide skirt."""
    for strap in both_sides("M39 23 L38 8.5 L41 8.5 L43 24 Z"):
        pen.part(strap, pen.accent)
    pen.part(path("M38.5 20 Q50 22 61.5 20 L58 30 L42 30 Z"), pen.deep(0.4))
    pen.cloth(mirrored("M50 26 Q44 25 38 18 Q37 26 33.5 31 Q38 39 39.5 47 Q50 49 50 49 Z"))
    pen.cloth(mirrored("M50 46 L39.3 46 Q32 66 21 86 Q34 93 50 93 Z"), "down")
    pen.part(path("M39 44.5 Q50 47 61 44.5 L61.6 49 Q50 51.5 38.4 49 Z"), pen.accent)
    for fold in both_sides("M42 51 Q38 70 31 88", "M47 51.5 Q45.5 72 43 91", "M40 44 Q42 38 41 34"):
        pen.fold(fold, 0.9)


def scarf(pen: Pen) -> None:
    """A loop with two fringed ends."""
    ends = (path("M39 40 L57 42 L53 84 L33 82 Z"), path("M50 42 L66 38 L74 76 L56 81 Z"))
    fringes = (("33", "82", "53", "84"), ("56", "81", "74", "76"))
    for (x0, y0, x1, y1), end in zip(fringes, ends, strict=True):
        left, top, right, down = float(x0), float(y0), float(x1), float(y1)
        for step in range(11):
            x, y = left + (right - left) * step / 10, top + (down - top) * step / 10
            pen.line(path(f"M{x} {y} L{x - 0.4} {y + 6.5}"), pen.accent, 0.9)
        pen.cloth(end, "tube", angle=4)
    loop = without(disc(50, 31, 29, 20), disc(50, 25, 15, 8))
    pen.part(disc(50, 26, 16, 10), pen.deep(0.45))
    pen.cloth(loop, "down", angle=-6)
    for fold in ("M26 33 Q34 46 50 47", "M33 30 Q40 39 53 41", "M66 41 Q73 36 75 30"):
        pen.fold(path(fold), 1.0)


def beanie(pen: Pen) -> None:
    """A knitted hat with a bobble."""
    pen.part(disc(50, 17, 10), pen.accent, "ball", "plush")
    pen.cloth(path("M20 66 Q19 22 50 22 Q81 22 80 66 Z"), "ball")
    for x in range(26, 78, 6):
        bend = (x - 50) * 0.35
        pen.fold(path(f"M{x} 62 Q{x - bend * 0.1} 40 {50 + bend} 24"), 0.6)
    brim = box(16, 60, 68, 21, 7)
    pen.part(brim, pen.accent if pen.two_tone else pen.deep(0.1), "tube", pen.look.material)
    for x in range(20, 83, 3):
        pen.line(path(f"M{x} 61.5 L{x} 79.5"), pen.deep(0.5), 0.5, 0.4)
    pen.shade(box(17, 57.5, 66, 3, 1), 0.14, 0.8)


def cap(pen: Pen) -> None:
    """Five panels and a curved peak."""
    pen.part(path("M52 62 Q84 60 92 74 Q88 80 78 76 Q62 70 46 70 Z"), pen.accent, "down", pen.look.material)
    pen.line(path("M54 65.5 Q80 64 88 74"), darker(pen.accent, 0.35), 0.4, 0.7, dash=1.2)
    pen.cloth(path("M12 68 Q8 28 44 26 Q76 26 76 64 Q48 60 12 68 Z"), "ball")
    for line in ("M44 26 Q30 40 31 64", "M44 26 Q62 38 62 62"):
        pen.line(path(line), pen.deep(0.35), 0.6, 0.7)
        pen.seam(moved(path(line), 1.4, 0))
    pen.part(disc(44, 26, 3, 1.9), pen.accent, "ball")
    for x, y in ((24, 44), (46, 40), (66, 44)):
        pen.plain(disc(x, y, 1), pen.deep(0.5))
    pen.fold(path("M12.5 64.5 Q46 57 75.8 61"))


def socks(pen: Pen) -> None:
    """A pair, one behind the other."""
    sock = path("M36 10 L56 10 L56 52 Q56 58 61 62 L76 74 Q82 80 77 86 Q71 92 62 88 L42 74 Q36 69 36 60 Z")
    for shift, shade in ((moved(sock, 7, -2), True), (moved(sock, -10, 3), False)):
        bounds = shift.getBounds()
        x, y = bounds.left(), bounds.top()
        pen.cloth(shift, "tube")
        pen.part(within(shift, box(x - 1, y - 1, 24, 9)), pen.accent, "tube", "wool")
        for line in range(1, 10):
            pen.line(path(f"M{x + line * 2} {y + 0.8} L{x + line * 2} {y + 7.5}"), pen.deep(0.5), 0.4, 0.4)
        pen.part(within(shift, disc(x + 40, y + 78, 11)), pen.accent, "ball", "wool")
        pen.part(within(shift, disc(x + 3, y + 60, 8, 9)), pen.accent, "flat", "wool")
        if shade:
            pen.shade(shift, 0.12)


def sunglasses(pen: Pen) -> None:
    """Two lenses and a bridge."""
    frame, glass = pen.colour, darker(pen.second if pen.two_tone else pen.deep(0.5), 0.45)
    for temple in both_sides("M14 42 Q10 30 20 26 L36 24", middle=50):
        pen.line(temple, darker(frame, 0.25), 2.4)
    for x in (29.5, 70.5):
        lens = box(x - 17, 37, 34, 28, 13) if pen.look.seed % 2 else disc(x, 51, 16.5)
        pen.part(lens, glass, "down")
        pen.shine(within(turned(box(x - 9, 30, 5, 50), 28, x, 50), lens), 0.22, 0.3)
        pen.shine(within(turned(box(x - 2, 30, 1.8, 50), 28, x, 50), lens), 0.18, 0.3)
        pen.line(lens, frame, 3.0)
        pen.line(lens, lighter(frame, 0.4), 0.5, 0.6)
    pen.line(path("M44.5 47 Q50 41.5 55.5 47"), frame, 3.2)


def watch(pen: Pen) -> None:
    """A round dial on a strap."""
    strap = pen.body if pen.look.material == "steel" else pen.colour
    for part in ("M40 8 Q50 5 60 8 L62 34 L38 34 Z", "M38 66 L62 66 L59 94 Q50 98 41 94 Z"):
        pen.part(path(part), strap, "tube", pen.look.material)
    if pen.look.material == "steel":
        for y in (12, 17, 22, 27, 72, 77, 82, 87):
            pen.line(path(f"M39 {y} L61 {y}"), darker(strap, 0.4), 0.6, 0.7)
    else:
        for line in ("M41.5 10 L40 33", "M58.5 10 L60 33", "M40 68 L42.5 92", "M60 68 L57.5 92"):
            pen.line(path(line), lighter(strap, 0.4), 0.4, 0.8, dash=1.2)
        for y in (78, 83, 88):
            pen.plain(disc(50, y, 1), darker(strap, 0.55))
    metal = rgb("brass") if pen.look.seed % 3 == 0 else rgb("steel")
    pen.part(box(72, 47, 4.5, 6, 1.2), metal, "metal")
    pen.part(disc(50, 50, 24), metal, "metal")
    face = pen.pale(0.1)
    ink = (0.15, 0.14, 0.18) if lightness(face) > 0.5 else (0.97, 0.96, 0.93)
    pen.part(disc(50, 50, 20.5), face, "ball")
    for hour in range(12):
        pen.line(turned(path("M50 32 L50 35.4"), hour * 30), ink, 1.3 if hour % 3 == 0 else 0.7)
    pen.line(turned(path("M50 52 L50 39"), -58), ink, 1.7)
    pen.line(turned(path("M50 53 L50 34"), 58), ink, 1.2)
    pen.line(turned(path("M50 55 L50 34"), 200), rgb("coral"), 0.5)
    pen.plain(disc(50, 50, 1.5), ink)
    pen.shine(within(turned(box(30, 20, 12, 60), 35), disc(50, 50, 20.5)), 0.13, 0.4)


DRAWINGS = {
    "t_shirt": t_shirt,
    "shirt": shirt,
    "sweater": sweater,
    "jacket": jacket,
    "trousers": trousers,
    "shorts": shorts,
    "skirt": skirt,
    "dress": dress,
    "scarf": scarf,
    "beanie": beanie,
    "cap": cap,
    "socks": socks,
    "sunglasses": sunglasses,
    "watch": watch,
}
