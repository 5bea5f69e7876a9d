"""Registers what is laid out, and removes it only where the service certainly does not have it.

A reply that is lost says nothing of what the service did: a release that it knows, and whose models and vectors are
gone, would stand in its list as one that can answer.
"""

from collections.abc import Callable
from contextlib import ExitStack

from rich.console import Console

from trainers.release.errors import ReleaseError
from trainers.release.steps import PATIENCE_S, wait

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
        if known is False:
            laid_out.close()
            raise
        if not refused:
            raise
        if known is None:
            raise ReleaseError(f"{error} Nobody can say whether {what} is registered. {LATER}") from error
        console.print(f"{error} It has {what} all the same: its reply was lost.", soft_wrap=True)


def _ask(is_known: Callable[[], bool], patience_s: float) -> bool | None:
    """None where the service does not answer for so long."""
    found: list[bool] = []
    try:
        wait([lambda: found.append(is_known())], patience_s)
    except ReleaseError:
        return None
    return found[0]
