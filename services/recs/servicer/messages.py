"""Messages to what recs works with, and back."""

from datetime import UTC, datetime

from aisle.recs.v1 import recommendation_service_pb2 as recommendations_pb
from aisle.recs.v1 import release_service_pb2 as releases_pb
from aisle.recs.v1.scenario_service_pb2 import PreviewScenarioRequest
from aisle.recs.v1.user_event_pb2 import UserEvent
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.errors import InvalidArgument
from services.recs.domain import feature_spec
from services.recs.domain.candidates import Candidate, Source
from services.recs.domain.events import Event, Kind
from services.recs.domain.releases import Release, State
from services.recs.use_cases.asking import Recommendations
from services.recs.use_cases.events import UNSTATED
from services.recs.use_cases.guards import Degradation
from services.recs.use_cases.products import product_id

Reply = recommendations_pb.RecommendResponse
DEGRADATIONS = {part: Reply.Degradation.Value(f"DEGRADATION_{part.name}") for part in Degradation}
STATES = {state: releases_pb.Release.State.Value(f"STATE_{state.name}") for state in State}
KINDS = {kind.name: int(kind) for kind in Kind}


def event(message: UserEvent) -> Event:
    """The event of a message whose limits were checked."""
    return Event(
        shopper=message.shopper,
        event_id=message.event_id,
        kind=Kind(message.kind),
        product_id=product_id(message.product),
        event_time=moment(message.event_time) if message.HasField("event_time") else UNSTATED,
        rating=message.rating,
        query=message.query,
        position=message.position,
        quantity=message.quantity,
        attribution_token=message.attribution_token,
        region=message.region.upper(),
        order_id=message.order_id,
    )


def moment(time: Timestamp) -> datetime:
    """The time, to the microsecond.

    Raises:
        ValueError: it is none between the years 1 and 9999.
    """
    try:
        return time.ToDatetime(tzinfo=UTC)
    except OverflowError:
        raise ValueError from None


def user_event(stored: Event) -> UserEvent:
    """A stored event."""
    message = UserEvent(
        kind=int(stored.kind),  # type: ignore[arg-type]
        event_id=stored.event_id,
        product=f"products/{stored.product_id}" if stored.product_id else "",
        rating=stored.rating,
        query=stored.query,
        position=stored.position,
        quantity=stored.quantity,
        attribution_token=stored.attribution_token,
        shopper=stored.shopper,
        region=stored.region,
        order_id=stored.order_id,
    )
    message.event_time.FromDatetime(stored.event_time)
    return message


def recommendations(found: Recommendations, page_token: str, explain: bool) -> Reply:
    """The reply."""
    reply = Reply(
        next_page_token=page_token,
        attribution_token=found.attribution_token,
        degraded=sorted(DEGRADATIONS[part] for part in found.degraded),
        release=found.release.name if found.release else "",
        personalized=found.personalized,
        title=found.title,
    )
    if found.anchor:
        reply.anchor = f"products/{found.anchor}"
    for candidate in found.picked:
        result = reply.results.add(product=f"products/{candidate.product_id}")
        result.details.CopyFrom(found.products[candidate.product_id])
        if explain:
            _explain(result.explanation, candidate, found)
    return reply


def _explain(explanation: Reply.Explanation, candidate: Candidate, found: Recommendations) -> None:
    explanation.retriever = candidate.retriever
    explanation.retriever_rank = candidate.rank
    explanation.score = candidate.score
    explanation.reason = found.reasons[candidate.retriever]
    own = Source(candidate.retriever, candidate.rank, candidate.score)
    for source in candidate.sources or (own,):
        explanation.steps.add(stage=f"retrieve:{source.retriever}", rank=source.rank, score=source.score)
    if candidate.ranking_place:
        explanation.steps.add(stage="rank", rank=candidate.ranking_place, score=candidate.ranking_score)
    if candidate.sources:
        explanation.steps.add(stage="mix", rank=candidate.place, score=candidate.mixed)
    last = found.ordered[candidate.product_id]
    explanation.steps.add(stage="order", rank=last.rank, score=last.score)
    explanation.rules.extend(last.rules)


def context_products(request: recommendations_pb.RecommendRequest | PreviewScenarioRequest) -> tuple[str, ...]:
    """Ids of what the place is about, the product that is being looked at first."""
    named = (request.context_product, *request.context_products)
    return tuple(dict.fromkeys(product_id(name) for name in named if name))


def release(message: releases_pb.Release, number: int) -> Release:
    """A release to register.

    Raises:
        InvalidArgument: its feature specification cannot be read.
    """
    try:
        spec = feature_spec.parse(message.feature_spec, KINDS)
    except ValueError as error:
        raise InvalidArgument.field("release.feature_spec", str(error)) from None
    return Release(
        number=number,
        collection=message.collection,
        dimension=message.dimension,
        user_tower_version=message.user_tower_version,
        item_tower_version=message.item_tower_version,
        feature_spec=message.feature_spec,
        spec=spec,
        report=message.report,
        data_fingerprint=message.data_fingerprint,
        catalog_cursor=message.catalog_cursor,
        ranker_version=message.ranker_version,
        state=State.CANDIDATE,
    )


def release_message(stored: Release) -> releases_pb.Release:
    """A registered release."""
    message = releases_pb.Release(
        name=stored.name,
        collection=stored.collection,
        dimension=stored.dimension,
        user_tower_version=stored.user_tower_version,
        item_tower_version=stored.item_tower_version,
        feature_spec=stored.feature_spec,
        report=stored.report,
        data_fingerprint=stored.data_fingerprint,
        catalog_cursor=stored.catalog_cursor,
        ranker_version=stored.ranker_version,
        state=STATES[stored.state],
        traffic_percent=stored.traffic_percent,
    )
    if stored.create_time:
        message.create_time.FromDatetime(stored.create_time)
    if stored.promote_time:
        message.promote_time.FromDatetime(stored.promote_time)
    return message
