"""Holds every RPC and every request field in the descriptor set to the rules of docs/adr/0001 and of the AIPs.

Nothing here knows a service by name: one that is added tomorrow is covered by being in the contracts.
"""

import importlib
import re
from pathlib import Path

import pytest
from aisle.type.v1 import access_pb2
from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodOptions
from grpc_tools import protoc

from tests.contract import descriptors

METHODS = descriptors.methods()
VARIABLE = re.compile(r"\{([a-z_.]+)(?:=([^}]*))?\}")
SECRET = re.compile(r"password|secret|refresh_token")
PREPOSITIONS = re.compile(r"(?:By|For|From|To|With)(?=[A-Z]|$)")
PATH = re.compile(r"^(/v1/[A-Za-z0-9{}=*_./-]+(:[a-z][A-Za-z]+)?|/\.well-known/[a-z.]+)$")
PROTOS = descriptors.ROOT / "protos"
NUMBERS = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_DOUBLE: "double",
}
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


def walk(message: Descriptor, path: str) -> FieldDescriptor:
    """The field at the end of a dotted path; fails the test where the path leads nowhere."""
    *steps, last = path.split(".")
    for step in steps:
        message = field(message, step).message_type
        assert message is not None, f"{step} of {path} is no message"
    return field(message, last)


def test_contracts_are_found() -> None:
    assert {m.containing_service.file.package for m in METHODS} >= {
        f"aisle.{part}.v1" for part in ("catalog", "users", "recs", "search")
    }


def test_the_descriptor_set_is_that_of_the_contracts(tmp_path: Path) -> None:
    made = tmp_path / "made.binpb"
    sources = [str(path.relative_to(PROTOS)) for path in sorted((PROTOS / "aisle").rglob("*.proto"))]
    paths = [f"-I{path}" for path in (PROTOS, PROTOS / "vendor", Path(protoc.__file__).parent / "_proto")]
    assert protoc.main(["protoc", *paths, f"--descriptor_set_out={made}", "--include_source_info", *sources]) == 0
    files = FileDescriptorSet.FromString(made.read_bytes()).file
    assert {f.name: f for f in files} == {f.name: f for f in descriptors.OWN_FILES}, "run `make gen`"


@pytest.mark.parametrize("file", descriptors.OWN_FILES, ids=lambda file: file.name)
def test_the_generated_code_is_that_of_the_contracts(file: FileDescriptorProto) -> None:
    module = importlib.import_module(file.name.replace("/", ".").replace(".proto", "_pb2"))
    generated = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
    written = FileDescriptorProto()
    written.CopyFrom(file)
    written.ClearField("source_code_info")
    assert generated.package == file.package == ".".join(file.name.split("/")[:-1])
    assert re.search(r"\.v[0-9]+$", file.package)
    assert _plain(generated) == _plain(written), "run `make gen`"


def _plain(file: FileDescriptorProto) -> dict[str, object]:
    """A file without the JSON names, which the compiler writes into descriptor sets alone."""

    def strip(message: DescriptorProto) -> None:
        for found in (*message.field, *message.extension):
            found.ClearField("json_name")
        for nested in message.nested_type:
            strip(nested)

    for message in file.message_type:
        strip(message)
    for extension in file.extension:
        extension.ClearField("json_name")
    return {field.name: value for field, value in file.ListFields()}


def test_everything_has_a_comment() -> None:
    assert descriptors.uncommented() == []


@each_method()
def test_method_says_who_may_call_it(method: MethodDescriptor) -> None:
    access = descriptors.access(method)
    assert access.level != access_pb2.Access.LEVEL_UNSPECIFIED
    if access.owner_field:
        assert walk(method.input_type, access.owner_field).type == FieldDescriptor.TYPE_STRING


@each_method()
def test_a_request_that_names_its_shopper_says_so(method: MethodDescriptor) -> None:
    """Where the path of a call begins with somebody's name, the access option must say whose it has to be."""
    for rule in descriptors.http_rules(method):
        if rule.path.startswith("/v1/{") and (found := VARIABLE.search(rule.path)) is not None:
            personal = (found[2] or "").startswith(("users/", "visitors/"))
            assert descriptors.access(method).owner_field == found[1] or not personal


@each_method()
def test_method_has_an_http_rule_without_put(method: MethodDescriptor) -> None:
    bindings = descriptors.http_rules(method)
    assert bindings
    for rule in bindings:
        assert rule.verb in {"get", "post", "patch", "delete"}
        assert PATH.match(rule.path), rule.path
        assert not (rule.verb in {"get", "delete"} and rule.body)
        assert rule.verb not in {"post", "patch"} or rule.body, "what is written stands in the body"
        assert rule.body in {"", "*"} or field(method.input_type, rule.body).message_type is not None


@each_method()
def test_the_variables_of_a_path_are_bounded_names_in_the_request(method: MethodDescriptor) -> None:
    for rule in descriptors.http_rules(method):
        for name, template in VARIABLE.findall(rule.path):
            found = walk(method.input_type, name)
            assert found.type == FieldDescriptor.TYPE_STRING
            assert template, f"{name} matches anything"
            pattern = descriptors.rules(found).string.pattern
            # Numbers or letters: some resource takes one of these ids.
            names = [template.replace("*", some) for some in ("10000000", "abcdefab")]
            assert any(re.search(pattern, some) for some in names), f"{pattern} refuses {template}"


@each_method()
def test_no_secret_stands_in_a_url(method: MethodDescriptor) -> None:
    for rule in descriptors.http_rules(method):
        in_url = [f.name for f in method.input_type.fields if rule.body != "*" and f.name != rule.body]
        assert [name for name in in_url if SECRET.search(name)] == []


@each_method()
def test_a_query_can_carry_what_the_body_does_not(method: MethodDescriptor) -> None:
    for rule in descriptors.http_rules(method):
        bound = {name.partition(".")[0] for name, _ in VARIABLE.findall(rule.path)}
        left = [f for f in method.input_type.fields if rule.body not in {"*", f.name} and f.name not in bound]
        for found in left:
            own = found.message_type is not None and found.message_type.full_name.startswith("aisle.")
            assert not (own and found.is_repeated), f"{found.full_name} cannot be written in a query"


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
    assert not PREPOSITIONS.search(method.name)


@each_method("Get[A-Z]")
def test_get_is_a_get(method: MethodDescriptor) -> None:
    assert descriptors.http_rules(method)[0].verb == "get"
    assert not method.output_type.name.endswith("Response")
    if descriptors.resource(method.output_type).type:
        name = field(method.input_type, "name")
        assert field_behavior_pb2.REQUIRED in descriptors.behaviors(name)
        assert descriptors.reference(name) == descriptors.resource(method.output_type).type


@each_method("BatchGet[A-Z]")
def test_batch_get_takes_names_and_returns_the_resources(method: MethodDescriptor) -> None:
    assert field(method.input_type, "names").is_repeated
    main = descriptors.http_rules(method)[0]
    assert (main.verb, main.path[-9:]) == ("get", ":batchGet")
    assert any(f.is_repeated and f.message_type is not None for f in method.output_type.fields)


@each_method("List[A-Z]")
def test_list_is_paged(method: MethodDescriptor) -> None:
    cursor = "cursor" in method.input_type.fields_by_name
    size = field(method.input_type, "page_size")
    assert descriptors.rules(size).int32.gte == 0
    assert descriptors.rules(size).int32.WhichOneof("greater_than") == "gte"
    token = field(method.input_type, "cursor" if cursor else "page_token")
    assert {field_behavior_pb2.OPTIONAL} == descriptors.behaviors(size) == descriptors.behaviors(token)
    following = field(method.output_type, "next_cursor" if cursor else "next_page_token")
    assert token.type == following.type == FieldDescriptor.TYPE_STRING
    assert [f.name for f in method.output_type.fields if f.is_repeated and f.message_type is not None]
    assert descriptors.http_rules(method)[0].verb == "get"


@each_method()
def test_pages_have_one_shape(method: MethodDescriptor) -> None:
    asks = "page_token" in method.input_type.fields_by_name
    assert asks == ("next_page_token" in method.output_type.fields_by_name)
    assert not asks or "page_size" in method.input_type.fields_by_name


@each_method("Create[A-Z](?!.*Session)")
def test_create_takes_and_returns_the_resource(method: MethodDescriptor) -> None:
    assert method.output_type.name == method.name.removeprefix("Create")
    assert descriptors.http_rules(method)[0].verb == "post"
    names = set(method.input_type.fields_by_name)
    # What is made of bytes has their hash for an id, so that the same bytes are there once anyway.
    hashed = any(f.type == FieldDescriptor.TYPE_BYTES for f in method.input_type.fields)
    chosen = re.sub(r"(?<!^)(?=[A-Z])", "_", method.output_type.name).lower() + "_id"
    assert hashed or names & {"request_id", chosen}, "a call that is sent twice must not create twice"


@each_request()
def test_request_ids_are_optional_uuids(message: Descriptor) -> None:
    if (found := message.fields_by_name.get("request_id")) is not None:
        assert descriptors.behaviors(found) == {field_behavior_pb2.OPTIONAL}
        assert descriptors.rules(found).string.uuid


@each_request()
def test_etags_are_optional_strings(message: Descriptor) -> None:
    if (found := message.fields_by_name.get("etag")) is not None:
        assert descriptors.behaviors(found) == {field_behavior_pb2.OPTIONAL}
        assert found.type == FieldDescriptor.TYPE_STRING


@each_method("Update[A-Z]")
def test_update_takes_a_mask_and_returns_the_resource(method: MethodDescriptor) -> None:
    mask = field(method.input_type, "update_mask")
    assert mask.message_type.full_name == "google.protobuf.FieldMask"
    assert method.output_type.name == method.name.removeprefix("Update")
    assert descriptors.behaviors(mask) == {field_behavior_pb2.OPTIONAL}
    main = descriptors.http_rules(method)[0]
    assert main.verb == "patch"
    assert field(method.input_type, main.body).message_type == method.output_type
    assert main.path.startswith(f"/v1/{{{main.body}.name=")


@each_method("Delete[A-Z]")
def test_delete_returns_nothing(method: MethodDescriptor) -> None:
    assert method.output_type.full_name == "google.protobuf.Empty"
    assert descriptors.http_rules(method)[0].verb == "delete"
    assert field_behavior_pb2.REQUIRED in descriptors.behaviors(field(method.input_type, "name"))


@each_request()
def test_request_fields_say_how_they_behave(message: Descriptor) -> None:
    assert [f.name for f in message.fields if not descriptors.behaviors(f)] == []


@each_request()
def test_request_fields_are_bounded(message: Descriptor) -> None:
    unbounded = [f.name for f in message.fields if not descriptors.output_only(f) and not _bounded(f)]
    assert unbounded == []


def _bounded(found: FieldDescriptor) -> bool:
    limits = descriptors.rules(found)
    if found.message_type is not None and found.message_type.GetOptions().map_entry:
        sides = (limits.map.keys.string, limits.map.values.string)
        return limits.map.max_pairs > 0 and all(side.max_len for side in sides)
    if found.is_repeated:
        items = found.message_type is not None or _scalar_bounded(found, limits.repeated.items)
        return limits.repeated.max_items > 0 and items
    return _scalar_bounded(found, limits)


def _scalar_bounded(found: FieldDescriptor, limits: validate_pb2.FieldRules) -> bool:
    if found.type == FieldDescriptor.TYPE_STRING:
        text = limits.string
        bounded = text.max_len or text.max_bytes or text.uuid or getattr(text, "in")
        return bool(bounded or re.search(r"\{\d+,\d+\}\$$", text.pattern))
    if found.type == FieldDescriptor.TYPE_BYTES:
        return limits.bytes.max_len > 0
    if found.type == FieldDescriptor.TYPE_ENUM:
        return limits.enum.defined_only
    if found.type in NUMBERS:
        kind = getattr(limits, NUMBERS[found.type])
        # A page size that is too big is coerced.
        above = found.name == "page_size" or kind.WhichOneof("less_than") is not None
        return above and kind.WhichOneof("greater_than") is not None
    return found.message_type is not None or found.type == FieldDescriptor.TYPE_BOOL


@each_request()
def test_required_strings_refuse_nothing_at_all(message: Descriptor) -> None:
    for found in message.fields:
        if found.type != FieldDescriptor.TYPE_STRING or found.is_repeated:
            continue
        if field_behavior_pb2.REQUIRED in descriptors.behaviors(found):
            text = descriptors.rules(found).string
            assert text.min_len or text.pattern or text.email, f"{found.full_name} may be empty"
