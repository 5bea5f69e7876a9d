"""What somebody promoted, took back or tries on some shoppers while a program trained is not undone by it."""

from trainers.release import registry
from trainers.release.errors import Overtaken
from trainers.release.services import Services


def begin(services: Services) -> int | None:
    """The number of the release that is promoted, beside which the new one will be measured; None before the first.

    Raises:
        Overtaken: a canary answers.
    """
    refuse_beside_canary(services)
    return registry.promoted(registry.releases(services))


def refuse_changed(services: Services, before: int | None) -> None:
    """What somebody promoted, took back or tries since the training began is not undone by a program.

    Args:
        services: of the shop.
        before: the release that was promoted then.

    Raises:
        Overtaken: another one is now, or a canary answers.
    """
    refuse_beside_canary(services)
    now = registry.promoted(registry.releases(services))
    if now != before:
        compared = "with none" if before is None else f"with release {before}"
        raise Overtaken(
            f"Release {now} is promoted now; what was trained was compared {compared}, and does not answer. Retrain."
        )


def refuse_beside_canary(services: Services) -> None:
    """What somebody tries on a share of the shoppers is not ended by a program.

    Raises:
        Overtaken: a canary answers.
    """
    tried = registry.canary(registry.releases(services))
    if tried is not None:
        raise Overtaken(
            f"Release {tried} answers a share of the shoppers, and a new release would end that. First promote it, or"
            f" end it: python -m trainers.release canary --release {tried} --percent 0"
        )
