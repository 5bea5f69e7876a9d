"""What Ctrl-C, a closed terminal and a plain `kill` do."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from local.console import console

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Handler = Callable[[int, FrameType | None], None]


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Raises KeyboardInterrupt for each of them, so that all end in an orderly stop.

    The handlers are set even where the shell ignores SIGINT (a job in the background), because what is
    started from here would inherit that, and Milvus and PostgreSQL are stopped by SIGINT. Whom `nohup` started is not
    ended by a closed terminal.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(interrupt):
        yield


@contextmanager
def undisturbed(said: str) -> Iterator[None]:
    """Says something instead, to whoever cannot wait: what goes on here has to come to its end."""

    def say(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):  # the terminal may be closed
            console.print(f"  {said}")

    with _handled(say):
        yield


@contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    wanted = [number for number in STOPPING if not _by_nohup(number)]
    before = {number: signal.signal(number, handler) for number in wanted}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _by_nohup(number: signal.Signals) -> bool:
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
