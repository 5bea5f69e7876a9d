"""Limits on guessing passwords and machines' secrets, per account or client and per address."""

import hashlib
from dataclasses import dataclass

from services.kit import database
from services.kit.errors import ResourceExhausted
from services.users.domain import network
from services.users.ports import Attempts


@dataclass(frozen=True)
class GuessLimits:
    """Tries in a window."""

    per_account_and_address: int
    per_account: int
    per_address: int
    sign_ups_per_address: int
    exchanges_per_client_and_address: int


class Guesses:
    """Counts tries before a password is looked at, so that guessing in parallel gains nothing.

    Of machines only wrong secrets are counted: theirs are long and random, not to be found by guessing, and a service
    that came with its new secret before users had it must not be locked out.
    """

    def __init__(self, attempts: Attempts, limits: GuessLimits) -> None:
        self._attempts = attempts
        self._limits = limits

    async def log_in(self, email: str, address: str) -> None:
        """Counts a try to log in.

        Raises:
            ResourceExhausted: there were too many; says when to come back, and not for which of the reasons.
        """
        account, address = _account(email), network(address)
        await self._count(f"pair:{account}:{address}", self._limits.per_account_and_address)
        await self._count(f"account:{account}", self._limits.per_account)
        await self._count(f"address:{address}", self._limits.per_address)

    async def log_in_succeeded(self, email: str, address: str) -> None:
        """Forgets the tries of somebody who knew the password in the end.

        Of the account's count only this try is taken back: its other tries may be somebody else's guesses.
        """
        account = _account(email)
        await self._attempts.forget(f"pair:{account}:{network(address)}")
        await self._attempts.take_back(f"account:{account}")

    async def exchange_failed(self, client_id: str, address: str) -> None:
        """Counts a machine's try with a wrong secret; where the database is gone, nothing is counted.

        Raises:
            ResourceExhausted: there were too many; says when to come back, and not for which of the reasons.
        """
        client, address = _account(client_id), network(address)
        try:
            await self._count(f"client:{client}:{address}", self._limits.exchanges_per_client_and_address)
            await self._count(f"clients-address:{address}", self._limits.per_address)
        except Exception as error:
            if not database.is_gone(error):
                raise

    async def sign_up(self, address: str) -> None:
        """Counts a sign-up.

        Raises:
            ResourceExhausted: there were too many from this address.
        """
        await self._count(f"sign-up:{network(address)}", self._limits.sign_ups_per_address)

    async def _count(self, key: str, limit: int) -> None:
        count, seconds_left = await self._attempts.count(key)
        if count > limit:
            wait = max(1.0, seconds_left)
            raise ResourceExhausted("Too many tries. Wait and try again.", retry_after=wait, reason="TOO_MANY_TRIES")


def _account(name: str) -> str:
    """What stands for an account or a client in a key, whether it exists or not."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
