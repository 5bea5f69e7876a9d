"""The table of quality: what was measured, as records for machines and as pages for people.

A record is `{task, dataset, protocol, model, metric, value, low, high, command, revision}`. Who measures again
replaces the records of the same task, data set, protocol and model, and leaves all others alone.
"""

import argparse
import fcntl
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = Mapping[str, Any]
FIELDS = ("task", "dataset", "protocol", "model", "metric", "value", "low", "high", "command", "revision")
TASK = "recommend"
OF = " of "
"""Between a metric and the part of the questions that it was measured on."""


def records(report: Mapping[str, Any], command: str, revision: str) -> list[Record]:
    """The records of one evaluation's report."""
    place = {"task": TASK, "dataset": report["dataset"], "protocol": report["protocol"]}
    source = {"command": command, "revision": revision}
    return [
        {**place, "model": model, "metric": metric, **estimate, **source}
        for model, measured in report["models"].items()
        for metric, estimate in _estimates(measured, report["counts"])
    ]


def _estimates(measured: Mapping[str, Any], counts: Mapping[str, int]) -> Iterable[tuple[str, Mapping[str, float]]]:
    yield from measured["metrics"].items()
    yield from measured.get("beyond", {}).items()
    for part, metrics in measured.get("parts", {}).items():
        yield f"questions{OF}{part}", _exact(measured["slices"][part]["questions"])
        yield from ((f"{metric}{OF}{part}", estimate) for metric, estimate in metrics.items())
    yield "questions", _exact(counts["test_questions"])
    yield "fit seconds", _exact(measured["fit_seconds"])


def _exact(value: float) -> Mapping[str, float]:
    return {"value": value, "low": value, "high": value}


def merge(old: Sequence[Record], new: Sequence[Record]) -> list[Record]:
    """The old records without those that were measured again, and the new ones."""
    again = {_key(record) for record in new}
    kept = [record for record in old if _key(record) not in again]
    return sorted([*kept, *new], key=lambda record: (record["task"], record["dataset"], record["protocol"]))


def _key(record: Record) -> tuple[str, ...]:
    return tuple(str(record[name]) for name in ("task", "dataset", "protocol", "model"))


def folder(named: str) -> Path:
    """A folder that a command is to write to, made before hours are spent on measuring.

    Raises:
        argparse.ArgumentTypeError: it cannot be one.
    """
    found = Path(named).expanduser()
    try:
        found.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{found} cannot be a folder: {error.strerror}") from None
    return found


def file(named: str) -> Path:
    """A file that a command is to write, in a folder that is there.

    Raises:
        argparse.ArgumentTypeError: its folder cannot be one, or it is a folder itself.
    """
    found = Path(named).expanduser()
    if found.is_dir():
        raise argparse.ArgumentTypeError(f"{found} is a folder; name a file in it")
    return folder(str(found.parent)) / found.name


def load(file: Path) -> list[Record]:
    """The records that were measured before; none if there is no file."""
    found: list[Record] = json.loads(text) if (text := _text(file)) else []
    return found


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def update(file: Path, new: Sequence[Record]) -> None:
    """Merges into the file; runs side by side wait for each other."""
    file.touch()
    with file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        save(file, merge(load(file), new))


def save(file: Path, found: Sequence[Record]) -> None:
    """Writes one record a line, so that a change shows which."""
    lines = ",\n".join(json.dumps({name: record[name] for name in FIELDS}) for record in found)
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
