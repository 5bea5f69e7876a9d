"""What the recs service and its worker can be told."""

from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class RecsSettings(ServiceSettings):
    """Read from `AISLE_RECS_*`."""

    model_config = SettingsConfigDict(env_prefix="AISLE_RECS_", frozen=True, extra="ignore", populate_by_name=True)

    database_url: str = Field(pattern=r"^postgresql\+asyncpg://")
    catalog_address: str = Field(min_length=3)
    """host:port[,host:port] of the catalog service."""
    inference_address: str = Field(min_length=3)
    """host:port of a server of the Open Inference Protocol."""
    milvus_uri: str = Field(pattern=r"^https?://")
    milvus_token: str = ""
    """`user:password` or an API key; Milvus Lite asks for none."""
    feast_repo: Path
    """Folder of feature_store.yaml, which is rendered from the settings below."""
    feast_online: str = Field("sqlite", pattern="^(sqlite|redis)$")
    """sqlite for one machine; redis where recs and its worker run on several."""
    feast_redis: str = "127.0.0.1:6379"
    """Connection string of Feast's Redis online store."""
    feast_registry: str = "registry.db"
    """Path or URL of Feast's registry; relative to the repository."""
    attribution_key_file: Path
    """At least 32 secret bytes that sign attribution tokens, the same for all replicas."""
    worker_address: str = ""
    """host:port of the worker, whose health says whether features are fresh; they are trusted when it is empty."""

    # Each budget is several times what the part took at the 99th percentile under load on two shared cores: long
    # enough not to give up on a busy machine, short enough that a page without one of them comes within a second.
    # Near a caller's deadline less is given: see services.recs.use_cases.guards.
    features_timeout_s: float = Field(0.2, gt=0)
    history_timeout_s: float = Field(0.25, gt=0)
    """For reading the history from PostgreSQL when the feature store does not answer."""
    inference_timeout_s: float = Field(0.3, gt=0)
    ranking_timeout_s: float = Field(0.2, gt=0)
    """Less than the towers have: without the ranker the page is in the towers' order, which is nearly as good."""
    index_timeout_s: float = Field(0.5, gt=0)
    """Milvus Lite takes 0.4 ms for each 1,000 items, and searches wait for each other."""
    catalog_timeout_s: float = Field(0.8, gt=0)
    """The page is empty without the catalogue, so that it gets the most."""
    pause_s: float = Field(1.0, gt=0)
    """A part that failed is left alone this long, so that fallbacks are fast and it can recover; short, so that
    shoppers have their recommendations back within seconds."""
    tolerated_timeouts: int = Field(3, ge=1)
    """Timeouts in a row before a part counts as failed: one may be a busy machine's."""

    searches_in_flight: int = Field(1, ge=1)
    """Searches at a time for one filter; those that come meanwhile go together in the next. With Milvus Lite eight
    searches at once take 8 ms together and 34 ms one by one (9,000 items)."""
    searches_together: int = Field(16, ge=1)
    linger_s: float = Field(0.006, ge=0)
    """How long a user tower's call, and then a search, waits for requests that are about to ask too, when there are
    any: with Milvus Lite half of a search's cost is the same for one as for eight. 0 where the index is a server of its
    own size."""
    vector_cache_size: int = Field(50_000, ge=1)
    """Item vectors kept for histories: 256 bytes each, with the key about 25 MB."""
    vector_cache_s: float = Field(60.0, gt=0)
    """After which a changed product's new vector is used in histories."""
    ranking_rows: int = Field(20_000, ge=1)
    """Products whose features for the ranker are kept: 150 bytes each."""
    snapshot_cache_size: int = Field(20_000, ge=1)
    """Products kept as last seen, for when the catalogue does not answer: 2 kB each."""
    popular_size: int = Field(1000, ge=1)
    """Most popular products kept in memory."""
    release_poll_s: float = Field(1.0, gt=0)
    """Notifications tell of a promotion at once; asking finds what a lost connection missed."""
    scenario_poll_s: float = Field(2.0, gt=0)
    """Notifications tell of a change at once, as with releases."""
    popularity_poll_s: float = Field(5.0, gt=0)
    """Between two looks at what the worker counted: popularity and the other statistics."""
    worker_poll_s: float = Field(0.5, gt=0)
    """How soon a dead worker is noticed; until then events of the last moments are not in the recommendations."""


class WorkerSettings(RecsSettings):
    """Read from `AISLE_RECS_*`; the worker listens at `AISLE_RECS_WORKER_LISTEN`."""

    listen: str = Field(
        "127.0.0.1:0", pattern=r"^.+:\d+$", validation_alias=AliasChoices("AISLE_RECS_WORKER_LISTEN", "listen")
    )
    metrics_listen: str = Field(
        "", pattern=r"^$|^.+:\d+$", validation_alias=AliasChoices("AISLE_RECS_WORKER_METRICS_LISTEN", "metrics_listen")
    )
    client_id: str = Field(min_length=1)
    client_secret_file: Path
    """The secret by which the worker gets its access token from users."""

    search_address: str = ""
    """host:port[,host:port] of search, which says how its encoders are asked. Only releases whose towers take their
    vectors need it; without it their products are placed without."""

    feature_poll_s: float = Field(2.0, gt=0)
    """Notifications tell of events at once; asking finds what a lost connection missed."""
    feature_page: int = Field(20_000, ge=1)
    """Events looked at together when catching up: an import's shoppers repeat, so that larger pages save work."""
    feature_lag_s: float = Field(2.0, gt=0)
    """Later than this the worker says that it is not ready, and histories are read from PostgreSQL."""
    changes_poll_s: float = Field(0.5, gt=0)
    """Between two looks at the change feeds of catalog and users, which tell of a change at once: those that follow
    soon are taken together."""
    index_flush_s: float = Field(1.0, gt=0)
    """Between two flushes of the index: each makes a segment, and many small segments slow the search."""
    index_flush_apart: bool = False
    """Whether changes go on being written during a flush: a Milvus of its own size takes 2.5 s for one, and a new price
    is to be filtered on within two. Not with Milvus Lite, which has one writer at a time."""
    index_check_s: float = Field(0.5, gt=0)
    """Between two questions whether the index is still the one that was written to."""
    index_reconcile_s: float = Field(600.0, gt=0)
    """Between two comparisons of all ids in index and catalogue."""
    popularity_every_s: float = Field(30.0, gt=0)
    popularity_half_life_days: float = Field(7.0, gt=0)
    """A view of a week ago counts half: the shops that we know turn their range over in a month or two."""
    popularity_window_days: int = Field(90, ge=1)
    """Older events weigh less than 1 in 5,000 and are not read."""
    statistics_every_s: float = Field(30.0, gt=0)
    """Between two countings of what goes together, is trending, or popular in a category or region."""
    trend_half_life_days: float = Field(1.0, gt=0)
    """What is wanted more by this memory than by the popularity's is trending."""
    items_poll_s: float = Field(1.0, gt=0)
    """The same for the features of products."""
    item_counts_poll_s: float = Field(2.0, gt=0)
    """Between two countings of the products that something happened to."""
    batch_delay_s: float = Field(60.0, ge=0)
    """Before the first batch work after a start, when there is more urgent work to do."""
    scores_every_s: float = Field(900.0, gt=0)
    """Between two scorings of the shoppers to whom something happened: so old may a page be without the towers."""
    offline_every_s: float = Field(3600.0, gt=0)
    """Between two writings of the files that training reads, which read the whole log of events."""
    categories_poll_s: float = Field(5.0, gt=0)
    """Statistics by category can wait longer for a new product than its recommendation."""
