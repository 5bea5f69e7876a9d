"""Who may look at a scenario through whose eyes."""

import pytest
from aisle.recs.v1.recommendation_service_pb2 import RecommendResponse
from aisle.recs.v1.scenario_service_pb2 import PreviewScenarioRequest

from services.kit import context
from services.kit.context import CallState
from services.kit.errors import PermissionDenied
from services.kit.principal import Principal
from services.recs.servicer.scenarios import ScenarioServicer
from tests.unit.recs.shop import SHOPPER, Shop, product

SCENARIO = {
    "name": "scenarios/mine",
    "display_name": "Mine",
    "retrievers": [{"retriever": "RETRIEVER_RECENTLY_VIEWED"}],
}


async def preview(subject: str, role: str, **fields: object) -> RecommendResponse:
    """What a caller sees of a shop in which the shopper viewed p1."""
    shop = Shop([product("p0"), product("p1"), product("p2")])
    shop.saw("p1")
    context.enter(CallState("r1", principal=Principal(subject, frozenset({role}), "s1", "")))
    request = PreviewScenarioRequest(scenario=SCENARIO, **fields)  # type: ignore[arg-type]
    return await ScenarioServicer(None, await shop.build()).PreviewScenario(request, None)  # type: ignore[arg-type]


def viewed(reply: RecommendResponse) -> set[str]:
    """Products that are there because the shopper viewed them."""
    return {found.product for found in reply.results if found.explanation.retriever == "recently_viewed"}


async def test_a_merchant_does_not_read_what_a_shopper_viewed() -> None:
    with pytest.raises(PermissionDenied) as refused:
        await preview("users/merchant", "merchant", shopper=SHOPPER)
    assert refused.value.reason == "NOT_OWNER"
    reply = await preview("users/merchant", "merchant")
    assert len(reply.results) == 3
    assert viewed(reply) == set()


@pytest.mark.parametrize(
    ("subject", "role"), [("users/admin", "admin"), ("services/mail", "service"), (SHOPPER, "merchant")]
)
async def test_who_sees_all_and_the_shopper_themself_may(subject: str, role: str) -> None:
    assert viewed(await preview(subject, role, shopper=SHOPPER)) == {"products/p1"}
