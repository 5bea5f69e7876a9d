"""Holds every RPC and every request field in the descriptor set to the rules that docs/adr/0002 names.

Nothing here knows a service by name: one that is added tomorrow is covered by being in the contracts.
"""

import re

import pytest
from aisle.type.v1 import access_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from tests.contract import descriptors

METHODS = descriptors.methods()
PATH = re.compile(r"^(/v1/[A-Za-z0-9{}=*_./-]+(:[a-z][A-Za-z]+)?|/\.well-known/[a-z.]+)$")
STANDARD = re.compile(r"^(Get|List|Create|Update|Delete|BatchGet)[A-Z]")


def each_method(condition: str = "") -> pytest.MarkDecorator:
    """Parametrises a test over the methods whose name starts with `condition`."""
    chosen = [m for m in METHODS if re.match(condition, m.name)]
    return pytest.mark.parametrize("method", chosen, ids=[m.full_name for m in chosen])


def each_request() -> pytest.MarkDecorator:
    """Parametrises a test over the messages that clients send."""
    chosen = descriptors.request_messages()
    return pytest.mark.parametrize("message", chosen, ids=[m.full_name for m in chosen])


def field(message: Descriptor, name: str) -> FieldDescriptor:
    """The field of that name; fails the test where there is none."""
    assert name in message.fields_by_name, f"{message.full_name} has no field {name}"
    return message.fields_by_name[name]


def test_contracts_are_found() -> None:
    assert {m.containing_service.file.package for m in METHODS} >= {
        f"aisle.{part}.v1" for part in ("catalog", "users", "recs", "search")
    }


def test_everything_has_a_comment() -> None:
    assert descriptors.uncommented() == []


@each_method()
def test_method_says_who_may_call_it(method: MethodDescriptor) -> None:
    access = descriptors.access(method)
    assert access.level != access_pb2.Access.LEVEL_UNSPECIFIED
    message = method.input_type
    for step in filter(None, access.owner_field.split(".")):
        found = field(message, step)
        message = found.message_type
    assert not access.owner_field or found.type == FieldDescriptor.TYPE_STRING


@each_method()
def test_method_has_an_http_rule_without_put(method: MethodDescriptor) -> None:
    bindings = descriptors.http_rules(method)
    assert bindings
    for rule in bindings:
        assert rule.verb in {"get", "post", "patch", "delete"}
        assert PATH.match(rule.path), rule.path
        assert not (rule.verb in {"get", "delete"} and rule.body)


@each_method()
def test_reads_and_only_reads_may_be_retried(method: MethodDescriptor) -> None:
    safe = method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS
    reads = any(rule.verb == "get" for rule in descriptors.http_rules(method))
    assert safe == reads


@each_method()
def test_custom_methods_are_verbs(method: MethodDescriptor) -> None:
    if STANDARD.match(method.name):
        return
    main = descriptors.http_rules(method)[0]
    assert ":" in main.path
    assert main.verb in {"get", "post"}


@each_method("Get[A-Z]")
def test_get_is_a_get(method: MethodDescriptor) -> None:
    assert descriptors.http_rules(method)[0].verb == "get"
    assert not method.output_type.name.endswith("Response")


@each_method("List[A-Z]")
def test_list_is_paged(method: MethodDescriptor) -> None:
    cursor = "cursor" in method.input_type.fields_by_name
    size = field(method.input_type, "page_size")
    assert descriptors.rules(size).int32.gte == 0
    assert descriptors.rules(size).int32.WhichOneof("greater_than") == "gte"
    field(method.input_type, "cursor" if cursor else "page_token")
    field(method.output_type, "next_cursor" if cursor else "next_page_token")


@each_method("Create[A-Z](?!.*Session)")
def test_create_takes_and_returns_the_resource(method: MethodDescriptor) -> None:
    assert method.output_type.name == method.name.removeprefix("Create")


@each_method("Update[A-Z]")
def test_update_takes_a_mask_and_returns_the_resource(method: MethodDescriptor) -> None:
    mask = field(method.input_type, "update_mask")
    assert mask.message_type.full_name == "google.protobuf.FieldMask"
    assert method.output_type.name == method.name.removeprefix("Update")
    assert descriptors.http_rules(method)[0].verb == "patch"


@each_method("Delete[A-Z]")
def test_delete_returns_nothing(method: MethodDescriptor) -> None:
    assert method.output_type.full_name == "google.protobuf.Empty"
    assert descriptors.http_rules(method)[0].verb == "delete"


@each_request()
def test_request_fields_say_how_they_behave(message: Descriptor) -> None:
    assert [f.name for f in message.fields if not descriptors.behaviors(f)] == []


@each_request()
def test_request_fields_are_bounded(message: Descriptor) -> None:
    unbounded = [f.name for f in message.fields if not descriptors.output_only(f) and not _bounded(f)]
    assert unbounded == []


def _bounded(found: FieldDescriptor) -> bool:
    limits = descriptors.rules(found)
    if found.is_repeated:
        return limits.repeated.max_items > 0 or limits.map.max_pairs > 0
    if found.type == FieldDescriptor.TYPE_STRING:
        text = limits.string
        return bool(text.max_len or text.max_bytes or text.uuid or re.search(r"\{\d+,\d+\}\$$", text.pattern))
    if found.type == FieldDescriptor.TYPE_BYTES:
        return limits.bytes.max_len > 0
    if found.type in {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_INT64} and not found.name.startswith(
        "page_size"
    ):
        kind = limits.int32 if found.type == FieldDescriptor.TYPE_INT32 else limits.int64
        return kind.WhichOneof("less_than") is not None and kind.WhichOneof("greater_than") is not None
    return True


@each_request()
def test_required_strings_refuse_nothing_at_all(message: Descriptor) -> None:
    for found in message.fields:
        if found.type != FieldDescriptor.TYPE_STRING or found.is_repeated:
            continue
        if field_behavior_pb2.REQUIRED in descriptors.behaviors(found):
            text = descriptors.rules(found).string
            assert text.min_len or text.pattern or text.email, f"{found.full_name} may be empty"
