"""The OpenAPI document is valid, complete, and says what the contracts say."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from gateway import contracts, openapi


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_binding_of_every_method_is_in_it(document: dict[str, Any]) -> None:
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    bindings = [binding for method in contracts.methods() for binding in method.http_rules]
    assert len(operations) == len(bindings)
    for method in contracts.methods():
        assert f"{method.service.rpartition('.')[2]}_{method.descriptor.name}" in ids


def test_every_operation_says_who_may_call_it_and_that_errors_are_a_status(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for verb, operation in item.items():
            where = f"{verb} {path}"
            assert operation["description"].strip(), where
            assert {"bearer": []} in operation["security"], where
            schema = operation["responses"]["default"]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("google.rpc.Status"), where


def test_every_field_that_a_caller_can_send_is_described(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("google."):
            continue
        for field, of_field in schema.get("properties", {}).items():
            described = of_field.get("description") or of_field.get("$ref") or of_field.get("allOf")
            assert described, f"{name}.{field}"


def test_it_can_be_made_for_one_domain() -> None:
    paths = openapi.document(frozenset({"search"}))["paths"]
    assert paths
    assert {tag for item in paths.values() for operation in item.values() for tag in operation["tags"]} == {
        "SearchService",
        "SearchReleaseService",
    }
