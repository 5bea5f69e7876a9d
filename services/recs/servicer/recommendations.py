"""RecommendationService."""

from functools import lru_cache
from typing import Any

from aisle.recs.v1 import recommendation_service_pb2 as pb
from aisle.recs.v1.recommendation_service_pb2_grpc import RecommendationServiceServicer

from services.kit import context, filters, paging
from services.kit.errors import InvalidArgument
from services.recs.servicer import messages
from services.recs.use_cases import position
from services.recs.use_cases.measures import DEGRADED, RESULTS, stage
from services.recs.use_cases.products import SCHEMA, product_id
from services.recs.use_cases.recommend import SCENARIOS, Ask, Recommend, Recommendations

# Shops send the same few filters again and again, and reading one takes milliseconds.
parse = lru_cache(maxsize=1024)(lambda text: filters.parse(text, SCHEMA))


class RecommendationServicer(RecommendationServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, recommend: Recommend) -> None:
        self._recommend = recommend

    async def Recommend(self, request: pb.RecommendRequest, _: Any) -> pb.RecommendResponse:
        with stage("total"):
            found = await self._recommend(_ask(request))
            token = paging.encode(found.following.to_json(), request) if found.following else ""
            with stage("render"):
                reply = messages.recommendations(found, token, request.explain)
        _count(found)
        return reply


def _ask(request: pb.RecommendRequest) -> Ask:
    scenario = request.scenario.removeprefix("scenarios/")
    if scenario not in SCENARIOS:
        known = ", ".join(f"scenarios/{name}" for name in sorted(SCENARIOS))
        raise InvalidArgument.field("scenario", f"is not one of {known}")
    return Ask(
        scenario=scenario,
        size=paging.page_size(request.page_size, 20, 100),
        shopper=_shopper(),
        context_product=product_id(request.context_product),
        where=parse(request.filter),
        filter_text=request.filter,
        after=position.from_json(paging.decode(request.page_token, request)),
        region=request.region.upper(),
        age=request.age,
    )


def _shopper() -> str:
    caller = context.principal()
    return caller.subject if caller and (caller.is_user or caller.is_visitor) else ""


def _count(found: Recommendations) -> None:
    for part in found.degraded:
        DEGRADED.labels(part.value).inc()
    for candidate in found.picked:
        RESULTS.labels(candidate.retriever).inc()
