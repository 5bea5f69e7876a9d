"""What the users service can be told."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class TokenSettings(ServiceSettings):
    """What those must know who look after the keys: it says how long a key is needed."""

    model_config = SettingsConfigDict(env_prefix="AISLE_USERS_", frozen=True, extra="ignore")

    access_token_s: int = Field(900, ge=10)
    """Short, since an access token cannot be taken back."""


class UsersSettings(TokenSettings):
    """Read from `AISLE_USERS_*`."""

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    signing_keys_dir: Path
    """Where the keys of access tokens are; the first is made when there is none."""
    admin_email: str = ""
    admin_password: str = ""
    """The account with the roles merchant and admin that is made at the start, when both are set."""
    clients_file: Path | None = None
    """JSON of {client id: secret} of the machines that may ask for a token. The right secret is never locked out: make
    each of 32 random bytes, as `local` does."""
    refresh_token_s: int = Field(30 * 86400, ge=60)
    guess_window_s: int = Field(900, ge=1)
    guesses_per_account_and_address: int = Field(10, ge=1)
    guesses_per_account: int = Field(100, ge=1)
    """Above the limit of one address, so that a stranger cannot lock an account's owner out with a few tries."""
    guesses_per_address: int = Field(1000, ge=1)
    """A whole office may stand behind one address."""
    sign_ups_per_address: int = Field(500, ge=1)
    exchanges_per_client_and_address: int = Field(100, ge=1)
    """Tries with a wrong secret, after which who has it is told when to come back."""
