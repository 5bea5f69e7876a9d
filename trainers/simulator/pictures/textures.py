"""What a material looks like from near: noise, grain, ribs and weave."""

import skia

from trainers.simulator.pictures.palette import Rgb, darker, lighter, skia_colour

GRAIN = (0.012, 0.28)
"""Frequencies of wood along and across the grain."""
WOODS = ("oak", "walnut", "beech", "ash", "maple", "bamboo", "cedar", "lime wood")
KNITS = ("wool", "cashmere", "alpaca")
WEAVES = ("linen", "canvas", "jute", "linen cover", "recycled fibre")
HIDES = ("leather", "suede", "nubuck", "vegan leather", "velvet", "plush")
BRUSHED = ("steel", "aluminium", "zinc", "titanium", "brass", "copper")
ROUGH = ("stoneware", "terracotta", "cast iron", "cork", "kraft paper", "recycled paper", "recycled plastic")


def draw(canvas: skia.Canvas, bounds: skia.Rect, material: str, colour: Rgb, seed: int) -> None:
    """Lays the material over a colour that is already there."""
    if material in WOODS:
        _noise(canvas, bounds, darker(colour, 0.5), 0.6, GRAIN, 3, seed)
    elif material in KNITS:
        _knit(canvas, bounds, colour)
    elif material in WEAVES:
        _weave(canvas, bounds, colour)
    elif material in HIDES:
        _noise(canvas, bounds, darker(colour, 0.4), 0.3, (0.8, 0.8), 3, seed)
    elif material in BRUSHED:
        _noise(canvas, bounds, darker(colour, 0.35), 0.12, (0.01, 1.6), 2, seed)
    elif material in ROUGH:
        _noise(canvas, bounds, darker(colour, 0.45), 0.26, (1.1, 1.1), 2, seed)


def _noise(
    canvas: skia.Canvas,
    bounds: skia.Rect,
    colour: Rgb,
    alpha: float,
    frequency: tuple[float, float],
    octaves: int,
    seed: int,
) -> None:
    """Perlin noise as the strength of one colour."""
    red, green, blue = colour
    # The noise's red channel, around a half, becomes the alpha; contrast is raised around the middle.
    matrix = [0, 0, 0, 0, red, 0, 0, 0, 0, green, 0, 0, 0, 0, blue, 2.2 * alpha, 0, 0, 0, -0.85 * alpha]
    paint = skia.Paint(
        Shader=skia.PerlinNoiseShader.MakeFractalNoise(*frequency, octaves, seed % 1000),
        ColorFilter=skia.ColorFilters.Matrix(matrix),
    )
    canvas.drawRect(bounds, paint)


def _knit(canvas: skia.Canvas, bounds: skia.Rect, colour: Rgb) -> None:
    """Rows of small v."""
    stitches = skia.Path()
    y = bounds.top()
    while y < bounds.bottom() + 2:
        x = bounds.left()
        while x < bounds.right() + 2:
            stitches.moveTo(x, y)
            stitches.lineTo(x + 0.9, y + 1.1)
            stitches.lineTo(x + 1.8, y)
            x += 2.1
        y += 1.5
    _stroke(canvas, stitches, darker(colour, 0.35), 0.35, 0.4)


def _weave(canvas: skia.Canvas, bounds: skia.Rect, colour: Rgb) -> None:
    """Fine threads both ways."""
    across, along = skia.Path(), skia.Path()
    y = bounds.top()
    while y < bounds.bottom():
        across.moveTo(bounds.left(), y)
        across.lineTo(bounds.right(), y)
        y += 0.9
    x = bounds.left()
    while x < bounds.right():
        along.moveTo(x, bounds.top())
        along.lineTo(x, bounds.bottom())
        x += 0.9
    _stroke(canvas, across, darker(colour, 0.3), 0.22, 0.3)
    _stroke(canvas, along, lighter(colour, 0.35), 0.22, 0.3)


def _stroke(canvas: skia.Canvas, lines: skia.Path, colour: Rgb, width: float, alpha: float) -> None:
    paint = skia.Paint(
        AntiAlias=True, Color=skia_colour(colour, alpha), Style=skia.Paint.kStroke_Style, StrokeWidth=width
    )
    canvas.drawPath(lines, paint)
