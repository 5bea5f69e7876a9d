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
    surface = skia.Surface(SIZE, SIZE)
    with surface as canvas:
        look = look_of(product)
        _background(canvas, look)
        canvas.scale(UNIT, UNIT)
        if near:
            canvas.translate(-45, -38)
            canvas.scale(1.9, 1.9)
        shadow = skia.ImageFilters.DropShadow(1.0, 2.2, 2.2, 2.2, 0x4A2A1F26)
        canvas.saveLayer(None, skia.Paint(ImageFilter=shadow))
        drawing(product.kind.key)(Pen(canvas, look))
        canvas.restore()
    encoded = surface.makeImageSnapshot().encodeToData(skia.kJPEG, QUALITY)
    return bytes(encoded)


def drawing(key: str) -> Callable[[Pen], None]:
    """The drawing of a kind of product."""
    return shapes.DRAWINGS[key]


def _background(canvas: skia.Canvas, look: Look) -> None:
    """A wall that is brighter in the middle."""
    ground = paper(look.colour, look.seed // 7)
    colours = [skia_colour(lighter(ground, 0.45)), skia_colour(ground), skia_colour(darker(ground, 0.05))]
    middle = skia.Point(SIZE * 0.45, SIZE * 0.4)
    canvas.drawPaint(skia.Paint(Shader=skia.GradientShader.MakeRadial(middle, SIZE * 0.85, colours, [0, 0.6, 1])))
