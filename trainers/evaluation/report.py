"""The report of an evaluation: a table for people, JSON for machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from trainers.datasets import Shop
from trainers.evaluation.harness import Result
from trainers.evaluation.protocols import Split

WIDE = 160
"""Characters: all columns of the widest table."""
SHOWN = ("ndcg@20", "recall@20", "mrr")
SHOWN_BEYOND = ("ndcg@10", "recall@10", "map@10", "coverage@10", "novelty@10", "diversity@10", "popularity bias@10")


def console() -> Console:
    """Where tables are printed: as wide as a terminal is, and whole into files and pipes."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDE)


@dataclass(frozen=True)
class Row:
    """A model, how it did and how long it took."""

    name: str
    result: Result
    fit_s: float


def as_json(shop: Shop, protocol: str, made: Split, rows: Sequence[Row], command: str) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "dataset": shop.name,
        "data_fingerprint": shop.fingerprint,
        "protocol": protocol,
        "ranking": "full, without the products that the shopper has come across",
        "command": command,
        "counts": {
            "products": len(shop.products),
            "shoppers": len(shop.events.users),
            "events": len(made.events),
            "events_to_learn_from": len(made.known),
            "validation_questions": len(made.validation),
            "test_questions": len(made.test),
        },
        "models": {row.name: _model(row) for row in rows},
    }


def _model(row: Row) -> Mapping[str, Any]:
    parts = {part: {name: vars(found) for name, found in some.items()} for part, some in row.result.parts.items()}
    return {
        "metrics": {name: vars(found) for name, found in row.result.metrics.items()},
        **({"beyond": {name: vars(found) for name, found in row.result.beyond.items()}} if row.result.beyond else {}),
        **({"parts": parts} if parts else {}),
        "slices": {name: {"questions": n, "ndcg@20": value} for name, (n, value) in row.result.slices.items()},
        "coverage@20": row.result.coverage,
        "novelty@20": row.result.novelty,
        "fit_seconds": round(row.fit_s, 2),
    }


def show(console: Console, title: str, rows: Sequence[Row]) -> None:
    """Prints the table."""
    table = Table(title=title, title_justify="left")
    table.add_column("model", no_wrap=True)
    for name in (SHOWN[0], "95 % interval", *SHOWN[1:], "coverage"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        first, *others = (row.result.metrics[name] for name in SHOWN)
        interval = f"{first.low:.4f}-{first.high:.4f}"
        cells = [f"{found.value:.4f}" for found in others]
        table.add_row(row.name, f"{first.value:.4f}", interval, *cells, f"{row.result.coverage:.0%}")
    console.print(table)
    best = rows[-1]
    parts = [f"{name} {value:.4f} [dim](n={n})[/]" for name, (n, value) in best.result.slices.items()]
    console.print(f"{best.name}, ndcg@20 of parts: " + ", ".join(parts))


def show_beyond(console: Console, rows: Sequence[Row]) -> None:
    """Prints what a list is worth beyond hitting the right product; a dash where the data does not tell."""
    table = Table(title="at 10", title_justify="left")
    table.add_column("model", no_wrap=True)
    for name in SHOWN_BEYOND:
        table.add_column(name.removesuffix("@10").replace("popularity", "pop."), justify="right", no_wrap=True)
    for row in rows:
        found = {**row.result.metrics, **row.result.beyond}
        table.add_row(row.name, *(f"{found[name].value:.3f}" if name in found else "-" for name in SHOWN_BEYOND))
    console.print(table)
