"""The tables of the search database, as far as queries name their columns."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, func
from sqlalchemy import Text as Text_

metadata = MetaData()

releases = Table(
    "releases",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("encoder_spec", Text_, nullable=False),
    Column("report", Text_, nullable=False),
    Column("data_fingerprint", Text_, nullable=False),
    Column("state", Text_, nullable=False, server_default="CANDIDATE"),
    Column("create_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("promote_time", DateTime(timezone=True)),
    Column("ready_time", DateTime(timezone=True)),
)
builds = Table(
    "builds",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("release", BigInteger, nullable=False),
    Column("state", Text_, nullable=False, server_default="BUILDING"),
    Column("cursor", Text_, nullable=False, server_default=""),
    Column("ready_time", DateTime(timezone=True)),
    Column("retire_time", DateTime(timezone=True)),
)
shopper_queries = Table(
    "shopper_queries",
    metadata,
    Column("shopper", Text_, primary_key=True),
    Column("query", Text_, primary_key=True),
    Column("typed", Text_, nullable=False),
    Column("search_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
former_shoppers = Table(
    "former_shoppers",
    metadata,
    Column("shopper", Text_, primary_key=True),
    Column("account", Text_),  # whose searches theirs are now; none where the account was erased
    Column("change_time", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
popular_queries = Table(
    "popular_queries",
    metadata,
    Column("query", Text_, primary_key=True),
    Column("shoppers", Integer, nullable=False),
)
watermarks = Table(
    "watermarks",
    metadata,
    Column("name", Text_, primary_key=True),
    Column("cursor", Text_, nullable=False),
    Column("update_time", DateTime(timezone=True), server_default=func.now()),
)
