"""Access tokens made by a key of the test's own, and the key source that knows it."""

import time
import uuid
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from services.kit.tokens import TokenVerifier


class Issuer:
    """Signs tokens as the users service does, and verifies them."""

    def __init__(self, key_id: str = "test") -> None:
        self.key_id = key_id
        self.private_key = ec.generate_private_key(ec.SECP256R1())

    async def key(self, key_id: str) -> Any:
        """The public key, for a verifier."""
        return self.private_key.public_key() if key_id == self.key_id else None

    def verifier(self) -> TokenVerifier:
        """A verifier that knows this issuer alone."""
        return TokenVerifier(self)

    def token(self, subject: str, *roles: str, **changes: Any) -> str:
        """A good token; `changes` replaces claims, and a claim of None is left out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": "aisle",
            "aud": "aisle",
            "sub": subject,
            "roles": list(roles),
            "iat": now,
            "nbf": now,
            "exp": now + 900,
            "jti": str(uuid.uuid4()),
            "sid": "s1",
        }
        claims |= changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, self.private_key, algorithm="ES256", headers={"kid": self.key_id})

    def metadata(self, subject: str, *roles: str, **changes: Any) -> tuple[tuple[str, str], ...]:
        """gRPC metadata with a good token."""
        return (("authorization", f"Bearer {self.token(subject, *roles, **changes)}"),)
