"""What a person sees while the mesh comes up: one line a step, with how long it took."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

PIPED = 200
"""Columns of a table that goes to a file or a program, where nothing needs to be cut."""
console = Console(highlight=False, soft_wrap=True)
if not console.is_terminal and "COLUMNS" not in os.environ:
    console.width = PIPED


@contextmanager
def step(title: str) -> Iterator[None]:
    """Shows a step: a spinner while it works on a terminal, then one line with its time."""
    began = time.monotonic()
    try:
        with console.status(title):
            yield
    except BaseException:
        console.print(f"  [red]✗[/] {title}")
        raise
    done(title, time.monotonic() - began)


@contextmanager
def loud_step(title: str) -> Iterator[None]:
    """Shows a step that prints by itself, between a line that opens it and one that closes it."""
    began = time.monotonic()
    console.print(f"  [cyan]▸[/] {title}")
    try:
        yield
    except BaseException:
        console.print(f"  [red]✗[/] {title}")
        raise
    done(title, time.monotonic() - began)


def done(title: str, seconds: float) -> None:
    """Prints the closing line of a step."""
    console.print(f"  [green]✓[/] {title} [dim]({seconds:.1f} s)[/]")
