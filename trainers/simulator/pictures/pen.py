"""Fills outlines with a product's colour, pattern and material, and with light."""

from dataclasses import dataclass

import numpy as np
import skia

from trainers.simulator.pictures import palette, patterns, textures
from trainers.simulator.pictures.palette import Rgb, skia_colour


@dataclass(frozen=True)
class Look:
    """What a picture shows of a product."""

    colour: Rgb
    second: Rgb
    material: str
    pattern: str
    seed: int


class Pen:
    """Draws on a canvas of 100 by 100."""

    def __init__(self, canvas: skia.Canvas, look: Look) -> None:
        self.canvas = canvas
        self.look = look
        self.random = np.random.default_rng(look.seed)

    @property
    def colour(self) -> Rgb:
        """The product's colour."""
        return self.look.colour

    @property
    def second(self) -> Rgb:
        """The product's other colour."""
        return self.look.second

    @property
    def two_tone(self) -> bool:
        """Whether parts have the other colour."""
        return self.look.pattern == "two-tone"

    @property
    def accent(self) -> Rgb:
        """For small parts: the other colour of a two-tone product, else a darker tone of its own."""
        return self.look.second if self.two_tone else self.deep(0.25)

    @property
    def body(self) -> Rgb:
        """The material's own colour, or the product's."""
        material = self.look.material
        return palette.rgb(material) if material in palette.MATERIALS else self.look.colour

    def deep(self, share: float = 0.3) -> Rgb:
        """A shade of the product's colour."""
        return palette.darker(self.look.colour, share)

    def pale(self, share: float = 0.4) -> Rgb:
        """A tint of the product's colour."""
        return palette.lighter(self.look.colour, share)

    def cloth(self, shape: skia.Path, light: str = "flat", angle: float = 0.0, scale: float = 1.0) -> None:
        """The product's own surface: colour, pattern, material, light."""
        with _Clip(self.canvas, shape):
            self.canvas.drawPaint(_plain(self.look.colour))
            patterns.draw(self.canvas, shape.getBounds(), self.look, angle, scale)
            textures.draw(self.canvas, shape.getBounds(), self.look.material, self.look.colour, self.look.seed)
            _light(self.canvas, shape, light)

    def part(self, shape: skia.Path, colour: Rgb, light: str = "flat", material: str = "") -> None:
        """Another surface."""
        with _Clip(self.canvas, shape):
            self.canvas.drawPaint(_plain(colour))
            if material:
                textures.draw(self.canvas, shape.getBounds(), material, colour, self.look.seed)
            _light(self.canvas, shape, light)

    def plain(self, shape: skia.Path, colour: Rgb, alpha: float = 1.0) -> None:
        """A flat colour without light."""
        self.canvas.drawPath(shape, _plain(colour, alpha))

    def line(self, shape: skia.Path, colour: Rgb, width: float = 1.0, alpha: float = 1.0, dash: float = 0.0) -> None:
        """A line with round ends; dashed for seams."""
        paint = _plain(colour, alpha)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
        if dash:
            paint.setPathEffect(skia.DashPathEffect.Make([dash, dash * 1.1], 0))
        self.canvas.drawPath(shape, paint)

    def seam(self, shape: skia.Path) -> None:
        """A dashed line in a darker tone."""
        self.line(shape, self.deep(0.35), 0.45, 0.75, dash=1.3)

    def fold(self, shape: skia.Path, width: float = 0.7) -> None:
        """A soft crease."""
        self.line(shape, self.deep(0.45), width, 0.4)

    def shade(self, shape: skia.Path, alpha: float = 0.2, blur: float = 0.0) -> None:
        """Darkens what is there."""
        paint = _plain((0.1, 0.07, 0.12), alpha)
        if blur:
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        self.canvas.drawPath(shape, paint)

    def shine(self, shape: skia.Path, alpha: float = 0.35, blur: float = 0.6) -> None:
        """A reflection."""
        paint = _plain((1.0, 1.0, 1.0), alpha)
        if blur:
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        self.canvas.drawPath(shape, paint)

    def ground(self, x: float, y: float, width: float, height: float = 2.6, alpha: float = 0.34) -> None:
        """The shadow under something that stands."""
        paint = _plain((0.16, 0.11, 0.12), alpha)
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 2.0))
        self.canvas.drawOval(skia.Rect.MakeLTRB(x - width, y - height, x + width, y + height), paint)


class _Clip:
    """Draws inside of an outline only."""

    def __init__(self, canvas: skia.Canvas, shape: skia.Path) -> None:
        self._canvas = canvas
        self._shape = shape

    def __enter__(self) -> None:
        self._canvas.save()
        self._canvas.clipPath(self._shape, True)

    def __exit__(self, *_: object) -> None:
        self._canvas.restore()


def _plain(colour: Rgb, alpha: float = 1.0) -> skia.Paint:
    return skia.Paint(AntiAlias=True, Color=skia_colour(colour, alpha))


_DARK: Rgb = (0.12, 0.06, 0.14)
_WHITE: Rgb = (1.0, 1.0, 1.0)
_LIGHTS: dict[str, tuple[tuple[float, ...], tuple[tuple[Rgb, float], ...]]] = {
    # Positions along the light, and what lies on the colour there.
    "flat": ((0, 0.5, 1), ((_WHITE, 0.16), (_WHITE, 0.0), (_DARK, 0.16))),
    "tube": ((0, 0.28, 0.6, 1), ((_DARK, 0.16), (_WHITE, 0.24), (_DARK, 0.02), (_DARK, 0.34))),
    "metal": (
        (0, 0.15, 0.3, 0.5, 0.72, 0.88, 1),
        ((_DARK, 0.3), (_WHITE, 0.3), (_WHITE, 0.6), (_DARK, 0.08), (_DARK, 0.3), (_WHITE, 0.2), (_DARK, 0.25)),
    ),
    "down": ((0, 0.45, 1), ((_WHITE, 0.2), (_WHITE, 0.0), (_DARK, 0.26))),
}


def _light(canvas: skia.Canvas, shape: skia.Path, light: str) -> None:
    bounds = shape.getBounds()
    paint = skia.Paint(AntiAlias=True)
    if light == "ball":
        centre = skia.Point(bounds.left() + bounds.width() * 0.36, bounds.top() + bounds.height() * 0.3)
        colours = [skia_colour(_WHITE, 0.38), skia_colour(_WHITE, 0.0), skia_colour(_DARK, 0.36)]
        paint.setShader(
            skia.GradientShader.MakeRadial(centre, max(bounds.width(), bounds.height()) * 0.75, colours, [0, 0.42, 1])
        )
    elif light == "none":
        return
    else:
        places, stops = _LIGHTS[light]
        begin = skia.Point(bounds.left(), bounds.top())
        end = skia.Point(bounds.right(), bounds.top())
        if light == "flat":
            end = skia.Point(bounds.right() - bounds.width() * 0.1, bounds.bottom())
        elif light == "down":
            end = skia.Point(bounds.left(), bounds.bottom())
        colours = [skia_colour(colour, alpha) for colour, alpha in stops]
        paint.setShader(skia.GradientShader.MakeLinear([begin, end], colours, list(places)))
    canvas.drawRect(bounds, paint)
