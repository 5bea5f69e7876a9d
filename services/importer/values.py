"""Cells to values. What cannot be read raises CellError with a reason that names the remedy."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from services.importer.domain import Price

Row = Mapping[str, Any]
D = TypeVar("D", int, None)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_ORDER = re.compile(r"[A-Za-z0-9._~:-]{0,128}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
LONGEST_ID = 128
LATEST_SECONDS = 100_000_000_000
"""The year 5138: a larger number is milliseconds."""


class CellError(Exception):
    """A cell that cannot be taken."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def text(row: Row, field: str) -> str:
    """A cell as text without the spaces around it; empty when there is none."""
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, (dict, list, bytes)):
        raise CellError(field, f"must be text; it is {_kind(value)}")
    if isinstance(value, float):  # a column of whole numbers with a gap comes as floats, the gap as NaN
        value = "" if math.isnan(value) else int(value) if value.is_integer() else value
    found = str(value).strip()
    if (bad := _NOT_TEXT.search(found)) is not None:
        why = "has a NUL character" if bad[0] == "\x00" else "is not UTF-8"
        raise CellError(field, f"{why}; save the file as UTF-8 text")
    return found


def required(row: Row, field: str) -> str:
    """Text that must be there."""
    if not (found := text(row, field)):
        raise CellError(field, "is required and empty")
    return found


def identifier(row: Row, field: str) -> str:
    """An id as the shop takes it."""
    found = required(row, field)
    if len(found) > LONGEST_ID or not _ID.fullmatch(found):
        allowed = f"at most {LONGEST_ID} letters, digits and . _ ~ -, beginning with a letter or digit"
        raise CellError(field, f"{found[:40]!r} is no id: {allowed}")
    return found


def order_id(row: Row, field: str) -> str:
    """An order's id as the shop takes it: itself, or where it has other characters or more than 128, its hash."""
    found = text(row, field)
    return found if _ORDER.fullmatch(found) else hashlib.sha256(found.encode()).hexdigest()


def integer(row: Row, field: str, default: D, least: int = 0, most: int = 1_000_000_000) -> int | D:
    """A whole number within limits; the default for an empty cell."""
    if not (found := text(row, field)):
        return default
    try:
        number = int(found)
    except ValueError:
        raise CellError(field, f"{found[:40]!r} is not a whole number") from None
    if not least <= number <= most:
        raise CellError(field, f"must be from {least} to {most}; it is {found[:40]}")
    return number


def amount(row: Row, field: str) -> Decimal | None:
    """An amount of money such as 12.50; None for an empty cell."""
    if not (found := text(row, field)):
        return None
    return decimal(field, found)


def decimal(field: str, found: str) -> Decimal:
    """An amount of money from text."""
    try:
        number = Decimal(found)
    except InvalidOperation:
        raise CellError(field, f"{found[:40]!r} is no amount; write it like 1234.50") from None
    if not number.is_finite() or not 0 <= number < 10**15:
        raise CellError(field, f"must be from 0 to 10^15; it is {found[:40]}")
    if number != round(number, 9):
        raise CellError(field, "has more than nine places after the point")
    return number


def price(row: Row, field: str, currency_field: str) -> Price | None:
    """An amount with its currency; None for an empty amount."""
    number = amount(row, field)
    if number is None:
        return None
    currency = text(row, currency_field)
    if not _CURRENCY.fullmatch(currency):
        raise CellError(currency_field, f"must be three capital letters such as EUR; it is {currency[:20]!r}")
    return Price(number, currency)


def moment(row: Row, field: str) -> datetime | None:
    """A time from RFC 3339 text, seconds since 1970, or a column of timestamps; None for an empty cell."""
    value = row.get(field)
    if isinstance(value, datetime):
        return _utc(field, value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not (found := text(row, field)):
        return None
    try:
        seconds = float(found)
    except ValueError:
        return _rfc3339(field, found)
    if not 0 <= seconds < LATEST_SECONDS:
        raise CellError(field, f"{found[:40]} is not in seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def _rfc3339(field: str, found: str) -> datetime:
    try:
        return _utc(field, datetime.fromisoformat(found))
    except ValueError:
        raise CellError(field, f"{found[:40]!r} is no time; write it like 2026-01-31T12:00:00Z") from None


def _utc(field: str, time: datetime) -> datetime:
    try:
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        raise CellError(field, f"{time} is before the year 1 or after the year 9999") from None


def mapping(row: Row, field: str) -> dict[str, str]:
    """An object of texts: one as it is, or JSON text; empty for an empty cell."""
    value = row.get(field)
    if isinstance(value, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value):
        value = dict(value)  # how Parquet gives a map
    if not isinstance(value, dict):
        if not (found := text(row, field)):
            return {}
        try:
            value = json.loads(found)
        except (ValueError, RecursionError):
            raise CellError(field, 'is not JSON; write it like {"colour": "blue"}') from None
    if not isinstance(value, dict):
        raise CellError(field, f"must be an object of names and texts; it is {_kind(value)}")
    try:
        return {str(key): found for key in value if (found := text(value, key))}
    except CellError as error:
        raise CellError(field, f"{error.field}: {error.why}") from None


def several(row: Row, field: str, separator: str = "|") -> tuple[str, ...]:
    """Several texts: a list as it is, or text with separators."""
    value = row.get(field)
    if isinstance(value, (list, tuple)):
        parts = [text({field: part}, field) for part in value]
    else:
        parts = [part.strip() for part in text(row, field).split(separator)]
    return tuple(part for part in parts if part)


def category_path(row: Row, field: str) -> tuple[str, ...]:
    """Names from the root, from `Apparel > Tops`."""
    return several(row, field, ">")


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else type(value).__name__
