"""RecommendationService."""

from typing import Any

from aisle.recs.v1 import recommendation_service_pb2 as pb
from aisle.recs.v1.recommendation_service_pb2_grpc import RecommendationServiceServicer

from services.kit import context, paging
from services.kit.authorization import SEES_ALL
from services.kit.errors import PermissionDenied
from services.recs.servicer import messages, scenario_messages
from services.recs.use_cases import position
from services.recs.use_cases.asking import Ask, Recommendations
from services.recs.use_cases.measures import DEGRADED, RESULTS, stage
from services.recs.use_cases.products import product_id
from services.recs.use_cases.recommend import Recommend
from services.recs.use_cases.scenario_book import ScenarioBook, parse

MOST = 100
"""Products on a page."""


class RecommendationServicer(RecommendationServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, recommend: Recommend, scenarios: ScenarioBook) -> None:
        self._recommend = recommend
        self._scenarios = scenarios

    async def Recommend(self, request: pb.RecommendRequest, _: Any) -> pb.RecommendResponse:
        with stage("total"):
            found = await self._recommend(self._ask(request))
            token = paging.encode(found.following.to_json(), request) if found.following else ""
            with stage("render"):
                reply = messages.recommendations(found, token, request.explain)
        _count(found)
        return reply

    def _ask(self, request: pb.RecommendRequest) -> Ask:
        scenario = self._scenarios.get(request.scenario.removeprefix("scenarios/"))
        return Ask(
            scenario=scenario,
            size=paging.page_size(request.page_size, scenario.scenario.page_size, MOST),
            shopper=_shopper(request.shopper),
            context_product=product_id(request.context_product),
            context_products=messages.context_products(request),
            retriever=scenario_messages.NAMES.get(request.retriever),
            where=parse(request.filter),
            filter_text=request.filter,
            after=position.from_json(paging.decode(request.page_token, request)),
            region=request.region.upper(),
            age=request.age,
            explain=request.explain,
        )


def named_shopper(named: str) -> str:
    """Whom a request names, whose history its answer tells of; empty where it names nobody.

    Raises:
        PermissionDenied: it is somebody else than the caller, who does not see all.
    """
    caller = context.principal()
    if named and (caller is None or (named != caller.subject and not SEES_ALL & caller.roles)):
        raise PermissionDenied(f"{named} is not the caller.", reason="NOT_OWNER", name=named)
    return named


def _shopper(named: str) -> str:
    """Who is recommended to: the caller, or whom a machine names."""
    if named:
        return named_shopper(named)
    caller = context.principal()
    return caller.subject if caller and (caller.is_user or caller.is_visitor) else ""


def _count(found: Recommendations) -> None:
    for part in found.degraded:
        DEGRADED.labels(part.value).inc()
    for candidate in found.picked:
        RESULTS.labels(candidate.retriever).inc()
