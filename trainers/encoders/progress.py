"""Progress bars that can be silent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def bar(title: str, total: int, start: int = 0, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar; what is yielded moves it on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=quiet) as progress:
        task = progress.add_task(title, total=total, completed=start)
        yield lambda count: progress.advance(task, count)
