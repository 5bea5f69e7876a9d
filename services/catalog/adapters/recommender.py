"""Purchases and ratings over gRPC to the recs service."""

from collections.abc import Sequence

import grpc
from aisle.recs.v1 import user_event_service_pb2 as pb
from aisle.recs.v1.user_event_pb2 import UserEvent
from aisle.recs.v1.user_event_service_pb2_grpc import UserEventServiceStub
from google.protobuf.timestamp_pb2 import Timestamp

from services.catalog.domain.shopper_event import ShopperEvent

TIMEOUT_S = 10.0
"""Nobody waits for it; a few hundred events take a tenth of a second."""


class GrpcRecommender:
    """services.catalog.ports.Recommender; needs the role service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = UserEventServiceStub(channel)

    async def tell(self, events: Sequence[ShopperEvent]) -> list[tuple[int, str]]:
        """Stores the events, those it has already once; returns index and reason of those that it never takes."""
        request = pb.ImportUserEventsRequest(user_events=map(_message, events))
        reply = await self._stub.ImportUserEvents(request, timeout=TIMEOUT_S)
        return [(refusal.index, f"{refusal.field}: {refusal.description}") for refusal in reply.refusals]


def _message(event: ShopperEvent) -> UserEvent:
    when = Timestamp()
    if event.event_time is not None:
        when.FromDatetime(event.event_time)
    return UserEvent(
        kind=UserEvent.Kind.ValueType(int(event.kind)),
        event_id=event.id,
        product=f"products/{event.product_id}",
        event_time=when,
        rating=event.rating,
        quantity=event.quantity,
        attribution_token=event.attribution_token,
        order_id=event.order_id,
        shopper=event.shopper,
    )
