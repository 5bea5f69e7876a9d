"""Reads the whole shop into parquet, over the same contracts that everybody uses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from aisle.catalog.v1 import product_service_pb2 as catalog
from aisle.catalog.v1.product_pb2 import Product
from aisle.recs.v1 import user_event_service_pb2 as recs
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.users.v1 import account_service_pb2 as users
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from trainers.release.services import STREAM_S, TIMEOUT_S, Services

PAGE = 500
EXTRACT = "extract.json"
PRODUCTS = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("description", pa.string()),
        ("category", pa.string()),
        ("category_ids", pa.list_(pa.string())),
        ("brand", pa.string()),
        ("price", pa.string()),
        ("currency", pa.string()),
        ("list_price", pa.string()),
        ("stock", pa.int64()),
        ("rating", pa.float64()),
        ("attributes", pa.string()),
        ("images", pa.list_(pa.string())),
        ("create_time", pa.timestamp("us", tz="UTC")),
        ("age_limit", pa.int32()),
        ("regions", pa.list_(pa.string())),
    ]
)
EVENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("user", pa.string()),
        ("kind", pa.string()),
        ("product", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("rating", pa.int32()),
        ("query", pa.string()),
        ("position", pa.int32()),
        ("quantity", pa.int32()),
        ("attribution_token", pa.string()),
    ]
)
USERS = pa.schema(
    [
        ("id", pa.string()),
        ("preferred_categories", pa.list_(pa.string())),
        ("preferred_since", pa.timestamp("us", tz="UTC")),
    ]
)


@dataclass(frozen=True)
class Extract:
    """What was read, and up to where."""

    products: int
    events: int
    catalog_cursor: str
    """Of ListProductChanges: the products are at least as new as this."""
    newest_event: float | None = None
    """Time of the newest event in seconds since 1970; None where there is none, or where that was not written down."""
    stated: int = 0
    """Shoppers who chose preferences."""

    def save(self, folder: Path) -> None:
        """Writes extract.json."""
        (folder / EXTRACT).write_text(json.dumps(vars(self), indent=2) + "\n")


def load(folder: Path) -> Extract:
    """Reads extract.json."""
    return Extract(**json.loads((folder / EXTRACT).read_text()))


def extract(services: Services, folder: Path, *, quiet: bool = False) -> Extract:
    """Writes products, events and users as parquet in Aisle's own format, with ids of categories, without pictures.

    Of users there are those who chose preferences, and when they did so last: for what they did before, nobody knows
    them. Preferences that were imported count from the import on.

    Raises:
        ReleaseError: a service does not answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f}"))
    with Progress(*columns, TimeElapsedColumn(), disable=quiet) as progress:
        task = progress.add_task("products", total=None)
        found: dict[str, dict[str, Any]] = {}
        cursor = ""
        for page in _changes(services):
            _take(page, found)
            cursor = page.next_cursor
            progress.update(task, completed=len(found))
        # It is of other files from here on, until all of them are there.
        (folder / EXTRACT).unlink(missing_ok=True)
        write(folder / "products.parquet", pa.Table.from_pylist(list(found.values()), PRODUCTS))

        task = progress.add_task("events", total=None)
        batches = []
        for events in _events(services):
            batches.append(pa.RecordBatch.from_pylist(events, EVENTS))
            progress.advance(task, len(events))
        table = pa.Table.from_batches(batches, EVENTS)
        write(folder / "events.parquet", table)

        task = progress.add_task("preferences", total=None)
        stated = _stated(services)
        write(folder / "users.parquet", pa.Table.from_pylist(stated, USERS))
        progress.update(task, completed=len(stated))
    newest = compute.max(table["time"]).as_py()
    done = Extract(len(found), table.num_rows, cursor, newest.timestamp() if newest else None, len(stated))
    done.save(folder)
    return done


def products(services: Services) -> dict[str, dict[str, Any]]:
    """All products of the shop by id, in the columns of PRODUCTS.

    Raises:
        ReleaseError: the catalogue does not answer.
    """
    found: dict[str, dict[str, Any]] = {}
    for page in _changes(services):
        _take(page, found)
    return found


def _take(page: catalog.ListProductChangesResponse, found: dict[str, dict[str, Any]]) -> None:
    for change in page.changes:
        name = change.name.removeprefix("products/")
        found.pop(name, None)
        if change.HasField("product"):
            found[name] = _product(change.product)


def _changes(services: Services) -> Iterator[catalog.ListProductChangesResponse]:
    cursor, more = "", True
    while more:
        request = catalog.ListProductChangesRequest(cursor=cursor, page_size=PAGE)
        with services.calling("Reading products", "catalog"):
            page = services.products.ListProductChanges(request, timeout=TIMEOUT_S, metadata=services.metadata())
        yield page
        cursor, more = page.next_cursor, page.more


def _events(services: Services) -> Iterator[list[dict[str, Any]]]:
    with services.calling("Reading events", "recs"):
        stream = services.events.ExportUserEvents(
            recs.ExportUserEventsRequest(), timeout=STREAM_S, metadata=services.metadata()
        )
        for part in stream:
            yield [_event(event) for event in part.user_events]


def _stated(services: Services) -> list[dict[str, Any]]:
    """Preferences as they are now, in the columns of USERS: the newest of each shopper who was not erased."""
    found: dict[str, dict[str, Any]] = {}
    for change in _account_changes(services):
        found.pop(change.erased_user, None)
        if not change.HasField("preferences"):
            continue
        shopper = change.preferences.name.removesuffix("/preferences")
        found.pop(shopper, None)
        if change.preferences.categories:
            found[shopper] = {
                "id": shopper,
                "preferred_categories": [name.removeprefix("categories/") for name in change.preferences.categories],
                "preferred_since": change.change_time.ToNanoseconds() // 1000,
            }
    return list(found.values())


def _account_changes(services: Services) -> Iterator[users.ListAccountChangesResponse.Change]:
    cursor, more = "", True
    while more:
        request = users.ListAccountChangesRequest(cursor=cursor, page_size=PAGE)
        with services.calling("Reading preferences", "users"):
            page = services.accounts.ListAccountChanges(request, timeout=TIMEOUT_S, metadata=services.metadata())
        yield from page.changes
        cursor, more = page.next_cursor, page.more


def _product(product: Product) -> dict[str, Any]:
    priced = product.HasField("price")
    return {
        "id": product.name.removeprefix("products/"),
        "title": product.title,
        "description": product.description,
        "category": " > ".join(product.category_path),
        "category_ids": list(product.category_ids),
        "brand": product.brand,
        "price": _money(product.price) if priced else None,
        "currency": product.price.currency_code if priced else None,
        "list_price": _money(product.list_price) if product.HasField("list_price") else None,
        "stock": product.stock_quantity,
        "rating": product.rating,
        "attributes": json.dumps(dict(product.attributes), sort_keys=True),
        "images": [picture.uri for picture in product.pictures],
        "create_time": product.create_time.ToNanoseconds() // 1000,
        "age_limit": product.age_limit,
        "regions": list(product.regions),
    }


def _money(money: Any) -> str:
    """Exactly, as text."""
    sign = "-" if money.units < 0 or money.nanos < 0 else ""
    return f"{sign}{abs(money.units)}.{abs(money.nanos):09d}"


def _event(event: UserEvent) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "user": event.shopper.removeprefix("users/"),
        "kind": UserEvent.Kind.Name(event.kind).removeprefix("KIND_").lower(),
        "product": event.product.removeprefix("products/"),
        "time": event.event_time.ToNanoseconds() // 1000,
        "rating": event.rating or None,
        "query": event.query or None,
        "position": event.position or None,
        "quantity": event.quantity or None,
        "attribution_token": event.attribution_token or None,
    }


def write(file: Path, table: pa.Table) -> None:
    """Writes a file whole or not at all."""
    draft = file.with_suffix(".new")
    parquet.write_table(table, draft)
    draft.replace(file)
