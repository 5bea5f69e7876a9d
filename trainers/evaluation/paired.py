"""Two models on the very same questions: how far one is above the other.

Intervals of two models overlap where shoppers differ a lot, even when one model is better for nearly all of them. The
difference of each question has an interval of its own (paired bootstrap over shoppers, Efron and Tibshirani 1993).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trainers.datasets.tables import Floats, Ints
from trainers.evaluation import metrics
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.protocols import Queries
from trainers.evaluation.report import Row

TASK = "recommend, two-tower less the other model"
QUESTIONS = ("user", "time", "relevant")


@dataclass(frozen=True)
class Answers:
    """What models scored on each question, and which questions these were."""

    questions: Mapping[str, Ints | Floats]
    models: Mapping[str, Mapping[str, Floats]]

    def same_questions(self, other: "Answers") -> bool:
        """Whether both were asked the same."""
        return all(np.array_equal(self.questions[name], other.questions[name]) for name in QUESTIONS)


def save(file: Path, queries: Queries, rows: Sequence[Row]) -> None:
    """Writes what each model scored on each question."""
    scored = {f"{row.name}/{metric}": values for row in rows for metric, values in row.result.each.items()}
    asked = {name: getattr(queries, name) for name in QUESTIONS}
    np.savez_compressed(file, **asked, **scored)  # type: ignore[arg-type]


def load(file: Path) -> Answers:
    """Reads what `save` wrote."""
    models: dict[str, dict[str, Floats]] = {}
    with np.load(file) as arrays:
        for key in arrays.files:
            model, _, metric = key.rpartition("/")
            if model:
                models.setdefault(model, {})[metric] = arrays[key]
        return Answers({name: arrays[name] for name in QUESTIONS}, models)


def above(first: Mapping[str, Floats], second: Mapping[str, Floats], shopper: Ints | Floats) -> Mapping[str, Estimate]:
    """How far the first model is above the second, by metric."""
    return metrics.estimates(
        {name: first[name] - second[name] for name in first if name in second}, shopper.astype(np.int64)
    )
