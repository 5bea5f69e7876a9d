"""A plot of a curve: a line a model over how much is known, with intervals, as SVG."""

from collections.abc import Mapping, Sequence
from html import escape

from trainers.evaluation.metrics import Estimate

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 60, 210, 60, 50
COLOURS = ("#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2")


def svg(title: str, axis: str, ticks: Sequence[str], lines: Mapping[str, Sequence[Estimate]], aim: float | None) -> str:
    """Draws it.

    Args:
        title: stands above.
        axis: what the values are.
        ticks: how much is known at each point.
        lines: a value for each tick, by model.
        aim: drawn as a dashed line.
    """
    most = max([*(found.high for line in lines.values() for found in line), aim or 0.0]) or 1.0

    def x(place: float) -> float:
        return round(LEFT + place / max(len(ticks) - 1, 1) * (WIDTH - LEFT - RIGHT), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM), 1)

    parts = [_text(10, 24, title, 15), _text(10, 44, f"{axis}, with 95 % intervals", 12)]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        level = y(share * most)
        parts.append(f'<path d="M{LEFT} {level}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, level + 4, f"{share * most:.2f}", 11, "end"))
    parts += [_text(x(place), HEIGHT - BOTTOM + 20, tick, 12, "middle") for place, tick in enumerate(ticks)]
    if aim is not None:
        parts.append(f'<path d="M{LEFT} {y(aim)}H{WIDTH - RIGHT}" stroke="#888" stroke-dasharray="6 4"/>')
        parts.append(_text(WIDTH - RIGHT + 8, y(aim) + 4, f"the aim, {aim:.2f}", 11))
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(place)},{y(found.value)}" for place, found in enumerate(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for place, found in enumerate(line):
            parts.append(f'<path d="M{x(place)} {y(found.low)}V{y(found.high)}" stroke="{colour}" stroke-width="1.5"/>')
            parts.append(f'<circle cx="{x(place)}" cy="{y(found.value)}" r="3.5" fill="{colour}"/>')
        legend = TOP + 18 * number
        parts.append(f'<rect x="{WIDTH - RIGHT + 8}" y="{legend}" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(WIDTH - RIGHT + 24, legend + 9, name, 12))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n{body}\n</svg>\n'
    )


def _text(x: float, y: float, text: str, size: int, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'
