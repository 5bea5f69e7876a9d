"""What the batch commands can be told: a part of what the worker is told, by the same names."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class BatchSettings(ServiceSettings):
    """Read from `AISLE_RECS_*`."""

    model_config = SettingsConfigDict(env_prefix="AISLE_RECS_", frozen=True, extra="ignore", from_attributes=True)

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    inference_address: str = Field(min_length=3)
    milvus_uri: str = Field(pattern=r"^https?://")
    milvus_token: str = ""
    feast_repo: Path
    feast_online: str = Field("sqlite", pattern="^(sqlite|redis)$")
    feast_redis: str = "127.0.0.1:6379"
    feast_registry: str = "registry.db"
    scored_products: int = Field(100, ge=1, le=1000)
    """Best products kept for a shopper: five pages, of which some are sold out or bought by the time they are shown."""

    def environment(self) -> Mapping[str, str]:
        """The variables by which another process is told the same."""
        own = self.model_dump(include=set(type(self).__annotations__), exclude_unset=True)
        return {f"AISLE_RECS_{name.upper()}": str(value) for name, value in own.items()}
