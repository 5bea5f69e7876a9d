"""The compiled limits agree with protovalidate, which reads the same rules as CEL."""

import importlib
from typing import Any

import protovalidate
import pytest
from aisle.catalog.v1 import product_pb2, product_service_pb2
from aisle.recs.v1 import recommendation_service_pb2 as recs
from aisle.recs.v1 import scenario_service_pb2, user_event_pb2, user_event_service_pb2
from aisle.users.v1 import account_service_pb2, session_service_pb2
from google.protobuf import descriptor_pool, message_factory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kit import validation
from services.kit.errors import InvalidArgument
from tests.contract import descriptors

TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["users/a", "products/x", "scenarios/home", "a@b.de", "a@b", "shopper", "1", "x" * 300]),
    st.from_regex(r"\A(users|products|categories)/[A-Za-z0-9._~-]{0,5}\n?\Z"),
)
NUMBER = st.one_of(st.integers(-3, 7), st.sampled_from([2**31 - 1, -(2**31), 1000, 100001]))
CASES = {
    session_service_pb2.LogInRequest: st.fixed_dictionaries({"email": TEXT, "password": TEXT}),
    account_service_pb2.SignUpRequest: st.fixed_dictionaries({"email": TEXT, "password": TEXT}),
    recs.RecommendRequest: st.fixed_dictionaries(
        {"scenario": TEXT, "context_product": TEXT, "page_size": NUMBER, "age": NUMBER}
    ),
    user_event_pb2.UserEvent: st.fixed_dictionaries(
        {"kind": st.integers(0, 12), "product": TEXT, "rating": NUMBER, "shopper": TEXT, "event_id": TEXT}
    ),
    product_service_pb2.BatchGetProductsRequest: st.fixed_dictionaries({"names": st.lists(TEXT, max_size=4)}),
    product_pb2.Product: st.fixed_dictionaries(
        {"name": TEXT, "title": TEXT, "attributes": st.dictionaries(TEXT, TEXT, max_size=3), "age_limit": NUMBER}
    ),
    account_service_pb2.Preferences: st.fixed_dictionaries({"name": TEXT, "categories": st.lists(TEXT, max_size=10)}),
}


@pytest.mark.parametrize("kind", list(CASES), ids=lambda kind: kind.DESCRIPTOR.name)
def test_verdicts_are_those_of_protovalidate(kind: Any) -> None:
    reference = protovalidate.Validator()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(CASES[kind])
    def compare(values: dict[str, Any]) -> None:
        message = kind(**values)
        refused = {v.proto.field.elements[0].field_name for v in reference.collect_violations(message)}
        ours = {f.split("[")[0].split(".")[0]: d for f, d in validation.violations(message)}
        # google.api.field_behavior and U+0000 are looked at here too, and not by protovalidate.
        own = {f for f, d in ours.items() if d == "is required" or d.endswith(validation.NUL)}
        assert set(ours) - own <= refused
        assert refused <= set(ours)

    compare()


def test_every_rule_in_the_contracts_is_known() -> None:
    for file in descriptors.OWN_FILES:
        importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
    for described in descriptors.request_messages():
        generated = descriptor_pool.Default().FindMessageTypeByName(described.full_name)
        list(validation.violations(message_factory.GetMessageClass(generated)()))


def test_nested_fields_at_fault_are_named_by_their_path() -> None:
    batch = user_event_service_pb2.BatchWriteUserEventsRequest(user_events=[{"kind": 1}, {"kind": 1, "rating": 9}])
    with pytest.raises(InvalidArgument) as caught:
        validation.validate(batch)
    assert caught.value.violations == [("user_events[1].rating", "must be at most 5")]


def test_an_update_needs_only_the_fields_that_it_writes() -> None:
    request = product_service_pb2.UpdateProductRequest(product={"name": "products/x", "age_limit": 121})
    with pytest.raises(InvalidArgument) as caught:
        validation.validate(request)
    assert [field for field, _ in caught.value.violations] == ["product.age_limit"]


@pytest.mark.parametrize(
    ("paths", "wrong"),
    [
        (["retrievers"], ["scenario.retrievers"]),
        (["retrievers", "display_name"], ["scenario.display_name", "scenario.retrievers"]),
        (["*"], ["scenario.display_name", "scenario.retrievers"]),
        (["displayName"], ["scenario.display_name"]),
        (["rules"], []),
        ([], []),
    ],
)
def test_an_update_does_not_empty_what_is_required(paths: list[str], wrong: list[str]) -> None:
    request = scenario_service_pb2.UpdateScenarioRequest(scenario={"name": "scenarios/x"}, update_mask={"paths": paths})
    found = validation.violations(request)
    assert sorted(found) == [(field, "is required") for field in wrong]


def test_rows_of_an_import_are_left_to_the_service() -> None:
    rows = [{"product": {"title": ""}}]
    validation.validate(product_service_pb2.ImportProductsRequest(rows=rows))
