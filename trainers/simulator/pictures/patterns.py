"""Stripes, checks, dots, flowers and speckles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import skia

from trainers.simulator.pictures.palette import lighter, lightness, mix, skia_colour
from trainers.simulator.pictures.paths import on_circle

if TYPE_CHECKING:
    from trainers.simulator.pictures.pen import Look

REACH = 75.0
"""Half the width that is covered: enough for a square of 100 turned by any angle."""


def draw(canvas: skia.Canvas, bounds: skia.Rect, look: Look, angle: float = 0.0, scale: float = 1.0) -> None:
    """Draws the look's pattern around the middle of the bounds."""
    drawing = {"striped": _stripes, "checked": _checks, "dotted": _dots, "floral": _flowers, "speckled": _speckles}
    if look.pattern not in drawing:
        return
    canvas.save()
    canvas.translate(bounds.centerX(), bounds.centerY())
    canvas.rotate(angle)
    canvas.scale(scale, scale)
    drawing[look.pattern](canvas, look, np.random.default_rng(look.seed))
    canvas.restore()


def _paint(look: Look, alpha: float = 1.0) -> skia.Paint:
    second = look.second
    if abs(lightness(second) - lightness(look.colour)) < 0.15:
        # Two colours of one lightness make a pattern that nobody sees.
        second = lighter(second, 0.55) if lightness(look.colour) < 0.6 else mix(second, (0.2, 0.15, 0.2), 0.5)
    return skia.Paint(AntiAlias=True, Color=skia_colour(second, alpha))


def _steps(step: float) -> list[float]:
    return np.arange(-REACH, REACH, step).tolist()


def _stripes(canvas: skia.Canvas, look: Look, random: np.random.Generator) -> None:
    """Even, thin on wide, or a band of three."""
    step = float(random.choice([5.0, 7.0, 9.0]))
    widths = ((0.0, step * 0.5), (0.0, step * 0.22), (0.0, step * 0.38), (step * 0.52, step * 0.1))
    kind = int(random.integers(3))
    paint = _paint(look)
    for y in _steps(step):
        for offset, width in widths[kind : kind + 1] if kind < 2 else widths[2:]:
            canvas.drawRect(skia.Rect.MakeXYWH(-REACH, y + offset, 2 * REACH, width), paint)


def _checks(canvas: skia.Canvas, look: Look, random: np.random.Generator) -> None:
    """Gingham, or a windowpane."""
    step = float(random.choice([6.0, 8.0, 10.0]))
    broad = random.random() < 0.6
    width = step * 0.5 if broad else step * 0.12
    paint = _paint(look, 0.5 if broad else 0.85)
    for place in _steps(step):
        canvas.drawRect(skia.Rect.MakeXYWH(-REACH, place, 2 * REACH, width), paint)
        canvas.drawRect(skia.Rect.MakeXYWH(place, -REACH, width, 2 * REACH), paint)


def _dots(canvas: skia.Canvas, look: Look, random: np.random.Generator) -> None:
    step = float(random.choice([5.0, 6.5, 9.0]))
    radius = step * float(random.uniform(0.17, 0.27))
    paint = _paint(look)
    for row, y in enumerate(_steps(step * 0.866)):
        for x in _steps(step):
            canvas.drawCircle(x + (row % 2) * step / 2, y, radius, paint)


def _flowers(canvas: skia.Canvas, look: Look, random: np.random.Generator) -> None:
    step = float(random.choice([9.0, 11.0]))
    petals = int(random.integers(5, 7))
    petal, heart = _paint(look), skia.Paint(AntiAlias=True, Color=0xFFF2CF6B)
    leaf = skia.Paint(AntiAlias=True, Color=0xFF6E8B62)
    for row, y in enumerate(_steps(step * 0.8)):
        for x in _steps(step):
            at_x = x + (row % 2) * step / 2 + float(random.uniform(-0.8, 0.8))
            at_y = y + float(random.uniform(-0.8, 0.8))
            size = step * float(random.uniform(0.13, 0.19))
            turn = float(random.uniform(0, 72))
            _leaf(canvas, at_x, at_y, size, turn, leaf)
            for number in range(petals):
                px, py = on_circle(at_x, at_y, size, turn + number * 360 / petals)
                canvas.drawCircle(px, py, size * 0.72, petal)
            canvas.drawCircle(at_x, at_y, size * 0.55, heart)


def _leaf(canvas: skia.Canvas, x: float, y: float, size: float, turn: float, paint: skia.Paint) -> None:
    canvas.save()
    canvas.translate(x, y)
    canvas.rotate(turn)
    canvas.drawOval(skia.Rect.MakeXYWH(size * 1.2, -size * 0.45, size * 1.9, size * 0.9), paint)
    canvas.restore()


def _speckles(canvas: skia.Canvas, look: Look, random: np.random.Generator) -> None:
    paint = _paint(look, 0.8)
    for x, y, size in zip(*random.uniform(-45, 45, (2, 700)), random.gamma(2.0, 0.14, 700), strict=True):
        canvas.drawCircle(float(x), float(y), float(size), paint)
