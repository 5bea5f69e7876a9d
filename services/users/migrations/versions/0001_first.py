"""The users database's first tables."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE accounts (
    id text PRIMARY KEY,
    email text NOT NULL UNIQUE,
    display_name text NOT NULL,
    roles text[] NOT NULL,
    password_hash text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE preferences (
    account_id text PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    categories text[] NOT NULL,
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sessions (
    id text PRIMARY KEY,
    subject text NOT NULL,
    roles text[] NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    end_time timestamptz
);
CREATE INDEX sessions_of_subject ON sessions (subject);
CREATE TABLE refresh_tokens (
    digest bytea PRIMARY KEY,
    session_id text NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expire_time timestamptz NOT NULL,
    use_time timestamptz
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE TABLE attempts (
    key text PRIMARY KEY,
    count integer NOT NULL,
    window_start timestamptz NOT NULL
);
CREATE TABLE account_changes (
    sequence bigserial PRIMARY KEY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    kind text NOT NULL,
    "user" text NOT NULL,
    visitor text NOT NULL DEFAULT '',
    categories text[],
    change_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_changes_order ON account_changes (transaction_id, sequence);
"""


def upgrade() -> None:
    """Makes the tables."""
    for statement in filter(str.strip, TABLES.split(";\n")):
        op.execute(statement)
