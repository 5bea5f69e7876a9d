"""Outlines in a square of 100 by 100, y down."""

import math
import re
from collections.abc import Sequence

import skia

_PART = re.compile(r"([MLQCZ])([^MLQCZ]*)")


def path(text: str) -> skia.Path:
    """An outline from SVG's absolute commands M, L, Q, C and Z."""
    made = skia.Path()
    for command, rest in _PART.findall(text):
        numbers = [float(number) for number in rest.replace(",", " ").split()]
        size = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}[command]
        draw = {"M": made.moveTo, "L": made.lineTo, "Q": made.quadTo, "C": made.cubicTo, "Z": made.close}[command]
        if not size:
            draw()
        for begin in range(0, len(numbers), size or 1):
            draw(*numbers[begin : begin + size])
    return made


def mirrored(text: str, middle: float = 50.0) -> skia.Path:
    """The left half of an outline, from top to bottom on the middle line, with its mirror image."""
    half = path(text)
    other = skia.Path(half)
    other.transform(skia.Matrix().setScale(-1, 1, middle, 0))
    return union(half, other)


def box(x: float, y: float, width: float, height: float, radius: float = 0.0) -> skia.Path:
    """A rectangle with round corners."""
    made = skia.Path()
    made.addRoundRect(skia.Rect.MakeXYWH(x, y, width, height), radius, radius)
    return made


def disc(x: float, y: float, radius: float, height: float | None = None) -> skia.Path:
    """A circle, or an ellipse with that half height."""
    made = skia.Path()
    down = radius if height is None else height
    made.addOval(skia.Rect.MakeLTRB(x - radius, y - down, x + radius, y + down))
    return made


def polygon(points: Sequence[tuple[float, float]]) -> skia.Path:
    """Straight lines between points."""
    made = skia.Path()
    made.addPoly([skia.Point(x, y) for x, y in points], True)
    return made


def turned(shape: skia.Path, degrees: float, x: float = 50.0, y: float = 50.0) -> skia.Path:
    """The shape turned clockwise around a point."""
    made = skia.Path(shape)
    made.transform(skia.Matrix().setRotate(degrees, x, y))
    return made


def moved(shape: skia.Path, x: float, y: float) -> skia.Path:
    """The shape elsewhere."""
    made = skia.Path(shape)
    made.offset(x, y)
    return made


def union(*shapes: skia.Path) -> skia.Path:
    """All of them as one."""
    made = shapes[0]
    for shape in shapes[1:]:
        made = skia.Op(made, shape, skia.kUnion_PathOp)
    return made


def without(shape: skia.Path, hole: skia.Path) -> skia.Path:
    """What is left of a shape."""
    return skia.Op(shape, hole, skia.kDifference_PathOp)


def within(shape: skia.Path, bounds: skia.Path) -> skia.Path:
    """What both have."""
    return skia.Op(shape, bounds, skia.kIntersect_PathOp)


def on_circle(x: float, y: float, radius: float, degrees: float) -> tuple[float, float]:
    """A point on a circle; 0 degrees is to the right, 90 is down."""
    angle = math.radians(degrees)
    return x + radius * math.cos(angle), y + radius * math.sin(angle)


def both_sides(*texts: str, middle: float = 50.0) -> list[skia.Path]:
    """Each outline on the left, and its mirror image on the right."""
    made = []
    for text in texts:
        left = path(text)
        right = skia.Path(left)
        right.transform(skia.Matrix().setScale(-1, 1, middle, 0))
        made += [left, right]
    return made
