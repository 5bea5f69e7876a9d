"""docs/quality.md, made from the records of docs/quality.json."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from trainers.evaluation.quality import OF, TASK, Record

ACCURACY = ("ndcg@10", "recall@10", "mrr@10", "map@10", "ndcg@20", "recall@20")
BEYOND = ("coverage@10", "novelty@10", "diversity@10", "popularity bias@10", "fit seconds")
PARTED = "ndcg@10"
HEAD = """# Quality

Made by `make bench-quality`, which writes the same numbers to `quality.json` for machines; do not edit this page (what
is said here in words stands in `trainers/evaluation/`). Every number was measured by the command beside it, at the
revision that `quality.json` names. In brackets: 95 % bootstrap intervals over shoppers.

"""


def write(file: Path, found: Sequence[Record], notes: str) -> None:
    """Writes the page."""
    file.write_text(HEAD + notes + "\n" + "\n".join(_section(rows) for rows in _groups(found)), encoding="utf-8")


def _groups(found: Sequence[Record]) -> list[list[Record]]:
    def place(record: Record) -> tuple[str, str, str]:
        return record["task"], record["dataset"], record["protocol"]

    return [list(rows) for _, rows in groupby(sorted(found, key=place), place)]


def _section(rows: Sequence[Record]) -> str:
    first = rows[0]
    title = f"## {first['task']}: {first['dataset']}, protocol {first['protocol']}\n"
    models: dict[str, dict[str, Record]] = {}
    for row in rows:
        models.setdefault(row["model"], {})[row["metric"]] = row
    tables = _recommend(models) if first["task"] == TASK else [_table(models, _metrics(rows), True)]
    commands = dict.fromkeys(row["command"] for row in rows)
    return "\n".join([title, *tables, "Measured by:\n", *(f"    {command}" for command in commands), ""])


def _recommend(models: Mapping[str, Mapping[str, Record]]) -> list[str]:
    ordered = dict(sorted(models.items(), key=lambda item: -item[1][PARTED]["value"]))
    asked = next(iter(ordered.values()))["questions"]["value"]
    parts = dict.fromkeys(
        metric for found in ordered.values() for metric in found if metric.startswith(f"{PARTED}{OF}")
    )
    return [
        f"{asked:,.0f} questions.\n",
        _table(ordered, ACCURACY, True),
        "Beyond hitting the right product:\n",
        _table(ordered, BEYOND, False),
        f"{PARTED} of parts of the questions (how many there are in the head):\n",
        _parts(ordered, list(parts)),
    ]


def _parts(models: Mapping[str, Mapping[str, Record]], metrics: Sequence[str]) -> str:
    counts = {metric: _count(models, metric.partition(OF)[2]) for metric in metrics}
    heads = [f"{metric.partition(OF)[2]} ({counts[metric]:,.0f})" for metric in metrics]
    return _lines(["model", *heads], [[name, *_cells(found, metrics, True)] for name, found in models.items()])


def _count(models: Mapping[str, Mapping[str, Record]], part: str) -> float:
    name = f"questions{OF}{part}"
    return float(next(found[name]["value"] for found in models.values() if name in found))


def _table(models: Mapping[str, Mapping[str, Record]], metrics: Sequence[str], intervals: bool) -> str:
    rows = [[name, *_cells(found, metrics, intervals)] for name, found in models.items()]
    return _lines(["model", *metrics], rows)


def _metrics(rows: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(row["metric"] for row in rows))


def _cells(found: Mapping[str, Record], metrics: Sequence[str], intervals: bool) -> list[str]:
    return [_cell(found[metric], intervals) if metric in found else "-" for metric in metrics]


def _cell(record: Record, intervals: bool) -> str:
    value, low, high = (float(record[name]) for name in ("value", "low", "high"))
    if low == value == high and value != 0:
        return f"{value:,.1f}"
    between = "-" if low >= 0 else " to "
    return f"{value:.4f} ({low:.4f}{between}{high:.4f})" if intervals else f"{value:.4f}"


def _lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
