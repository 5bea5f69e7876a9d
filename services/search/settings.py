"""What the search service and its worker can be told."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings

SYNONYMS = Path(__file__).parent / "domain" / "synonyms.txt"
Language = Literal[
    "arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian", "italian", "norwegian",
    "portuguese", "romanian", "russian", "spanish", "swedish", "tamil", "turkish",
]  # fmt: skip
"""Those whose words Tantivy can stem."""


class SearchSettings(ServiceSettings):
    """Read from `AISLE_SEARCH_*`."""

    model_config = SettingsConfigDict(env_prefix="AISLE_SEARCH_", frozen=True, extra="ignore", populate_by_name=True)

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    catalog_address: str = Field(min_length=3)
    """host:port[,host:port] of the catalog service."""
    client_id: str = Field(min_length=1)
    client_secret_file: Path
    """The secret by which search gets its access token from users, to follow the catalogue's changes."""
    recs_address: str = Field(min_length=3)
    """host:port[,host:port] of the recs service, which knows what suits a shopper."""
    inference_address: str = Field(min_length=3)
    """host:port of a server of the Open Inference Protocol."""
    milvus_uri: str = Field(pattern=r"^https?://")
    milvus_token: str = ""
    """`user:password` or an API key; Milvus Lite asks for none."""
    attribution_key_file: Path
    """At least 32 secret bytes that sign attribution tokens: the same as recs', which keeps the events."""
    synonyms_file: Path = SYNONYMS
    """Words that mean the same, one group a line, separated by commas."""
    language: Language = "english"
    """Whose word endings are left out when words are compared, and, if it is english, whose words are taken for no
    misspelt ones of the shop's."""

    changes_poll_s: float = Field(0.5, gt=0)
    """Between two looks at the catalogue's change feed, which tells of a change at once: those that follow soon are
    taken together."""

    # Each budget is several times what the part took at the 99th percentile under load on two shared cores: long
    # enough not to give up on a busy machine, short enough that a page without it comes within half a second.
    text_encoder_timeout_s: float = Field(0.3, gt=0)
    picture_encoder_timeout_s: float = Field(1.0, gt=0)
    index_timeout_s: float = Field(0.5, gt=0)
    """Milvus Lite takes 0.4 ms for each 1,000 products, and searches wait for each other."""
    personalization_timeout_s: float = Field(0.3, gt=0)
    """For a shopper's history, and for the user tower's vector of it."""
    pause_s: float = Field(1.0, gt=0)
    """A part that failed is left alone this long, so that fallbacks are fast and it can recover."""
    tolerated_timeouts: int = Field(3, ge=1)
    """Timeouts in a row before a part counts as failed: one may be a busy machine's."""

    picture_workers: int = Field(2, ge=1)
    """Processes that decode pictures, one picture at a time each."""
    picture_timeout_s: float = Field(1.5, gt=0)
    """A picture of 25 megapixels takes half a second; what takes longer was made to."""
    picture_memory_mib: int = Field(280, ge=128)
    """Of a decoding process: Python, Pillow and two copies of 25 megapixels."""

    searches_in_flight: int = Field(1, ge=1)
    """Searches of the index at a time for one filter; those that come meanwhile go together in the next."""
    searches_together: int = Field(16, ge=1)
    query_cache_size: int = Field(10_000, ge=1)
    """Vectors of queries that are kept: 2 kB each."""
    build_poll_s: float = Field(1.0, gt=0)
    """Notifications tell of a new build at once; asking finds what a lost connection missed."""
    tower_poll_s: float = Field(2.0, gt=0)
    """Between two looks which release recommends."""
    popular_poll_s: float = Field(10.0, gt=0)


class WorkerSettings(SearchSettings):
    """Read from `AISLE_SEARCH_*`; the worker listens at `AISLE_SEARCH_WORKER_LISTEN`."""

    listen: str = Field(
        "127.0.0.1:0", pattern=r"^.+:\d+$", validation_alias=AliasChoices("AISLE_SEARCH_WORKER_LISTEN", "listen")
    )
    metrics_listen: str = Field(
        "",
        pattern=r"^$|^.+:\d+$",
        validation_alias=AliasChoices("AISLE_SEARCH_WORKER_METRICS_LISTEN", "metrics_listen"),
    )
    index_flush_s: float = Field(1.0, gt=0)
    """Between two flushes of the index: each makes a segment, and many small segments slow the search."""
    index_flush_apart: bool = False
    """Whether changes go on being written during a flush: a Milvus of its own size takes 2.5 s for one, and a new price
    is to be filtered on within two. Not with Milvus Lite, which has one writer at a time."""
    index_check_s: float = Field(0.5, gt=0)
    """Between two questions whether the index is still the one that was written to, and whether there is another
    build to fill."""
    popular_every_s: float = Field(30.0, gt=0)
    popular_window_days: int = Field(30, ge=1)
    """Searches are counted, and kept, for so long."""
    popular_shoppers: int = Field(3, ge=2)
    """Shoppers who searched for the same before others are shown it: a rarer query may hold a name."""
