"""Entities, views and push sources, as Feast wants them.

Everything is pushed by the worker when it changes. The Parquet files behind the views are Feast's place for history;
training reads the log of events itself.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from services.recs.features.sdk import load

HISTORY, PROFILE = "shopper_history", "shopper_profile"
HISTORY_PUSH, PROFILE_PUSH = "shopper_history_push", "shopper_profile_push"
ENTITY = "shopper"
"""Join key: `users/x` or `visitors/x`."""
TIME = "event_timestamp"
TEXTS, NUMBERS = "texts", "numbers"
HISTORY_FIELDS = {"product_ids": TEXTS, "kinds": NUMBERS, "times_ms": NUMBERS, "bought": TEXTS, "disliked": TEXTS}
"""The last 50 events of kinds 1 to 6, oldest first, in step with each other; and what was bought and disliked."""
PROFILE_FIELDS = {"preferred_categories": TEXTS}


@dataclass(frozen=True)
class View:
    """A feature view with its push source."""

    name: str
    push: str
    fields: dict[str, str]


VIEWS = (View(HISTORY, HISTORY_PUSH, HISTORY_FIELDS), View(PROFILE, PROFILE_PUSH, PROFILE_FIELDS))


def definitions(repo: Path) -> list[Any]:
    """What is applied to the registry; makes the empty files behind the views."""
    feast = load()
    shopper = feast.Entity(name=ENTITY, join_keys=[ENTITY], value_type=feast.ValueType.STRING)
    made: list[Any] = [shopper]
    for view in VIEWS:
        batch = feast.FileSource(name=f"{view.name}_file", path=str(_file(repo, view)), timestamp_field=TIME)
        push = feast.PushSource(name=view.push, batch_source=batch)
        types = {TEXTS: feast.types.Array(feast.types.String), NUMBERS: feast.types.Array(feast.types.Int64)}
        schema = [feast.Field(name=name, dtype=types[kind]) for name, kind in view.fields.items()]
        # No end of life: a shopper who comes back after a year still has a history.
        made += [
            push,
            feast.FeatureView(
                name=view.name, entities=[shopper], ttl=timedelta(0), schema=schema, source=push, online=True
            ),
        ]
    return made


def _file(repo: Path, view: View) -> Path:
    path = repo / "offline" / f"{view.name}.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        kinds = {TEXTS: pa.list_(pa.string()), NUMBERS: pa.list_(pa.int64())}
        fields = [pa.field(name, kinds[kind]) for name, kind in view.fields.items()]
        schema = pa.schema([pa.field(ENTITY, pa.string()), *fields, pa.field(TIME, pa.timestamp("us", tz="UTC"))])
        parquet.write_table(schema.empty_table(), path)
    return path
