"""The tables of the users database."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
)
from sqlalchemy import Text as Text_

from services.kit import changes

metadata = MetaData()
now = func.now()


def _time(name: str, **options: object) -> Column[object]:
    return Column(name, DateTime(timezone=True), **options)  # type: ignore[arg-type]


accounts = Table(
    "accounts",
    metadata,
    Column("id", Text_, primary_key=True),
    Column("email", Text_, nullable=False, unique=True),
    Column("display_name", Text_, nullable=False),
    Column("roles", ARRAY(Text_), nullable=False),
    Column("password_hash", Text_, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="1"),
    _time("create_time", nullable=False, server_default=now),
    _time("update_time", nullable=False, server_default=now),
)
preferences = Table(
    "preferences",
    metadata,
    Column("account_id", Text_, ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("categories", ARRAY(Text_), nullable=False),
    _time("update_time", nullable=False, server_default=now),
)
sessions = Table(
    "sessions",
    metadata,
    Column("id", Text_, primary_key=True),
    Column("subject", Text_, nullable=False),
    Column("roles", ARRAY(Text_), nullable=False),
    _time("create_time", nullable=False, server_default=now),
    _time("end_time"),
    Index("sessions_of_subject", "subject"),
)
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    # Only the hash is kept: who reads the table cannot log in.
    Column("digest", LargeBinary, primary_key=True),
    Column("session_id", Text_, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    _time("expire_time", nullable=False),
    _time("use_time"),
    Index("refresh_tokens_of_session", "session_id"),
)
attempts = Table(
    "attempts",
    metadata,
    Column("key", Text_, primary_key=True),
    Column("count", Integer, nullable=False),
    _time("window_start", nullable=False),
)
account_changes = Table(
    "account_changes",
    metadata,
    changes.sequence_column(),
    changes.transaction_column(),
    Column("kind", Text_, nullable=False),
    Column("user", Text_, nullable=False),
    Column("visitor", Text_, nullable=False, server_default=""),
    Column("categories", ARRAY(Text_)),
    _time("change_time", nullable=False, server_default=now),
    Index("account_changes_order", "transaction_id", "sequence"),
)
