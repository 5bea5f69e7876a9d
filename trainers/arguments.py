"""Numbers on the command line: what makes no sense is refused before anything begins."""

import argparse
import math
from collections.abc import Callable


def whole(least: int = 0) -> Callable[[str], int]:
    """Reads whole numbers from `least` up; others are an ArgumentTypeError."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} up")
        return int(text)

    return read


def number(text: str) -> float:
    """Reads a number from 0 up; others, infinity among them, are an ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 up")
    return value


def share(text: str) -> float:
    """Reads a number from 0 to 1; others are an ArgumentTypeError."""
    if (value := number(text)) > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return value


count, natural = whole(1), whole()
