"""ScenarioService."""

from typing import Any

from aisle.recs.v1 import scenario_pb2
from aisle.recs.v1 import scenario_service_pb2 as pb
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from aisle.recs.v1.scenario_service_pb2_grpc import ScenarioServiceServicer

from services.kit import context, paging
from services.kit.errors import InvalidArgument
from services.kit.masks import written
from services.recs.domain.scenarios import WRITABLE
from services.recs.servicer import messages
from services.recs.servicer import scenario_messages as scenarios
from services.recs.servicer.recommendations import MOST, named_shopper
from services.recs.use_cases import position
from services.recs.use_cases.asking import Ask
from services.recs.use_cases.products import product_id
from services.recs.use_cases.recommend import Recommend
from services.recs.use_cases.scenario_book import ready
from services.recs.use_cases.scenarios import ManageScenarios


class ScenarioServicer(ScenarioServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, manage: ManageScenarios, recommend: Recommend) -> None:
        self._manage = manage
        self._recommend = recommend

    async def GetScenario(self, request: pb.GetScenarioRequest, _: Any) -> scenario_pb2.Scenario:
        return await self._stored(_id(request.name))

    async def ListScenarios(self, request: pb.ListScenariosRequest, _: Any) -> pb.ListScenariosResponse:
        after = _after(paging.decode(request.page_token, request))
        size = paging.page_size(request.page_size, 50, 1000)
        found = await self._manage.page(after, size)
        token = paging.encode({"n": found[-1].scenario.scenario_id}, request) if len(found) == size else ""
        return pb.ListScenariosResponse(scenarios=map(scenarios.stored, found), next_page_token=token)

    async def CreateScenario(self, request: pb.CreateScenarioRequest, _: Any) -> scenario_pb2.Scenario:
        given = scenarios.scenario(request.scenario, request.scenario_id)
        return scenarios.stored(await self._manage.create(given, _author(), request.comment))

    async def UpdateScenario(self, request: pb.UpdateScenarioRequest, _: Any) -> scenario_pb2.Scenario:
        message = request.scenario
        given = scenarios.scenario(message, _required(message.name))
        mask = request.update_mask.paths
        fields = await written(message, mask, WRITABLE, lambda: self._stored(_id(message.name)))
        return scenarios.stored(await self._manage.update(given, fields, message.etag, _author(), request.comment))

    async def PreviewScenario(self, request: pb.PreviewScenarioRequest, _: Any) -> RecommendResponse:
        found = await self._recommend(_tried(request))
        token = paging.encode(found.following.to_json(), request) if found.following else ""
        return messages.recommendations(found, token, explain=True)

    async def ListScenarioRevisions(
        self, request: pb.ListScenarioRevisionsRequest, _: Any
    ) -> pb.ListScenarioRevisionsResponse:
        below = _below(paging.decode(request.page_token, request))
        size = paging.page_size(request.page_size, 20, 100)
        found = await self._manage.revisions(_id(request.parent), below, size)
        token = paging.encode({"n": found[-1].number}, request) if len(found) == size else ""
        return pb.ListScenarioRevisionsResponse(revisions=map(scenarios.revision, found), next_page_token=token)

    async def _stored(self, scenario_id: str) -> scenario_pb2.Scenario:
        return scenarios.stored(await self._manage.get(scenario_id))


def _tried(request: pb.PreviewScenarioRequest) -> Ask:
    given = ready(scenarios.scenario(request.scenario, _required(request.scenario.name)))
    return Ask(
        scenario=given,
        size=paging.page_size(request.page_size, given.scenario.page_size, MOST),
        shopper=named_shopper(request.shopper),
        context_product=product_id(request.context_product),
        context_products=messages.context_products(request),
        after=position.from_json(paging.decode(request.page_token, request)),
        region=request.region.upper(),
        age=request.age,
        explain=True,
        rule_time=scenarios.rule_time(request),
    )


def _id(name: str) -> str:
    return name.removeprefix("scenarios/")


def _required(name: str) -> str:
    if not name:
        raise InvalidArgument.field("scenario.name", "is required")
    return _id(name)


def _author() -> str:
    caller = context.principal()
    return caller.subject if caller else ""


def _after(position: dict[str, Any] | None) -> str:
    name = position.get("n") if position else ""
    if not isinstance(name, str) or "\x00" in name:
        raise InvalidArgument.field("page_token", "is not one that this service gave out")
    return name


def _below(position: dict[str, Any] | None) -> int | None:
    if position is None:
        return None
    number = position.get("n")
    if type(number) is not int or not 0 <= number < 2**63:
        raise InvalidArgument.field("page_token", "is not one that this service gave out")
    return number
