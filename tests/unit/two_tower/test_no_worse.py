"""A small loss passes, a large one does not, and small ones do not add up."""

import numpy as np
import pytest

from trainers.datasets.tables import Floats
from trainers.evaluation import metrics
from trainers.two_tower import no_worse

TOLERATED = 0.02
LEVEL = 0.4


def values(mean: float, questions: int = 100, spread: float = 0.2) -> Floats:
    """Of a release beside one that has LEVEL at each question: mean differences, exactly, and a spread."""
    drawn = np.random.default_rng(0).normal(size=questions)
    return LEVEL + mean + spread * (drawn - drawn.mean()) / drawn.std()


def beside(new: Floats, before: float = 0.0, tolerated: float = TOLERATED) -> dict[str, float]:
    old, shopper = np.full(len(new), LEVEL), np.arange(len(new))
    return no_worse.measure(new, old, shopper, before, tolerated)


def said(found: dict[str, float]) -> str:
    return no_worse.problem("The towers", "ndcg@20", {no_worse.PART: {"release 7": found}})


@pytest.mark.parametrize("mean", [0.05, 0.0, -0.007])
def test_better_equal_and_slightly_worse_pass(mean: float) -> None:
    found = beside(values(mean))
    assert found["given_up"] == pytest.approx(max(0.0, -mean / LEVEL))
    assert said(found) == ""


def test_a_loss_that_few_questions_cannot_tell_from_chance_is_refused() -> None:
    found = beside(values(-0.03))
    assert found["low"] < 0 < found["high"], "chance could explain it"
    assert said(found) == (
        f"The towers are worse than release 7 on held-out events, by more than is tolerated: ndcg@20 -0.0300 (95 % "
        f"interval {found['low']:+.4f} to {found['high']:+.4f}). With what the releases before lost and did not win "
        f"back that gives up 7.5% of the metric, and 2.0% may be (tolerated_loss in the settings). {no_worse.AGAIN}"
    )


def test_a_small_loss_that_is_certain_is_refused() -> None:
    found = beside(values(-0.004, questions=10_000, spread=0.05))
    assert found["given_up"] < TOLERATED
    assert found["high"] < 0
    assert "by more than chance explains" in said(found)


def test_steps_down_do_not_add_up() -> None:
    """Each step alone would pass, for as long as one likes; the losses of all of them together may be one."""
    passed, given_up = 0, 0.0
    while not said(found := beside(values(-0.002), given_up)):
        passed, given_up = passed + 1, no_worse.carried({no_worse.PART: {"release 7": found}})
        assert passed < 10
    assert passed == 4
    assert said(beside(values(-0.002))) == ""


def test_what_was_lost_can_be_won_back_and_no_more_than_that() -> None:
    found = beside(values(0.004), before=0.015)
    assert found["given_up"] == pytest.approx(0.005)
    assert beside(values(0.3), before=0.015)["given_up"] == 0.0


def test_an_equal_release_passes_whatever_was_lost_before() -> None:
    assert said(beside(values(0.0), before=TOLERATED)) == ""
    assert said(beside(values(0.0), before=0.3)) == "", "more was tolerated then"
    assert said(beside(values(0.0), tolerated=0.0)) == ""


def test_what_finds_nothing_can_be_followed() -> None:
    nothing = np.zeros(50)
    found = no_worse.measure(nothing, nothing, np.arange(50), 0.0, TOLERATED)
    assert found["given_up"] == 0.0
    assert said(found) == ""


def test_what_is_no_release_is_compared_by_chance_alone() -> None:
    found = vars(metrics.estimate(values(-0.03) - LEVEL, np.arange(100)))
    assert said(found) == ""
    assert no_worse.carried({no_worse.PART: {"item-kNN": found}}) == 0.0
    assert no_worse.carried({}) == 0.0
