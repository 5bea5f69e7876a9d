"""What the search service and its worker can be told."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings

SYNONYMS = Path(__file__).parent / "domain" / "synonyms.txt"


class SearchSettings(ServiceSettings):
    """Read from `AISLE_SEARCH_*`."""

    model_config = SettingsConfigDict(env_prefix="AISLE_SEARCH_", frozen=True, extra="ignore", populate_by_name=True)

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    catalog_address: str = Field(min_length=3)
    """host:port[,host:port] of the catalog service."""
    client_id: str = Field(min_length=1)
    client_secret_file: Path
    """The secret by which search gets its access token from users, to follow the catalogue's changes."""
    attribution_key_file: Path
    """At least 32 secret bytes that sign attribution tokens: the same as recs', which keeps the events."""
    synonyms_file: Path = SYNONYMS
    """Words that mean the same, one group a line, separated by commas."""
    language: str = Field("english", pattern="^[a-z]+$")
    """Whose word endings are left out when words are compared."""

    changes_poll_s: float = Field(0.2, gt=0)
    """Between two looks at the catalogue's change feed: a new price is filtered on in well under a second."""
    stale_s: float = Field(5.0, gt=0)
    """The feed is asked five times a second: after this long without an answer a reply says that the catalogue is
    away."""
