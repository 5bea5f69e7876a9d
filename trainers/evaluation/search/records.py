"""Search in the table of quality: docs/quality.json and docs/quality.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainers.evaluation import bench, quality

TASK = "search"


def of_report(report: Mapping[str, Any], command: str, revision: str) -> list[quality.Record]:
    """One record a task, ranker and metric; the protocol names the task and what was searched."""
    return [
        {
            "task": TASK,
            "dataset": report["dataset"],
            "protocol": _protocol(task, found, report["corpus"]),
            "model": ranker,
            "metric": metric,
            **estimate,
            "command": command,
            "revision": revision,
        }
        for task, found in report["tasks"].items()
        for ranker, estimates in found["rankers"].items()
        for metric, estimate in estimates.items()
    ]


def _protocol(task: str, found: Mapping[str, Any], corpus: str) -> str:
    """A ranking of what was learned from must not be read as one of products that nobody has seen."""
    learned = found["learned_from"]
    if learned is None:
        corpus += ", not known which were learned from"
    elif learned:
        corpus += f", {learned:,} of {found['asked_for']:,} asked for were learned from"
    return f"{task} ({found['questions']:,} questions, {found['documents']:,} documents, {corpus})"


def update(folder: Path, report: Mapping[str, Any], command: str) -> None:
    """Merges into quality.json and makes the page anew."""
    quality.update(folder / "quality.json", of_report(report, command, bench.revision()))
    bench.render(folder)
