"""Asks every question of every task of every ranker."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainers.evaluation.search import metrics
from trainers.evaluation.search.rankers import Corpus, Ranker
from trainers.evaluation.search.tasks import Task

QUESTIONS = 256
"""Ranked at once: the scores of a large corpus stay small in memory."""
PICTURES = "clip pictures"


def measure(tasks: Sequence[Task], corpus: Corpus, rankers: Mapping[str, Ranker]) -> dict[str, Any]:
    """Estimates by task, ranker and metric, and how many questions and documents there are."""
    places = {id_: place for place, id_ in enumerate(corpus.ids)}
    found: dict[str, Any] = {}
    for task in tasks:
        chosen = {name: rank for name, rank in rankers.items() if (name == PICTURES) is task.pictures_alone}
        found[task.name] = {
            "questions": len(task.truth),
            "documents": len(corpus.ids),
            "rankers": {name: ask(task, places, rank) for name, rank in chosen.items()},
        }
    return found


def ask(task: Task, places: Mapping[str, int], rank: Ranker) -> Mapping[str, metrics.Estimate]:
    """One task, one ranker."""
    questions = list(task.truth)
    parts: list[dict[str, Any]] = []
    for begin in range(0, len(questions), QUESTIONS):
        asked = questions[begin : begin + QUESTIONS]
        right = [np.array([places[id_] for id_ in task.truth[question]]) for question in asked]
        parts.append(metrics.of_scores(rank(asked), right))
    values = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return metrics.estimates(values)
