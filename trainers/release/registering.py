"""What came of a call whose reply was lost: the service is asked, before anything is undone or done again.

A release that the service knows, and whose models and vectors are gone, would stand in its list as one that can answer;
a promotion that is taken back twice would take back the one before it, too.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TypeVar

from rich.console import Console

from trainers.release.errors import ReleaseError
from trainers.release.steps import PATIENCE_S, wait

T = TypeVar("T")
LATER = "What was laid out stays: promote it if it is listed, or publish again."


def register(
    create: Callable[[], None], is_known: Callable[[], bool], undo: ExitStack, what: str, console: Console
) -> None:
    """Registers a release; of a call that fails the service is asked what came of it.

    Args:
        create: the call.
        is_known: asks the service whether it has this very release.
        undo: removes what was laid out; it is empty afterwards.
        what: the release, for people.
        console: for people.

    Raises:
        ReleaseError: the service does not take it, and what was laid out is removed; or nobody can say whether it has
            it, and it stays.
    """
    laid_out = undo.pop_all()  # who is interrupted while the service is asked removes nothing
    try:
        create()
    except BaseException as error:
        refused = isinstance(error, ReleaseError)
        known = _ask(is_known, PATIENCE_S if refused else 0.0)
        if known == [False]:
            laid_out.close()
            raise
        if not refused:
            raise
        if not known:
            raise ReleaseError(f"{error} Nobody can say whether {what} is registered. {LATER}") from error
        console.print(f"{error} It has {what} all the same: its reply was lost.", soft_wrap=True)


def settle(change: Callable[[], int], outcome: Callable[[], int | None], console: Console) -> int:
    """Makes a change that must not be made twice; returns what came of it.

    Args:
        change: the call.
        outcome: asks the service what came of it; None where it was not made.
        console: for people.

    Raises:
        ReleaseError: the change was not made, or nobody can say whether it was.
    """
    try:
        return change()
    except ReleaseError as error:
        found = _ask(outcome, PATIENCE_S)
        if not found:
            raise ReleaseError(f"{error} Nobody can say whether it was done: look before you repeat it.") from error
        if found[0] is None:
            raise
        console.print(f"{error} It was done all the same: its reply was lost.", soft_wrap=True)
        return found[0]


def _ask(question: Callable[[], T], patience_s: float) -> list[T]:
    """The answer; none where the service gives none for so long."""
    found: list[T] = []
    with suppress(ReleaseError):
        wait([lambda: found.append(question())], patience_s)
    return found
