"""What a browser tells of rows that it shows becomes pages that a ranker learns from."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2 import BatchWriteUserEventsRequest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.integration.recs.conftest import ADMIN, Recs
from trainers.datasets.aisle import read_files
from trainers.ranker import pages
from trainers.release.extract import extract
from trainers.release.places import Places
from trainers.release.services import Services

CARD = timedelta(milliseconds=7)
"""Between two cards that come into sight."""


def shown(reply: RecommendResponse, start: datetime | None) -> list[UserEvent]:
    """Impressions of a row: stamped card by card as web/src/lib/events.ts does, or without times."""
    return [
        UserEvent(
            kind=UserEvent.KIND_IMPRESSION,
            product=result.product,
            attribution_token=reply.attribution_token,
            position=place,
            event_time=None if start is None else stamp(start + place * CARD),
        )
        for place, result in enumerate(reply.results, 1)
    ]


def click(reply: RecommendResponse, place: int) -> UserEvent:
    """A look at what stands at a place of a row, told as the page tells it: with the row's token."""
    return UserEvent(
        kind=UserEvent.KIND_VIEW,
        product=reply.results[place - 1].product,
        attribution_token=reply.attribution_token,
        position=place,
    )


def stamp(moment: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(moment)
    return made


def read(recs: Recs, folder: Path) -> Sequence[pages.Page]:
    (folder / "password").write_text(ADMIN["password"])
    nowhere = Path()
    places = Places(
        recs.users, recs.shop.address, f"127.0.0.1:{recs.server.port}", "", "", "", ADMIN["email"], folder / "password",
        nowhere, nowhere, "cpu", nowhere, folder, nowhere,
    )  # fmt: skip
    with Services(places) as services:
        extract(services, folder, quiet=True)
    files = folder / "products.parquet", folder / "events.parquet"
    return pages.read(files[1], read_files(*files))


async def test_rows_of_the_page_are_pages_of_the_ranker(recs: Recs, tmp_path: Path) -> None:
    await recs.shop.stock((f"p{i}", "shoes") for i in range(20))
    _, who, _ = await recs.visitor()
    rows = [await recs.recommend(who, page_size=6) for _ in range(3)]
    assert len({row.attribution_token for row in rows}) == 3, "rows that are asked for in one second"
    start = datetime.now(UTC) - timedelta(minutes=1)
    told = [*shown(rows[0], start), *shown(rows[1], start + timedelta(seconds=1)), *shown(rows[2], None)]
    assert len({tuple(result.product for result in row.results) for row in rows}) == 1, "the same products in each"
    clicked = [click(row, place) for row, place in zip(rows, (3, 5, 1), strict=True)]
    for batch in (told, clicked):
        await recs.events.BatchWriteUserEvents(BatchWriteUserEventsRequest(user_events=batch), metadata=who)
    found = await asyncio.to_thread(read, recs, tmp_path)
    assert [page.places.tolist() for page in found] == [[1, 2, 3, 4, 5, 6]] * 3
    opened = [page.opened.tolist() for page in sorted(found, key=lambda page: page.time)]
    assert opened == [[0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 0]], "each where it was made"
