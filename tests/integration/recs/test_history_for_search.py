"""What search asks recs for: a shopper's history and vector, by the contracts alone."""

import numpy as np
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2 import (
    BatchWriteUserEventsRequest,
    ListUserEventsRequest,
    ListUserEventsResponse,
)

from services.kit.channels import channel
from services.search.adapters.tastes import SERVICES, RecommenderTastes
from tests.integration.recs import towers
from tests.integration.recs.conftest import Metadata, Recs

CHOICES = [("VIEW", "p0"), ("LIKE", "p2"), ("VIEW", "p4")]


async def seen(recs: Recs, who: Metadata, count: int) -> None:
    """The page shows products, as it does while one scrolls."""
    shown = [UserEvent(kind="KIND_IMPRESSION", product=f"products/p{i % 60}") for i in range(count)]
    await recs.events.BatchWriteUserEvents(BatchWriteUserEventsRequest(user_events=shown), metadata=who)


async def listed(recs: Recs, who: Metadata, **fields: object) -> ListUserEventsResponse:
    return await recs.events.ListUserEvents(ListUserEventsRequest(parent="visitors/me", **fields), metadata=who)


async def test_events_are_listed_by_kind_page_by_page(recs: Recs) -> None:
    _, who, _ = await recs.visitor()
    for kind, product in CHOICES:
        await recs.did(who, kind, product)
        await seen(recs, who, 5)
    kinds = ["KIND_VIEW", "KIND_LIKE"]
    first = await listed(recs, who, kinds=kinds, page_size=2)
    last = await listed(recs, who, kinds=kinds, page_size=2, page_token=first.next_page_token)
    found = [event.product for event in (*first.user_events, *last.user_events)]
    assert found == ["products/p4", "products/p2", "products/p0"]
    assert len((await listed(recs, who)).user_events) == 18


async def test_what_a_shopper_chose_is_known_to_search_however_much_they_were_shown_since(stocked: Recs) -> None:
    shopper, who, _ = await stocked.visitor()
    for kind, product in CHOICES:
        await stocked.did(who, kind, product)
    await stocked.events.BatchWriteUserEvents(
        BatchWriteUserEventsRequest(user_events=[UserEvent(kind="KIND_SEARCH", query="shoes")]), metadata=who
    )
    await seen(stocked, who, 200)

    async def token() -> str:
        return stocked.admin[0][1].removeprefix("Bearer ")

    address = f"127.0.0.1:{stocked.server.port}"
    async with (
        channel(address, *SERVICES, token=token) as recs,
        channel(stocked.inference.address) as inference,
    ):
        tastes = RecommenderTastes(recs, inference)
        tower = await tastes.tower()
        assert tower is not None
        steps = await tastes.history(shopper, tower.kinds, tower.history_length)
        assert [(step.kind, step.product_id) for step in steps] == CHOICES
        shoe = towers.category_vectors()[towers.CATEGORIES.index("shoes") + 1]
        kinds = [tower.kinds[step.kind] for step in steps]
        vector = await tastes.user_vector(tower, np.stack([shoe] * 3), kinds, [0.0] * 3)
    np.testing.assert_allclose(vector, shoe, atol=1e-5)
