"""Colours as numbers between 0 and 1, and what light does to them."""

import colorsys

from trainers.simulator.catalogue.words import COLOURS

Rgb = tuple[float, float, float]

MATERIALS: dict[str, str] = {
    "oak": "#CFA873", "walnut": "#7A5236", "beech": "#E0BD8F", "ash": "#DCCBAA", "maple": "#E3C08C",
    "bamboo": "#D8BC7E",
    "cedar": "#C98F62", "lime wood": "#E6CFA3", "cork": "#C99F6B", "jute": "#C8AE7E",
    "steel": "#C3C8CD", "aluminium": "#D3D7DA", "zinc": "#A9B2B6", "titanium": "#9FA3A8", "brass": "#D0A852",
    "copper": "#CB8259", "cast iron": "#3E4146",
}  # fmt: skip
"""Materials that have a colour of their own."""

PAPERS = ("#F5EFE6", "#F1E5D8", "#F5E4DF", "#E1ECF2", "#E3EFE7", "#EEEAF1", "#F6EED6", "#E8EBE6", "#F3E9EE")
"""Pale enough to carry any colour, and to lie side by side."""


def rgb(name: str) -> Rgb:
    """A colour by its name in the catalogue, or as #RRGGBB."""
    text = COLOURS.get(name) or MATERIALS.get(name) or name
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`share` of the other."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(colour: Rgb, share: float) -> Rgb:
    """Towards white."""
    return mix(colour, (1.0, 1.0, 1.0), share)


def darker(colour: Rgb, share: float) -> Rgb:
    """Towards a deep warm shadow; black would look dead."""
    red, green, blue = colour
    hue, light, strength = colorsys.rgb_to_hls(red, green, blue)
    return colorsys.hls_to_rgb(hue, light * (1 - share), min(1.0, strength * (1 + share * 0.2)))


def lightness(colour: Rgb) -> float:
    """As the eye sees it (Rec. 709)."""
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def paper(colour: Rgb, choice: int) -> Rgb:
    """A background that a product of this colour stands out from: one of the six that are furthest from it."""
    papers = sorted(map(rgb, PAPERS), key=lambda other: -sum((a - b) ** 2 for a, b in zip(colour, other, strict=True)))
    return papers[choice % 6]


def skia_colour(colour: Rgb, alpha: float = 1.0) -> int:
    """As 0xAARRGGBB."""
    parts = (alpha, *colour)
    number = 0
    for part in parts:
        number = number << 8 | max(0, min(255, round(part * 255)))
    return number
