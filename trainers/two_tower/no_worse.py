"""Whether a release is no worse than the one that answers. A loss is tolerated once, not once a release.

Of two releases that are equally good chance puts the new one below as often as above, so a small loss must pass. With
few questions a large one is within chance, too: a shop that retrains every day could go downhill step by step. So what
a release loses is carried to those that follow, which pay it back with what they gain: a cumulative sum (Page,
Continuous inspection schemes, 1954).
"""

from collections.abc import Mapping
from typing import Any

from trainers.datasets.tables import Floats, Ints
from trainers.evaluation import metrics

PART = "no_worse_than"
"""Of a report: what was measured, by the name of the other model."""
AGAIN = "The next retraining asks about what shoppers choose until then, too."


def measure(new: Floats, old: Floats, shopper: Ints, before: float, tolerated: float) -> dict[str, float]:
    """How a release stands beside the one that answers, on the same questions.

    Args:
        new: its metric, by question.
        old: that of the one that answers.
        shopper: whose question each is.
        before: what the one that answers and those before it had given up, as a share of their metric.
        tolerated: how much may be given up, as a share of the metric.

    Returns:
        The mean difference, its 95 % interval, what is given up with this release, and what may be.
    """
    above = metrics.estimate(new - old, shopper)
    level = float(old.mean())
    lost = -above.value / level if level else 0.0
    # Nothing is carried beyond what is tolerated now, or an equally good release could not follow.
    given_up = max(0.0, min(before, tolerated) + lost)
    return vars(above) | {"given_up": given_up, "tolerated": tolerated}


def carried(part: Mapping[str, Any]) -> float:
    """What a release and those before it gave up, as a share of the metric; 0 of one that followed none.

    Args:
        part: of its report, the one that holds PART.
    """
    return max((float(found.get("given_up", 0.0)) for found in part.get(PART, {}).values()), default=0.0)


def problem(what: str, metric: str, part: Mapping[str, Any]) -> str:
    """A sentence about what is worse than it may be; empty where nothing is.

    A model that no release is measured after another by, as item-kNN, has no share that is given up: it is worse where
    chance does not explain it.
    """
    for name, found in part.get(PART, {}).items():
        measured = f"{metric} {found['value']:+.4f} (95 % interval {found['low']:+.4f} to {found['high']:+.4f})"
        begin = f"{what} are worse than {name} on held-out events, by more than"
        if found["high"] < 0:
            return f"{begin} chance explains: {measured}."
        if found.get("given_up", 0.0) > found.get("tolerated", 0.0):
            return (
                f"{begin} is tolerated: {measured}. With what the releases before lost and did not win back that gives "
                f"up {found['given_up']:.1%} of the metric, and {found['tolerated']:.1%} may be (tolerated_loss in the "
                f"settings). {AGAIN}"
            )
    return ""
