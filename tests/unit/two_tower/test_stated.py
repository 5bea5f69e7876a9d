"""Preferences count for what happened after they were stated."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.two_tower.conftest import QUICK, SHOP
from trainers.evaluation.protocols import split
from trainers.two_tower import history
from trainers.two_tower.sequences import Sequences
from trainers.two_tower.spec import of_config

NAME = "users/u0"
USER = list(SHOP.events.users).index(NAME)
BEGIN, END = SHOP.events.starts[USER : USER + 2].tolist()
TIMES = SHOP.events.time[BEGIN:END]
ALWAYS_SHOWN = replace(QUICK, preference_rate=0.0)


def shown(since: float | None) -> list[tuple[int, int, bool]]:
    """Of the shopper's pieces: where they begin and end, and whether training shows the preferences beside them."""
    stated = replace(SHOP, preferred_since={} if since is None else {NAME: since})
    data = Sequences(stated, of_config(QUICK), ALWAYS_SHOWN)
    pieces = data.pieces(np.random.default_rng(0))
    own = pieces[(pieces[:, 0] >= BEGIN) & (pieces[:, 1] <= END)]
    preferred = data._batch(own, np.random.default_rng(0)).preferred
    told = [row[0] == "c1" for row in preferred]
    return [(int(begin), int(end), each) for (begin, end), each in zip(own, told, strict=True)]


@pytest.mark.parametrize(
    ("since", "pieces"),
    [
        (None, [(BEGIN, END, True)]),
        (TIMES[0] - 1, [(BEGIN, END, True)]),
        (TIMES[0], [(BEGIN, BEGIN + 1, False), (BEGIN + 1, END, True)]),
        (TIMES[6] + 1e-3, [(BEGIN, BEGIN + 7, False), (BEGIN + 7, END, True)]),
        (TIMES[-1] + 1, [(BEGIN, END, False)]),
    ],
)
def test_training_shows_them_beside_later_events_alone(
    since: float | None, pieces: list[tuple[int, int, bool]]
) -> None:
    assert shown(since) == pieces


def test_nothing_to_predict_is_lost_where_a_sequence_is_cut() -> None:
    def targets(since: dict[str, float]) -> list[int]:
        data = Sequences(replace(SHOP, preferred_since=since), of_config(QUICK), ALWAYS_SHOWN)
        found = np.concatenate([batch.targets.ravel() for batch in data.batches(np.random.default_rng(0))])
        return sorted(found[found >= 0].tolist())

    assert targets({NAME: TIMES[6]}) == targets({})


def test_questions_know_those_that_were_stated_before() -> None:
    asked = split(SHOP.events, "last").test
    own = np.flatnonzero(asked.user == USER)
    question = asked.take(own[:1])
    moment = float(question.time[0])

    def preferred(since: float) -> str:
        stated = replace(SHOP, preferred_since={NAME: since})
        return str(history.cut(stated.events, question, of_config(QUICK), stated.preferred).preferred[0, 0])

    assert (preferred(moment - 1), preferred(moment), preferred(moment + 1)) == ("c1", "", "")


def test_data_with_other_times_is_other_data() -> None:
    prints = {replace(SHOP, preferred_since=since).fingerprint for since in ({}, {NAME: 1.0}, {NAME: 2.0})}
    assert len(prints) == 3
