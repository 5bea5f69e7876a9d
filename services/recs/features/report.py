"""The report of the views: a table for people, JSON for machines and for the worker's metrics."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from services.recs.features.drift import DRIFTED, MOVING, Drift, Verdict
from services.recs.features.monitor import Freshness, Report

FILE = "report.json"
COLOURS = {Verdict.STEADY: "green", Verdict.MOVING: "yellow", Verdict.DRIFTED: "red", Verdict.TOO_FEW: "dim"}
ADVICE = (
    "What to do: under {moving} nothing; up to {drifted} look again tomorrow; above, learn again from what shoppers do "
    "now (make retrain). If prices, brands or categories moved and nobody changed them, look at the last import first. "
    "If histories moved within a day, look at who writes the events: a page that counts twice, or a robot, looks like "
    "that."
)


def as_json(report: Report) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "measured": report.measured.isoformat(timespec="seconds"),
        "release": report.release,
        "learned_until": report.until.isoformat(timespec="seconds") if report.until else None,
        "views": {
            found.view: {
                "rows": found.rows,
                "newest": found.newest.isoformat() if found.newest else None,
                "age_s": _age_s(found, report.measured),
                "features": {each.feature: _drift(each) for each in report.drift.get(found.view, ())},
            }
            for found in report.freshness
        },
    }


def save(report: Report, file: Path) -> None:
    """Writes the JSON, whole or not at all."""
    draft = file.with_suffix(f".{os.getpid()}.new")
    draft.write_text(json.dumps(as_json(report), indent=2) + "\n")
    draft.replace(file)


def load(repo: Path) -> dict[str, Any] | None:
    """The last report that the batch wrote in a repository; None before the first."""
    try:
        found: dict[str, Any] = json.loads((repo / FILE).read_text())
    except FileNotFoundError:
        return None
    return found


def show(report: Report, console: Console) -> None:
    """Prints the tables."""
    fresh = _table("Features", "rows", "newest")
    for found in report.freshness:
        fresh.add_row(found.view, f"{found.rows:,}", _newest(found, report.measured))
    console.print(fresh)
    if report.until is None:
        console.print("No release answers yet, so there is nothing to compare with.")
        return
    title = f"Beside what release {report.release} learned from, up to {report.until:%Y-%m-%d %H:%M}"
    drift = _table(title, "then", "now", "PSI", "verdict")
    for view, features in report.drift.items():
        for each in features:
            cells = (
                f"{each.then:,}",
                f"{each.now:,}",
                f"{each.psi:.3f}",
                f"[{COLOURS[each.verdict]}]{each.verdict}[/]",
            )
            drift.add_row(f"{view}: {each.feature}", *cells)
    console.print(drift)
    console.print(ADVICE.format(moving=MOVING, drifted=DRIFTED))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _drift(found: Drift) -> dict[str, Any]:
    return {"learned_from": found.then, "now": found.now, "psi": round(found.psi, 5), "verdict": found.verdict.value}


def _age_s(found: Freshness, now: datetime) -> float | None:
    return round((now - found.newest).total_seconds(), 1) if found.newest else None


def _newest(found: Freshness, now: datetime) -> str:
    age = _age_s(found, now)
    if age is None:
        return "never"
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if age >= size:
            return f"{age / size:.1f} {name} ago"
    return f"{age:.0f} s ago"
