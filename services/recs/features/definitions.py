"""Entities, views and push sources, as Feast wants them.

The worker pushes what changes to the online store. The Parquet files behind the views hold what was known at every
moment (see services.recs.features.offline): training joins its labels with them, point in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from services.recs.features.decay import HALF_LIFE
from services.recs.features.sdk import load

SHOPPER, PRODUCT = "shopper", "product"
"""Join keys: `users/x` or `visitors/x`, and the id of a product."""
TIME = "event_timestamp"
TEXT, NUMBER, DECIMAL = pa.string(), pa.int64(), pa.float64()
TEXTS, NUMBERS, DECIMALS = pa.list_(TEXT), pa.list_(NUMBER), pa.list_(DECIMAL)


@dataclass(frozen=True, eq=False)
class View:
    """A feature view with its push source."""

    name: str
    entity: str
    fields: dict[str, pa.DataType]
    tags: Mapping[str, str] = field(default_factory=dict)
    """What its readers have to know."""

    @property
    def push(self) -> str:
        """Name of the push source."""
        return f"{self.name}_push"

    @property
    def features(self) -> list[str]:
        """References to all of its features."""
        return [f"{self.name}:{field}" for field in self.fields]

    @property
    def schema(self) -> pa.Schema:
        """Columns of the file behind it."""
        fields = [pa.field(name, kind) for name, kind in self.fields.items()]
        return pa.schema([pa.field(self.entity, TEXT), *fields, pa.field(TIME, pa.timestamp("us", tz="UTC"))])

    def file(self, repo: Path) -> Path:
        """The file behind it."""
        return repo / "offline" / f"{self.name}.parquet"


HISTORY = View(
    "shopper_history",
    SHOPPER,
    {"product_ids": TEXTS, "kinds": NUMBERS, "times_ms": NUMBERS, "bought": TEXTS, "disliked": TEXTS},
)
"""The last 50 events of kinds 1 to 6, oldest first, in step with each other; and what was bought and disliked."""
PROFILE = View("shopper_profile", SHOPPER, {"preferred_categories": TEXTS})
SCORES = View("shopper_scores", SHOPPER, {"product_ids": TEXTS, "scores": DECIMALS, "release": NUMBER})
"""The best products by a release's towers when they were last scored: what is shown when the towers do not answer."""
ITEMS = View(
    "item_attributes",
    PRODUCT,
    {"title": TEXT, "category_ids": TEXTS, "brand": TEXT, "price": DECIMAL, "currency": TEXT, "attributes": TEXTS},
)
"""What the item tower looks at; attributes are `key=value`, sorted."""
STATISTICS = View(
    "item_statistics",
    PRODUCT,
    {"views": DECIMAL, "carts": DECIMAL, "purchases": DECIMAL, "as_of_ms": NUMBER},
    {"half_life_s": str(HALF_LIFE.total_seconds())},
)
"""Events of a product, each halved with every half-life that had passed at `as_of_ms`, the time of its last event.
Who reads them later halves them on (see services.recs.features.decay)."""
VIEWS = (HISTORY, PROFILE, SCORES, ITEMS, STATISTICS)


def definitions(repo: Path) -> list[Any]:
    """What is applied to the registry; makes the empty files behind the views."""
    feast = load()
    entities = {
        name: feast.Entity(name=name, join_keys=[name], value_type=feast.ValueType.STRING)
        for name in (SHOPPER, PRODUCT)
    }
    types = _types(feast.types)
    made: list[Any] = list(entities.values())
    for view in VIEWS:
        batch = feast.FileSource(name=f"{view.name}_file", path=str(_ensure(view, repo)), timestamp_field=TIME)
        push = feast.PushSource(name=view.push, batch_source=batch)
        schema = [feast.Field(name=name, dtype=types[kind]) for name, kind in view.fields.items()]
        # No end of life: a shopper who comes back after a year still has a history.
        made += [
            push,
            feast.FeatureView(
                name=view.name,
                entities=[entities[view.entity]],
                ttl=timedelta(0),
                schema=schema,
                source=push,
                online=True,
                tags=dict(view.tags),
            ),
        ]
    return made


def _types(types: Any) -> dict[pa.DataType, Any]:
    plain = {TEXT: types.String, NUMBER: types.Int64, DECIMAL: types.Float64}
    return plain | {pa.list_(kind): types.Array(found) for kind, found in plain.items()}


def _ensure(view: View, repo: Path) -> Path:
    path = view.file(repo)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(view.schema.empty_table(), path)
    return path
