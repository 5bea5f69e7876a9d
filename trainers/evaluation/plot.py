"""A plot of an evaluation: bars with their intervals, as SVG, which needs no package to write or to see."""

from collections.abc import Sequence
from html import escape

from trainers.evaluation.report import Row

METRIC = "ndcg@10"
WIDTH, LEFT, RIGHT, LINE, TOP = 720, 150, 90, 30, 50


def svg(title: str, rows: Sequence[Row]) -> str:
    """One bar a model, NDCG@10 with its 95 % interval."""
    most = max((row.result.metrics[METRIC].high for row in rows), default=0.0) or 1.0
    height = TOP + LINE * len(rows) + 10
    bars = "\n".join(_bar(row, TOP + LINE * place, most) for place, row in enumerate(rows))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>\n'
        f'<text x="10" y="22" font-size="15">{escape(title)}</text>\n'
        f'<text x="10" y="40" fill="#666">{METRIC}, with 95 % intervals</text>\n'
        f"{bars}\n</svg>\n"
    )


def _bar(row: Row, y: int, most: float) -> str:
    found = row.result.metrics[METRIC]

    def x(value: float) -> float:
        return round(LEFT + value / most * (WIDTH - LEFT - RIGHT), 1)

    middle = y + LINE / 2
    return (
        f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end">{escape(row.name)}</text>'
        f'<rect x="{LEFT}" y="{y + 6}" width="{round(x(found.value) - LEFT, 1)}" height="{LINE - 12}" fill="#4c78a8"/>'
        f'<path d="M{x(found.low)} {middle}H{x(found.high)}" stroke="black" stroke-width="1.5"/>'
        f'<text x="{x(found.high) + 6}" y="{middle + 4}">{found.value:.4f}</text>'
    )
