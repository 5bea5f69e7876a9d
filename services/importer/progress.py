"""Shows how far an import is: a bar on a terminal, a line now and then in a log."""

import time
from types import TracebackType

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as Remaining

EVERY_S = 10.0


def plain(text: str) -> str:
    """The text without characters that would command a terminal, or that are none: data sets are not to be trusted.

    >>> plain("a\\x1b[2Jb \\udcff")
    'a\\\\x1b[2Jb \\\\udcff'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


class Screen:
    """Everything the command prints."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        columns = (TextColumn("  {task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, Remaining(), console=self._console, disable=not self._console.is_terminal)
        self._task: TaskID | None = None
        self._name, self._done, self._total, self._said = "", 0, 0, 0.0

    def __enter__(self) -> "Screen":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """A line of text."""
        self._console.print(escape(plain(line)), highlight=False, soft_wrap=True)

    def warn(self, line: str) -> None:
        """A line that should be seen."""
        self._console.print(escape(plain(line)), style="yellow", highlight=False, soft_wrap=True)

    def show(self, what: RenderableType) -> None:
        """A table, below the bars, which are at their end."""
        self._bars.stop()
        self._console.print()
        self._console.print(what)

    def begin(self, name: str, total: int | None, done: int = 0) -> None:
        """A new bar."""
        self._name, self._total, self._done, self._said = name, total or 0, done, time.monotonic()
        self._task = self._bars.add_task(name, total=total, completed=done)

    def move_to(self, done: int, total: int | None = None) -> None:
        """The bar's new length."""
        self._done, self._total = done, total or self._total
        if self._task is not None:
            self._bars.update(self._task, completed=done, total=self._total or None)
        if self._bars.disable and time.monotonic() - self._said > EVERY_S:
            self._said = time.monotonic()
            of = f" of {self._total:,}" if self._total else ""
            self.say(f"  {self._name}: {self._done:,}{of}")
