"""One picture: a background, a shadow, the product."""

from collections.abc import Callable

import skia

from trainers.simulator.catalogue.products import SimulatedProduct
from trainers.simulator.pictures import shapes
from trainers.simulator.pictures.palette import darker, lighter, paper, rgb, skia_colour
from trainers.simulator.pictures.pen import Look, Pen

SIZE = 512
QUALITY = 86
UNIT = SIZE / 100
NEAR, NEAR_FROM = 1.9, (-45.0, -38.0)
"""How much larger, and which corner, the second picture shows."""
SHADOW, BLUR, SHADOW_TO, COARSE = 0x4A2A1F26, 11.0, (5.0, 11.0), 4
"""Colour, blur and place of the shadow in pixels, and how much smaller it is blurred."""


def look_of(product: SimulatedProduct) -> Look:
    """What the picture shows of a product."""
    attributes = product.attributes
    return Look(
        colour=rgb(attributes["colour"]),
        second=rgb(attributes.get("second colour", "ivory")),
        material=attributes["material"],
        pattern=attributes["pattern"],
        seed=product.seed,
    )


def picture(product: SimulatedProduct, near: bool = False) -> bytes:
    """A square JPEG; `near` shows a part of the product twice as large."""
    look = look_of(product)
    drawn = _drawn(product.kind.key, look, near)
    surface = skia.Surface(SIZE, SIZE)
    with surface as canvas:
        _background(canvas, look)
        _shadow(canvas, drawn)
        canvas.drawImage(drawn, 0, 0)
    return bytes(surface.makeImageSnapshot().encodeToData(skia.kJPEG, QUALITY))


def _drawn(key: str, look: Look, near: bool) -> skia.Image:
    """The product alone."""
    surface = skia.Surface(SIZE, SIZE)
    with surface as canvas:
        canvas.scale(UNIT, UNIT)
        if near:
            canvas.translate(*NEAR_FROM)
            canvas.scale(NEAR, NEAR)
        drawing(key)(Pen(canvas, look))
    return surface.makeImageSnapshot()


def _shadow(canvas: skia.Canvas, drawn: skia.Image) -> None:
    """What the product throws on the wall; blurred in a quarter of the size, which nobody sees and is much faster."""
    small = skia.Surface(SIZE // COARSE, SIZE // COARSE)
    paint = skia.Paint(
        ColorFilter=skia.ColorFilters.Blend(SHADOW, skia.BlendMode.kSrcIn),
        ImageFilter=skia.ImageFilters.Blur(BLUR / COARSE, BLUR / COARSE),
    )
    linear = skia.SamplingOptions(skia.FilterMode.kLinear)
    with small as coarse:
        coarse.drawImageRect(drawn, skia.Rect.MakeWH(SIZE // COARSE, SIZE // COARSE), linear, paint)
    canvas.drawImageRect(small.makeImageSnapshot(), skia.Rect.MakeXYWH(*SHADOW_TO, SIZE, SIZE), linear)


def drawing(key: str) -> Callable[[Pen], None]:
    """The drawing of a kind of product."""
    return shapes.DRAWINGS[key]


def _background(canvas: skia.Canvas, look: Look) -> None:
    """A wall that is brighter in the middle."""
    ground = paper(look.colour, look.seed // 7)
    colours = [skia_colour(lighter(ground, 0.45)), skia_colour(ground), skia_colour(darker(ground, 0.05))]
    middle = skia.Point(SIZE * 0.45, SIZE * 0.4)
    canvas.drawPaint(skia.Paint(Shader=skia.GradientShader.MakeRadial(middle, SIZE * 0.85, colours, [0, 0.6, 1])))
