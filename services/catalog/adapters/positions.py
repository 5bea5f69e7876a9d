"""Values of a page token, which anybody may have written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from services.kit.errors import InvalidArgument


@contextmanager
def forged_is_invalid() -> Iterator[None]:
    """Says that the page token is at fault when a value in it is not what a token of ours holds."""
    try:
        yield
    except (KeyError, ValueError, TypeError, IndexError, InvalidOperation, OverflowError):
        raise InvalidArgument.field("page_token", "is not one that this service gave out") from None


def text(value: Any) -> str:
    """A string that PostgreSQL can hold."""
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    return value


def number(value: Any) -> Decimal:
    """An exact, finite number."""
    parsed = Decimal(text(value))
    if not parsed.is_finite() or abs(parsed) >= Decimal(10) ** 20:
        raise ValueError
    return parsed


def ratio(value: Any) -> float:
    """A float as JSON writes it."""
    if type(value) not in (int, float):
        raise ValueError
    return float(value)


def truth(value: Any) -> bool:
    """A boolean."""
    if not isinstance(value, bool):
        raise ValueError
    return value


def time(value: Any) -> datetime:
    """A moment that has a name in UTC, exact to the microsecond."""
    moment = datetime.fromisoformat(text(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


Reader = Callable[[Any], Any]
