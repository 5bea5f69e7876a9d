"""Events: acknowledged means durable, and an id counts once."""

import random
import time

import grpc
import pytest
from aisle.recs.v1.recommendation_service_pb2 import RecommendRequest
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2 import (
    BatchWriteUserEventsRequest,
    ExportUserEventsRequest,
    ImportUserEventsRequest,
    ListUserEventsRequest,
    WriteUserEventRequest,
)
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from services.kit.server import start
from services.recs.app import build
from tests.integration.recs.conftest import Metadata, Recs

VIEW = {"kind": "KIND_VIEW", "product": "products/p1"}


def violations(error: grpc.aio.AioRpcError) -> list[str]:
    """Fields at fault."""
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    found = error_details_pb2.BadRequest()
    assert status.details[1].Unpack(found)
    return [violation.field for violation in found.field_violations]


async def write(recs: Recs, who: Metadata, **fields: object) -> UserEvent:
    return await recs.events.WriteUserEvent(WriteUserEventRequest(user_event=UserEvent(**fields)), metadata=who)


async def test_a_repeated_event_counts_once_and_is_answered_as_stored(recs: Recs) -> None:
    name, who, _ = await recs.visitor()
    first = await write(recs, who, **VIEW, event_id="e1")
    again = await write(recs, who, kind="KIND_LIKE", product="products/p2", event_id="e1")
    assert again == first
    assert (first.shopper, first.event_id) == (name, "e1")
    _, other, _ = await recs.visitor()
    assert (await write(recs, other, **VIEW, event_id="e1")).shopper != name
    assert await recs.history(who, "visitors/me") == ["p1"]
    made_up = {(await write(recs, who, **VIEW)).event_id for _ in range(2)}
    assert len(made_up) == 2


async def test_a_purchase_keeps_its_order(recs: Recs) -> None:
    _, who, _ = await recs.visitor()
    bought = {"kind": "KIND_PURCHASE", "product": "products/p1", "event_id": "e1", "order_id": "o1"}
    assert (await write(recs, who, **bought)).order_id == "o1"
    stored = await write(recs, who, **bought | {"order_id": "other"})
    assert stored.order_id == "o1"


async def test_events_do_not_go_with_the_process(recs: Recs) -> None:
    _, who, _ = await recs.visitor()
    await recs.did(who, "VIEW", "p1", "p2")
    second = await start(await build(recs.settings))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{second.port}") as channel:
        from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub

        request = ListUserEventsRequest(parent="visitors/me")
        reply = await UserEventServiceStub(channel).ListUserEvents(request, metadata=who)
    await second.stop()
    assert [event.product for event in reply.user_events] == ["products/p2", "products/p1"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "KIND_VIEW"}, "product"),
        ({"kind": "KIND_RATE", "product": "products/p1"}, "rating"),
        ({**VIEW, "rating": 3}, "rating"),
        ({**VIEW, "query": "shoes"}, "query"),
        ({**VIEW, "order_id": "o1"}, "order_id"),
        ({**VIEW, "event_time": Timestamp(seconds=int(time.time()) + 3600)}, "event_time"),
        ({**VIEW, "event_time": Timestamp(seconds=10**12)}, "event_time"),
        ({"kind": "KIND_UNSPECIFIED", "product": "products/p1"}, "kind"),
    ],
)
async def test_an_event_that_does_not_fit_is_refused(recs: Recs, fields: dict[str, object], wrong: str) -> None:
    _, who, _ = await recs.visitor()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await write(recs, who, **fields)
    assert violations(error.value) == [f"user_event.{wrong}"]


async def test_a_batch_is_stored_whole_or_not_at_all(recs: Recs) -> None:
    _, who, _ = await recs.visitor()
    good = [UserEvent(kind="KIND_VIEW", product=f"products/p{i}") for i in range(5)]
    bad = UserEvent(kind="KIND_RATE", product="products/p1")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await recs.events.BatchWriteUserEvents(BatchWriteUserEventsRequest(user_events=[*good, bad]), metadata=who)
    assert violations(error.value) == ["user_events[5].rating"]
    assert await recs.history(who, "visitors/me") == []
    await recs.events.BatchWriteUserEvents(BatchWriteUserEventsRequest(user_events=good), metadata=who)
    assert await recs.history(who, "visitors/me") == ["p4", "p3", "p2", "p1", "p0"]


async def test_nobody_writes_or_reads_what_is_somebody_elses(recs: Recs) -> None:
    name, _, _ = await recs.visitor()
    _, other, _ = await recs.visitor()
    for call in (write(recs, other, **VIEW, shopper=name), recs.history(other, name)):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_pages_of_events_follow_each_other(recs: Recs) -> None:
    _, who, _ = await recs.visitor()
    when = Timestamp(seconds=1_700_000_000)  # all at the same time: the order of writing decides
    await recs.did(who, "VIEW", *(f"p{i}" for i in range(7)), event_time=when)
    seen: list[str] = []
    request = ListUserEventsRequest(parent="visitors/me", page_size=3)
    while True:
        reply = await recs.events.ListUserEvents(request, metadata=who)
        seen += [event.product for event in reply.user_events]
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert seen == [f"products/p{i}" for i in reversed(range(7))]


async def test_an_import_names_what_it_refuses_and_changes_nothing_the_second_time(recs: Recs) -> None:
    def event(i: int, **fields: object) -> UserEvent:
        values = {**VIEW, "shopper": f"users/u{i}", "event_time": Timestamp(seconds=1_600_000_000 + i), **fields}
        return UserEvent(**{name: value for name, value in values.items() if value is not None})

    wrong = [
        event(10, shopper=None), event(11, shopper="users/me"), event(12, event_time=None),
        event(13, product="shoes"), event(14, query="x"), event(15, event_id="no spaces"),
    ]  # fmt: skip
    request = ImportUserEventsRequest(user_events=[*(event(i) for i in range(5)), *wrong])
    reply = await recs.events.ImportUserEvents(request, metadata=recs.admin)
    assert (reply.created_count, reply.unchanged_count) == (5, 0)
    fields = ["shopper", "shopper", "event_time", "product", "query", "event_id"]
    assert [(refusal.index, refusal.field) for refusal in reply.refusals] == list(enumerate(fields, start=5))
    reply = await recs.events.ImportUserEvents(request, metadata=recs.admin)
    assert (reply.created_count, reply.unchanged_count, len(reply.refusals)) == (0, 5, 6)


async def test_an_export_has_everything_in_order(recs: Recs) -> None:
    rng = random.Random(3)
    times = [1_600_000_000 + rng.randrange(10**6) for _ in range(2500)]
    events = [
        UserEvent(**VIEW, shopper=f"users/u{i % 50}", event_time=Timestamp(seconds=time))
        for i, time in enumerate(times)
    ]
    await recs.events.ImportUserEvents(ImportUserEventsRequest(user_events=events), metadata=recs.admin)
    found: list[int] = []
    async for part in recs.events.ExportUserEvents(ExportUserEventsRequest(), metadata=recs.admin):
        assert len(part.user_events) <= 1000
        found += [event.event_time.seconds for event in part.user_events]
    assert found == sorted(times)
    later = ExportUserEventsRequest(start_time=Timestamp(seconds=1_600_500_000))
    rest = [
        event async for part in recs.events.ExportUserEvents(later, metadata=recs.admin) for event in part.user_events
    ]
    assert len(rest) == sum(time >= 1_600_500_000 for time in times)


async def test_attribution_is_checked_and_never_costs_an_event(recs: Recs) -> None:
    await recs.shop.put("p1", "shoes")
    _, who, _ = await recs.visitor()
    request = RecommendRequest(scenario="scenarios/home")
    token = (await recs.recommendations.Recommend(request, metadata=who)).attribution_token
    await write(recs, who, **VIEW, attribution_token=token)
    await write(recs, who, **VIEW, attribution_token=token[:-4] + "AAAA")
    await write(recs, who, **VIEW, attribution_token="not one")
    await write(recs, who, **VIEW)
    engine = create_async_engine(recs.settings.database_url)
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT attribution FROM user_events ORDER BY sequence"))
        assert list(rows.scalars()) == [1, 2, 2, 0]
    await engine.dispose()
