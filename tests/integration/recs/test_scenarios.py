"""Scenarios as data: read, changed, tried, and applied at once."""

import grpc
import pytest
from aisle.recs.v1 import scenario_service_pb2 as pb
from aisle.recs.v1.scenario_service_pb2_grpc import ScenarioServiceStub
from google.protobuf.field_mask_pb2 import FieldMask

from tests.integration.recs.conftest import Recs

Code = grpc.StatusCode


async def refused(call: object) -> tuple[Code, str]:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call  # type: ignore[misc]
    return error.value.code(), error.value.details() or ""


async def test_a_merchant_reads_changes_and_looks_back(recs: Recs) -> None:
    stub, me = ScenarioServiceStub(recs.channel), {"metadata": recs.admin}
    listed = await stub.ListScenarios(pb.ListScenariosRequest(page_size=4), **me)
    rest = await stub.ListScenarios(pb.ListScenariosRequest(page_size=4, page_token=listed.next_page_token), **me)
    names = [found.name.removeprefix("scenarios/") for found in (*listed.scenarios, *rest.scenarios)]
    assert names == ["account", "cart", "checkout", "email", "home", "product", "search-empty"]

    home = await stub.GetScenario(pb.GetScenarioRequest(name="scenarios/home"), **me)
    sale = {"display_name": "Sale", "action": "ACTION_BOOST", "filter": "price < 20"}
    change = {"name": home.name, "rules": [sale], "page_size": 12, "etag": home.etag}
    mask = FieldMask(paths=["rules", "page_size"])
    written = await stub.UpdateScenario(
        pb.UpdateScenarioRequest(scenario=change, update_mask=mask, comment="Summer"), **me
    )
    assert (written.page_size, written.rules[0].strength, written.display_name) == (12, 2.0, home.display_name)
    assert written.etag != home.etag
    stale = pb.UpdateScenarioRequest(scenario=change, update_mask=mask)
    assert (await refused(stub.UpdateScenario(stale, **me)))[0] is Code.ABORTED

    revisions = (await stub.ListScenarioRevisions(pb.ListScenarioRevisionsRequest(parent=home.name), **me)).revisions
    newest, first = revisions
    assert (list(newest.changed_fields), newest.comment) == (["rules", "page_size"], "Summer")
    assert (newest.author.partition("/")[0], first.author) == ("users", "system")
    back = pb.UpdateScenarioRequest(scenario=first.scenario, update_mask=FieldMask(paths=["*"]))
    assert not (await stub.UpdateScenario(back, **me)).rules


WRONG = [
    ({"filter": "colour = 3"}, "scenario.filter"),
    ({"retrievers": [{"retriever": 1}, {"retriever": 1}]}, "scenario.retrievers[1].retriever"),
    ({"rules": [{"display_name": "x", "action": "ACTION_PIN"}]}, "scenario.rules[0].products"),
    ({"rules": [{"display_name": "x", "action": "ACTION_BOOST"}]}, "scenario.rules[0].filter"),
    ({"rules": [{"display_name": "x", "action": "ACTION_BURY", "filter": "price <"}]}, "scenario.rules[0].filter"),
]


async def test_what_makes_no_sense_is_refused_with_its_field(recs: Recs) -> None:
    stub, me = ScenarioServiceStub(recs.channel), {"metadata": recs.admin}
    good = {"display_name": "Mine", "retrievers": [{"retriever": "RETRIEVER_TRENDING"}]}
    for wrong, field in WRONG:
        request = pb.CreateScenarioRequest(scenario=good | wrong, scenario_id="mine")
        code, message = await refused(stub.CreateScenario(request, **me))
        assert (code, message.startswith(field)) == (Code.INVALID_ARGUMENT, True), message
    request = pb.CreateScenarioRequest(scenario=good, scenario_id="mine")
    made = await stub.CreateScenario(request, **me)
    assert (made.name, made.retrievers[0].limit, made.page_size) == ("scenarios/mine", 50, 20)
    assert (await refused(stub.CreateScenario(request, **me)))[0] is Code.ALREADY_EXISTS
    unknown = pb.UpdateScenarioRequest(scenario={"name": made.name}, update_mask=FieldMask(paths=["create"]))
    assert (await refused(stub.UpdateScenario(unknown, **me)))[0] is Code.INVALID_ARGUMENT
    only_read = pb.UpdateScenarioRequest(scenario={"name": made.name, "create_time": {"seconds": 1}})
    code, message = await refused(stub.UpdateScenario(only_read, **me))
    assert (code, message.startswith("scenario: ")) == (Code.INVALID_ARGUMENT, True), message
    nowhere = pb.UpdateScenarioRequest(scenario={"name": "scenarios/none", "page_size": 3})
    assert (await refused(stub.UpdateScenario(nowhere, **me)))[0] is Code.NOT_FOUND
    assert not (await recs.recommend(scenario="mine")).results  # the catalogue is empty, the scenario is known
