"""The search database's first tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE releases (
    number bigint PRIMARY KEY,
    encoder_spec text NOT NULL,
    report text NOT NULL,
    data_fingerprint text NOT NULL,
    state text NOT NULL DEFAULT 'CANDIDATE',
    create_time timestamptz NOT NULL DEFAULT now(),
    promote_time timestamptz,
    ready_time timestamptz
);
CREATE UNIQUE INDEX releases_one_promoted ON releases (state) WHERE state = 'PROMOTED';
CREATE TABLE builds (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    release bigint NOT NULL REFERENCES releases (number),
    state text NOT NULL DEFAULT 'BUILDING',
    cursor text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL DEFAULT now(),
    ready_time timestamptz,
    retire_time timestamptz
);
CREATE UNIQUE INDEX builds_one_serving ON builds (state) WHERE state = 'SERVING';
CREATE UNIQUE INDEX builds_one_building ON builds (state) WHERE state = 'BUILDING';
CREATE TABLE shopper_queries (
    shopper text NOT NULL,
    query text NOT NULL,
    typed text NOT NULL,
    search_time timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shopper, query)
);
CREATE INDEX shopper_queries_of_shopper ON shopper_queries (shopper, search_time DESC);
CREATE INDEX shopper_queries_by_time ON shopper_queries (search_time);
CREATE TABLE popular_queries (
    query text PRIMARY KEY,
    shoppers integer NOT NULL
);
CREATE TABLE watermarks (
    name text PRIMARY KEY,
    cursor text NOT NULL,
    update_time timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
