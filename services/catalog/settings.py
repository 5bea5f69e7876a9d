"""What the catalogue can be told, by environment variables that begin with AISLE_CATALOG_."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """Settings of the catalogue."""

    model_config = SettingsConfigDict(env_prefix="AISLE_CATALOG_")

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    """postgresql+asyncpg://user:password@host:port/database"""
    users_address: str = Field(min_length=1)
    """host:port[,host:port] of the users service, which publishes the keys of access tokens."""
    recs_address: str = ""
    """host:port[,host:port] of the recs service, which is told of purchases and ratings. They wait while it is
    empty."""
    client_id: str = "catalog"
    client_secret_file: Path | None = None
    """The secret by which the catalogue gets its own access token from users. Without it carts and orders of visitors
    stay theirs when they log in, those of erased users stay, and nobody is told of purchases."""
    payment_provider: Literal["", "test"] = ""
    """Who takes the money. `test` moves none, and is for trying out; nobody can check out while it is empty."""
    payment_timeout_s: float = Field(5.0, gt=0)
    """For one answer of the provider. Longer, and the buyer is told that the payment is being looked into."""
    settle_every_s: float = Field(1.0, gt=0)
    """Between two looks for orders that a process left unsettled when it died."""
    settle_after_s: float = Field(10.0, gt=0)
    """An order whose payment is pending for so long was left: longer than the provider may take, and a confirmation."""
    tell_every_s: float = Field(1.0, gt=0)
    """Between two looks into the outbox; a purchase is told of at once by the process that sold it."""
    follow_every_s: float = Field(0.2, gt=0)
    """Between two looks at the changes of accounts: a visitor who logs in looks into the cart a moment later."""
    pictures_dir: Path
    """Where picture files lie; replicas share it."""
    picture_workers: int = Field(1, ge=1)
    """Processes that decode pictures. One is enough: every width of a picture is made once."""
    picture_timeout_s: float = Field(8.0, gt=0)
    """For one picture: 25 megapixels take about a second, so what takes longer is no honest picture."""
    picture_memory_mib: int = Field(1024, ge=256)
    """Address space of such a process: 25 megapixels take 100 MiB a copy, and decoding makes a few."""
    snapshot_cache_mib: int = Field(64, ge=0)
    """For rendered products: about 1.5 KiB each, so this holds 40,000 of them."""
    default_timeout_s: float = Field(15.0, gt=0)
    """An import of 500 rows takes up to a second on a quiet machine, and more beside a training run."""
    sweep_every_s: float = Field(3600.0, gt=0)
    """Between two looks for pictures that no product shows any more."""
    picture_unused_s: float = Field(86_400.0, ge=0)
    """A picture that came within this time is kept though nobody shows it: its upload may be under way."""
