"""The tables of the recs database, as far as queries name their columns."""

from sqlalchemy import ARRAY, REAL, BigInteger, Column, DateTime, Float, Integer, MetaData, SmallInteger, Table, func
from sqlalchemy import Text as Text_
from sqlalchemy.dialects.postgresql import JSONB

from services.kit import changes

metadata = MetaData()

user_events = Table(
    "user_events",
    metadata,
    changes.sequence_column(),
    changes.transaction_column(),
    Column("shopper", Text_, nullable=False),
    Column("event_id", Text_, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("product_id", Text_, nullable=False),
    Column("event_time", DateTime(timezone=True), nullable=False),
    Column("receive_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("rating", SmallInteger, nullable=False),
    Column("query", Text_, nullable=False),
    Column("position", Integer, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("attribution_token", Text_, nullable=False),
    Column("attribution", SmallInteger, nullable=False),
    Column("region", Text_, nullable=False, server_default=""),
    Column("order_id", Text_, nullable=False, server_default=""),
)
watermarks = Table(
    "watermarks",
    metadata,
    Column("name", Text_, primary_key=True),
    Column("cursor", Text_, nullable=False),
    Column("update_time", DateTime(timezone=True), server_default=func.now()),
)
releases = Table(
    "releases",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("collection", Text_, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("user_tower_version", Text_, nullable=False),
    Column("item_tower_version", Text_, nullable=False),
    Column("feature_spec", Text_, nullable=False),
    Column("report", Text_, nullable=False),
    Column("data_fingerprint", Text_, nullable=False),
    Column("catalog_cursor", Text_, nullable=False),
    Column("state", Text_, nullable=False, server_default="CANDIDATE"),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("promote_time", DateTime(timezone=True)),
    Column("traffic_percent", Integer, nullable=False, server_default="0"),
    Column("ranker_version", Text_, nullable=False, server_default=""),
)
profiles = Table(
    "profiles",
    metadata,
    Column("shopper", Text_, primary_key=True),
    Column("preferred_categories", ARRAY(Text_), nullable=False),
)
visitor_merges = Table(
    "visitor_merges",
    metadata,
    Column("visitor", Text_, primary_key=True),
    Column("user", Text_, nullable=False),
)
popularity = Table(
    "popularity",
    metadata,
    Column("version", BigInteger, primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("product_id", Text_, nullable=False),
    Column("score", Float, nullable=False),
)
scenarios = Table(
    "scenarios",
    metadata,
    Column("scenario_id", Text_, primary_key=True),
    Column("config", JSONB, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("update_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
scenario_revisions = Table(
    "scenario_revisions",
    metadata,
    Column("scenario_id", Text_, primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("config", JSONB, nullable=False),
    Column("author", Text_, nullable=False),
    Column("changed_fields", ARRAY(Text_), nullable=False),
    Column("comment", Text_, nullable=False),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
statistics = Table(
    "statistics",
    metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("key", Text_, primary_key=True),
    Column("ids", ARRAY(Text_), nullable=False),
    Column("scores", ARRAY(REAL), nullable=False),
    Column("version", BigInteger, nullable=False),
)
product_categories = Table(
    "product_categories",
    metadata,
    Column("product_id", Text_, primary_key=True),
    Column("category_ids", ARRAY(Text_), nullable=False),
)
