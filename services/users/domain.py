"""Accounts and sessions, without any technology."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, ip_address, ip_network
from urllib.parse import unquote

MOST_DIGITS = 18
"""Of a version: 64 bits hold any number of so many."""
NO_PASSWORD = ""
"""Stands for the hash of an account that nobody can log in to."""
MOST_ADDRESS = 64
SHOPPER, VISITOR, MERCHANT, ADMIN, SERVICE = "shopper", "visitor", "merchant", "admin", "service"


@dataclass(frozen=True)
class Account:
    """A person who can log in."""

    id: str
    email: str
    display_name: str
    roles: tuple[str, ...]
    version: int
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> str:
        """`users/ID`."""
        return f"users/{self.id}"

    @property
    def etag(self) -> str:
        """Changes with every write."""
        return str(self.version)


@dataclass(frozen=True)
class Credential:
    """What log-in compares with."""

    account: Account
    password_hash: str


@dataclass(frozen=True)
class Preferences:
    """Category names, most liked first."""

    account_id: str
    categories: tuple[str, ...]
    update_time: datetime | None


@dataclass(frozen=True)
class StoredSession:
    """A session as the database has it."""

    id: str
    subject: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Tokens:
    """What a caller gets for proving who they are."""

    subject: str
    roles: tuple[str, ...]
    access_token: str
    access_expire_time: datetime
    refresh_token: str = ""
    refresh_expire_time: datetime | None = None


@dataclass(frozen=True)
class Change:
    """A line of the change feed: exactly one of the kinds is set."""

    change_time: datetime
    preferences: Preferences | None = None
    visitor: str = ""
    user: str = ""
    """With `visitor`: who the visitor turned out to be."""
    erased_user: str = ""


def version_of(etag: str) -> int:
    """The version that an etag names; one that no account ever has when it is not an etag of ours."""
    return int(etag) if etag.isdecimal() and len(etag) <= MOST_DIGITS else 0


def network(address: str) -> str:
    """Whom a network address stands for: itself, or of IPv6 the /64 that one subscriber has all addresses of."""
    try:
        parsed = ip_address(unquote(address).strip("[]"))
    except ValueError:
        return address[:MOST_ADDRESS]
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))


def normalized(email: str) -> str:
    """The one spelling of an address: two that differ in case are one account."""
    return email.strip().lower()
