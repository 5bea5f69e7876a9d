"""Sports and toys."""

from trainers.simulator.pictures.palette import darker, lighter, rgb
from trainers.simulator.pictures.paths import (
    both_sides,
    box,
    disc,
    moved,
    on_circle,
    path,
    polygon,
    turned,
    within,
    without,
)
from trainers.simulator.pictures.pen import Pen

_BLACK = (0.19, 0.19, 0.21)


def yoga_mat(pen: Pen) -> None:
    """Rolled up, one end unrolled."""
    pen.ground(52, 84, 42)
    pen.cloth(path("M20 50 L84 50 L93 84 L11 84 Z"), "down", angle=90)
    pen.line(path("M12.2 80.6 L91.8 80.6"), pen.accent if pen.two_tone else pen.pale(0.5), 0.9, 0.8)
    pen.line(path("M11.2 83.8 L92.8 83.8"), pen.deep(0.35), 1.0)
    pen.shade(box(16, 48, 70, 10), 0.3, 2.2)
    pen.cloth(box(18, 20, 66, 34, 3), "down", angle=90)
    pen.shine(box(22, 26, 58, 3, 1.5), 0.22, 0.8)
    pen.part(disc(18.5, 37, 8.5, 17), pen.pale(0.15), "flat", pen.look.material)
    for share in (0.85, 0.66, 0.47, 0.28):
        pen.line(disc(18.5, 37, 8.5 * share, 17 * share), pen.deep(0.35), 0.9, 0.8)


def dumbbell(pen: Pen) -> None:
    """Two six-sided ends on a bar."""
    pen.ground(50, 66, 38)
    pen.part(box(30, 44, 40, 9, 4), rgb("steel"), "down")
    for x in range(36, 66, 2):
        pen.line(path(f"M{x} 45 L{x + 1.4} 52"), darker(rgb("steel"), 0.4), 0.4, 0.6)
    for side in (-1, 1):
        middle = 50 + side * 25
        far = [on_circle(middle + side * 4, 48, 18, angle) for angle in range(0, 360, 60)]
        near = [on_circle(middle, 48, 20, angle) for angle in range(0, 360, 60)]
        pen.part(polygon(far), pen.deep(0.35), "down")
        pen.part(polygon(near), pen.colour, "flat", pen.look.material)
        pen.line(polygon(near), pen.pale(0.25), 0.6, 0.6)
        face = [on_circle(middle, 48, 13, angle) for angle in range(0, 360, 60)]
        pen.part(polygon(face), pen.second if pen.two_tone else pen.deep(0.15), "flat")
        weight = ("M-3 -4 L3 -4 L-1 4", "M3 -4 L-2 -4 L-2 0 Q3 -1 3 2 Q3 5 -2 4", "M-1.5 -3 L0 -4 L0 4")[
            pen.look.seed % 3
        ]
        pen.line(moved(path(weight), middle, 48), pen.pale(0.8), 1.3)


def ball(pen: Pen) -> None:
    """A football with five-sided patches."""
    pen.ground(50, 88, 26)
    round_ = disc(50, 50, 38)
    pen.part(round_, lighter(pen.second, 0.3) if pen.look.pattern == "plain" else pen.second, "ball", pen.look.material)
    turn = pen.look.seed % 72
    patches = [[on_circle(50, 50, 12.5, turn + corner * 72) for corner in range(5)]]
    for number in range(5):
        x, y = on_circle(50, 50, 35, turn + 36 + number * 72)
        patches.append([on_circle(x, y, 12, turn + 36 + number * 72 + 36 + corner * 72) for corner in range(5)])
    for number in range(5):
        near = on_circle(50, 50, 12.5, turn + number * 72)
        far = on_circle(50, 50, 25.5, turn + number * 72)
        pen.line(path(f"M{near[0]} {near[1]} L{far[0]} {far[1]}"), pen.deep(0.3), 0.8, 0.8)
        for aside in (-26, 26):
            to = on_circle(50, 50, 29, turn + number * 72 + aside * 0.62)
            pen.line(path(f"M{far[0]} {far[1]} L{to[0]} {to[1]}"), pen.deep(0.3), 0.8, 0.8)
    for patch in patches:
        pen.part(within(polygon(patch), round_), pen.colour, "none", pen.look.material)
        pen.line(within(polygon(patch), round_), pen.deep(0.35), 0.6, 0.7)
    pen.shade(without(round_, disc(44, 43, 41)), 0.26, 3.0)
    pen.shine(disc(38, 32, 8, 6), 0.45, 3.0)


def skateboard(pen: Pen) -> None:
    """The deck from above at an angle, wheels showing."""
    for y in (27, 73):
        for x in (36, 58):
            wheel = turned(box(x, y - 4, 6, 8, 2.2), 28)
            pen.part(wheel, pen.pale(0.75), "tube")
    deck = turned(box(38.5, 6, 23, 88, 11.5), 28)
    pen.cloth(deck, "flat", angle=28)
    pen.line(deck, rgb("maple"), 1.3)
    if pen.look.pattern == "plain":
        for y, colour in ((40, pen.second), (46, pen.deep(0.3)), (52, pen.pale(0.5))):
            pen.part(
                within(turned(path(f"M30 {y + 8} L70 {y - 8} L70 {y - 3} L30 {y + 13} Z"), 28), deck), colour, "none"
            )
    if pen.two_tone:
        pen.part(within(turned(box(30, 50, 40, 50), 28), deck), pen.second, "flat", pen.look.material)
    for y in (23, 27, 71, 75):
        for x in (47, 53):
            pen.part(turned(disc(x, y, 0.9), 28), rgb("steel"), "ball")


def bear(pen: Pen) -> None:
    """Sits, with a bow."""
    pen.ground(50, 91, 30)
    fur, nose = pen.colour, darker(pen.colour, 0.62)
    muzzle = pen.pale(0.5)
    for leg in both_sides("M37 72 Q22 72 20 82 Q20 92 32 92 Q44 92 45 82 Z"):
        pen.part(leg, fur, "ball", "plush")
    for x in (28.5, 71.5):
        pen.part(disc(x, 84, 6, 6.4), muzzle, "ball")
    pen.part(disc(50, 70, 21, 20), fur, "ball", "plush")
    pen.part(disc(50, 72, 13, 13), muzzle, "ball", "plush")
    for arm in both_sides("M36 54 Q22 56 20 70 Q20 78 27 77 Q33 75 36 64 Z"):
        pen.part(arm, fur, "ball", "plush")
    for x in (29, 71):
        pen.part(disc(x, 20, 9), fur, "ball", "plush")
        pen.part(disc(x, 20.5, 5), muzzle, "ball")
    pen.shade(disc(50, 55, 18, 4), 0.16, 2.0)
    pen.part(disc(50, 34, 25, 22), fur, "ball", "plush")
    pen.part(disc(50, 42, 11, 8.6), muzzle, "ball")
    pen.part(path("M45.5 37 Q50 35 54.5 37 Q53 42 50 42.4 Q47 42 45.5 37 Z"), nose, "ball")
    pen.line(path("M50 42 L50 45.5 M45.5 46 Q48 49 50 45.5 Q52 49 54.5 46"), nose, 0.9)
    for x in (40, 60):
        pen.plain(disc(x, 32, 2.5), nose)
        pen.plain(disc(x - 0.7, 31.2, 0.8), (1.0, 1.0, 1.0))
        pen.plain(disc(x - (50 - x) * 0.35, 40, 3), rgb("coral"), 0.28)
    bow = pen.second if pen.look.seed % 2 else rgb("coral")
    for side in both_sides("M50 58 L38 52.5 Q36 58 38 64 Z"):
        pen.part(side, bow, "flat")
    pen.part(disc(50, 58, 3), darker(bow, 0.15), "ball")


def blocks(pen: Pen) -> None:
    """A gate of coloured wood."""
    pen.ground(50, 88, 36)
    tones = [pen.colour, pen.second, rgb("mustard"), rgb("teal"), rgb("coral"), rgb("sky")]
    first = pen.look.seed % 4
    pieces = (
        (box(16, 62, 18, 26, 1), tones[2 + first % 4]),
        (box(66, 62, 18, 26, 1), tones[0]),
        (box(40, 70, 20, 18, 1), tones[2 + (first + 1) % 4]),
        (box(13, 51, 74, 11, 1), tones[1]),
        (box(20, 31, 16, 20, 1), tones[0]),
        (box(64, 31, 16, 20, 1), tones[2 + (first + 2) % 4]),
        (without(box(36, 31, 28, 20, 0.6), disc(50, 51, 9)), tones[2 + (first + 3) % 4]),
        (path("M18 31 L50 10 L82 31 Z"), tones[0]),
    )
    for shape, colour in pieces:
        pen.part(shape, colour, "flat", "beech")
        pen.line(shape, darker(colour, 0.3), 0.5, 0.6)
    pen.part(disc(50, 23, 4.6), lighter(rgb("beech"), 0.2), "ball", "beech")
    for x in (25, 75):
        pen.part(disc(x, 75, 4), lighter(rgb("beech"), 0.2), "flat", "beech")


def toy_car(pen: Pen) -> None:
    """A round little car on wooden wheels."""
    pen.ground(50, 82, 40)
    body = path("M8 68 Q8 54 22 52 Q30 32 50 31 Q66 31 74 50 Q92 53 92 66 Q92 74 86 74 L14 74 Q8 74 8 68 Z")
    pen.part(body, pen.colour, "down", pen.look.material)
    pen.part(within(body, box(0, 63, 100, 5)), pen.second, "none")
    for window in ("M30 51 Q35 38 47 37 L47 51 Z", "M52 37 Q63 38 67.5 51 L52 51 Z"):
        pen.part(path(window), (0.75, 0.87, 0.92), "down")
        pen.line(path(window), pen.deep(0.3), 0.6, 0.7)
    pen.shine(within(turned(box(36, 30, 3, 26), 25), path("M30 51 Q35 38 47 37 L47 51 Z")), 0.5, 0.2)
    for x in (28, 72):
        pen.plain(disc(x, 74, 12.6), pen.deep(0.45))
        pen.part(disc(x, 75, 11), _BLACK, "flat")
        pen.part(disc(x, 75, 7), rgb("beech"), "flat", "beech")
        pen.part(disc(x, 75, 2), pen.second, "ball")
    pen.part(disc(89, 60, 3, 3.6), (1.0, 0.93, 0.7), "ball")
    pen.part(disc(10.5, 61, 2, 3), rgb("rust"), "ball")
    pen.shine(path("M26 50 Q33 36 48 33.5 Q36 38 30 50 Z"), 0.35)
    pen.line(path("M49.5 37 L49.5 62"), pen.deep(0.35), 0.5, 0.6)
    pen.line(path("M54 56 L59 56"), pen.deep(0.45), 1.1)


def rocket(pen: Pen) -> None:
    """Three stages, fins and a window."""
    pen.ground(50, 91, 20)
    fin = pen.second if pen.look.pattern != "plain" else rgb("coral") if pen.look.seed % 2 else rgb("cobalt")
    for side in both_sides("M36 58 Q22 66 23 88 L38 80 Z"):
        pen.part(side, fin, "flat", "beech")
    pen.part(box(42, 84, 16, 6, 1), _BLACK, "tube")
    body = path("M50 6 Q32 26 34 60 L37 84 L63 84 L66 60 Q68 26 50 6 Z")
    pen.cloth(body, "tube")
    pen.part(within(body, box(20, 0, 60, 24)), fin, "tube", "beech")
    pen.part(within(body, box(20, 70, 60, 6)), pen.second if pen.two_tone else pen.pale(0.6), "tube")
    for y in (24, 70):
        pen.shade(within(body, box(20, y, 60, 0.8)), 0.25)
    pen.part(disc(50, 42, 9), rgb("brass"), "metal")
    pen.part(disc(50, 42, 6.6), (0.5, 0.72, 0.83), "ball")
    pen.shine(disc(47.5, 39.4, 2, 1.5), 0.8, 0.3)
    pen.part(path("M47.5 64 L52.5 64 L53.4 88 L46.6 88 Z"), darker(fin, 0.12), "tube")


DRAWINGS = {
    "yoga_mat": yoga_mat,
    "dumbbell": dumbbell,
    "ball": ball,
    "skateboard": skateboard,
    "bear": bear,
    "blocks": blocks,
    "toy_car": toy_car,
    "rocket": rocket,
}
