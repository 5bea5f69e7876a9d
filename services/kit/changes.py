"""Durable change feeds that miss nothing, over a PostgreSQL table.

A sequence alone is no order to follow: a transaction that took an earlier number may commit later, and a reader who
has passed it never sees its row. So a row also holds the id of its transaction, and readers see only rows of
transactions older than every one that is still running (`pg_snapshot_xmin`), ordered by (transaction, sequence).
"""

from sqlalchemy import BigInteger, Column, Select, Table, Text, cast, func, literal, literal_column, select, tuple_
from sqlalchemy.types import UserDefinedType

from services.kit.errors import InvalidArgument

START = "0-0"
MOST = 2**63 - 1


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def sequence_column() -> Column[int]:
    """The feed's `sequence` column."""
    return Column("sequence", BigInteger, primary_key=True, autoincrement=True)


def transaction_column() -> Column[int]:
    """The feed's `transaction_id` column."""
    return Column("transaction_id", Xid8(), server_default=func.pg_current_xact_id(), nullable=False)


def safe_changes(table: Table, cursor: str, limit: int) -> Select[tuple[object, ...]]:
    """The rows after `cursor` that no earlier row can join any more, oldest first, at most `limit`.

    The rows have two more columns, `_transaction` and `_sequence`, for `cursor_of`.

    Raises:
        InvalidArgument: the cursor is not one that `cursor_of` made.
    """
    transaction, sequence = _parse(cursor)
    horizon = literal_column("pg_snapshot_xmin(pg_current_snapshot())", Xid8())
    after = tuple_(cast(cast(literal(str(transaction)), Text), Xid8()), literal(sequence))
    return (
        select(table, cast(table.c.transaction_id, Text).label("_transaction"), table.c.sequence.label("_sequence"))
        .where(table.c.transaction_id < horizon)
        .where(tuple_(table.c.transaction_id, table.c.sequence) > after)
        .order_by(table.c.transaction_id, table.c.sequence)
        .limit(limit)
    )


def cursor_of(row: object) -> str:
    """Where to go on after a row of `safe_changes`."""
    return f"{row._transaction}-{row._sequence}"  # type: ignore[attr-defined]


def _parse(cursor: str) -> tuple[int, int]:
    transaction, dash, sequence = (cursor or START).partition("-")
    # Each part is a 64-bit number, and a longer one is an error of the database's.
    if not (dash and transaction.isdecimal() and sequence.isdecimal()) or len(cursor) > 40:
        raise InvalidArgument.field("cursor", "is not one that this service gave out")
    position = int(transaction), int(sequence)
    if max(position) > MOST:
        raise InvalidArgument.field("cursor", "is not one that this service gave out")
    return position
