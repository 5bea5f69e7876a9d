"""The recs database's first tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE user_events (
    sequence bigserial PRIMARY KEY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    shopper text NOT NULL,
    event_id text NOT NULL,
    kind smallint NOT NULL,
    product_id text NOT NULL,
    event_time timestamptz NOT NULL,
    receive_time timestamptz NOT NULL DEFAULT now(),
    rating smallint NOT NULL,
    query text NOT NULL,
    position integer NOT NULL,
    quantity integer NOT NULL,
    attribution_token text NOT NULL,
    attribution smallint NOT NULL,
    UNIQUE (shopper, event_id)
);
CREATE INDEX user_events_order ON user_events (transaction_id, sequence);
CREATE INDEX user_events_of_shopper ON user_events (shopper, event_time, sequence);
CREATE INDEX user_events_history ON user_events (shopper, event_time, sequence) WHERE kind <= 6;
CREATE INDEX user_events_verdicts ON user_events (shopper, event_time, sequence) WHERE kind IN (3, 4, 5);
CREATE INDEX user_events_by_time ON user_events (event_time, sequence);
CREATE TABLE visitor_merges (
    visitor text PRIMARY KEY,
    "user" text NOT NULL
);
CREATE TABLE profiles (
    shopper text PRIMARY KEY,
    preferred_categories text[] NOT NULL
);
CREATE TABLE watermarks (
    name text PRIMARY KEY,
    cursor text NOT NULL,
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE releases (
    number bigint PRIMARY KEY,
    collection text NOT NULL,
    dimension integer NOT NULL,
    user_tower_version text NOT NULL,
    item_tower_version text NOT NULL,
    feature_spec text NOT NULL,
    report text NOT NULL,
    data_fingerprint text NOT NULL,
    catalog_cursor text NOT NULL,
    state text NOT NULL DEFAULT 'CANDIDATE',
    create_time timestamptz NOT NULL DEFAULT now(),
    promote_time timestamptz
);
CREATE UNIQUE INDEX releases_one_promoted ON releases (state) WHERE state = 'PROMOTED';
CREATE TABLE popularity (
    version bigint NOT NULL,
    rank integer NOT NULL,
    product_id text NOT NULL,
    score double precision NOT NULL,
    PRIMARY KEY (version, rank)
);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
