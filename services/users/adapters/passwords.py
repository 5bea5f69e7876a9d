"""argon2id, in threads of its own."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

THREADS = 2
"""Hashing holds 19 MiB and a core for about 30 ms each; more threads would starve the other calls."""


class Argon2Passwords:
    """argon2id with the parameters that OWASP names first: 19 MiB, 2 passes, 1 lane."""

    def __init__(self, memory_kib: int = 19 * 1024, passes: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        # For addresses without an account or a password, so that they take as long as wrong passwords.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    async def hash(self, password: str) -> str:
        """A hash with its own salt and its parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one; takes as long when there is none or it is NO_PASSWORD."""

        def check() -> bool:
            try:
                return self._hasher.verify(password_hash or self._nobody, password) and bool(password_hash)
            except (VerificationError, InvalidHashError):
                return False

        return await asyncio.get_running_loop().run_in_executor(self._threads, check)

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()
