"""What the contract tests walk: methods, request fields and comments, from the committed descriptor set."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aisle.type.v1 import access_pb2
from buf.validate import validate_pb2
from google.api import annotations_pb2, field_behavior_pb2, resource_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor

ROOT = Path(__file__).resolve().parents[2]
_SET = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "protos/gen/aisle.binpb").read_bytes())
OWN_FILES = [file for file in _SET.file if file.package.startswith("aisle.")]
_POOL = descriptor_pool.DescriptorPool()
for _file in _SET.file:
    _POOL.Add(_file)


@dataclass(frozen=True)
class HttpRule:
    """One HTTP binding of a method."""

    verb: str
    path: str
    body: str


def methods() -> list[MethodDescriptor]:
    """Every RPC of every Aisle service."""
    return [
        method
        for file in OWN_FILES
        for service in _POOL.FindFileByName(file.name).services_by_name.values()
        for method in service.methods
    ]


def messages() -> list[Descriptor]:
    """Every message on the top level of an Aisle package."""
    return [m for file in OWN_FILES for m in _POOL.FindFileByName(file.name).message_types_by_name.values()]


def request_messages() -> list[Descriptor]:
    """Every message that a client sends: requests and the Aisle messages that they hold."""
    seen: dict[str, Descriptor] = {}

    def visit(message: Descriptor) -> None:
        if message.full_name in seen or not message.full_name.startswith("aisle."):
            return
        seen[message.full_name] = message
        for field in message.fields:
            if field.message_type is not None and not output_only(field):
                visit(field.message_type)

    for method in methods():
        visit(method.input_type)
    return [m for m in seen.values() if not m.GetOptions().map_entry]


def access(method: MethodDescriptor) -> access_pb2.Access:
    """Who may call the method."""
    options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
    return options.Extensions[access_pb2.access]


def http_rules(method: MethodDescriptor) -> list[HttpRule]:
    """The method's HTTP bindings, the main one first."""
    options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
    rule = options.Extensions[annotations_pb2.http]
    rules = []
    for binding in [rule, *rule.additional_bindings]:
        verb = binding.WhichOneof("pattern")
        if verb is not None:
            rules.append(HttpRule(verb, getattr(binding, verb), binding.body))
    return rules


def reference(field: FieldDescriptor) -> str:
    """Type of the resource whose name the field holds; empty for none."""
    options = descriptor_pb2.FieldOptions.FromString(field.GetOptions().SerializeToString())
    found = options.Extensions[resource_pb2.resource_reference]
    return found.type or found.child_type


def resource(message: Descriptor) -> resource_pb2.ResourceDescriptor:
    """What the message says of itself as a resource; empty for one that is none."""
    options = descriptor_pb2.MessageOptions.FromString(message.GetOptions().SerializeToString())
    return options.Extensions[resource_pb2.resource]


def behaviors(field: FieldDescriptor) -> set[int]:
    """The field's google.api.field_behavior values."""
    options = descriptor_pb2.FieldOptions.FromString(field.GetOptions().SerializeToString())
    return set(options.Extensions[field_behavior_pb2.field_behavior])


def output_only(field: FieldDescriptor) -> bool:
    """Whether clients are told not to set the field."""
    return field_behavior_pb2.OUTPUT_ONLY in behaviors(field)


def rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """The field's limits."""
    options = descriptor_pb2.FieldOptions.FromString(field.GetOptions().SerializeToString())
    return options.Extensions[validate_pb2.field]


def uncommented() -> list[str]:
    """Messages, fields, enum values, services and methods without a comment."""
    missing = []
    for file in OWN_FILES:
        commented = {
            tuple(location.path) for location in file.source_code_info.location if location.leading_comments.strip()
        }
        for path, name in _elements(file):
            if path not in commented:
                missing.append(f"{file.name}: {name}")
    return missing


Element = tuple[tuple[int, ...], str]


def _elements(file: descriptor_pb2.FileDescriptorProto) -> Iterator[Element]:
    def of_enum(enum: descriptor_pb2.EnumDescriptorProto, path: tuple[int, ...]) -> Iterator[Element]:
        yield path, enum.name
        for i, value in enumerate(enum.value):
            yield (*path, 2, i), value.name

    def of_message(message: descriptor_pb2.DescriptorProto, path: tuple[int, ...]) -> Iterator[Element]:
        yield path, message.name
        for i, field in enumerate(message.field):
            yield (*path, 2, i), f"{message.name}.{field.name}"
        for i, oneof in enumerate(message.oneof_decl):
            if not oneof.name.startswith("_"):  # what `optional` makes
                yield (*path, 8, i), f"{message.name}.{oneof.name}"
        for i, nested in enumerate(message.nested_type):
            if not nested.options.map_entry:
                yield from of_message(nested, (*path, 3, i))
        for i, enum in enumerate(message.enum_type):
            yield from of_enum(enum, (*path, 4, i))

    for i, message in enumerate(file.message_type):
        yield from of_message(message, (4, i))
    for i, enum in enumerate(file.enum_type):
        yield from of_enum(enum, (5, i))
    for i, extension in enumerate(file.extension):
        yield (7, i), extension.name
    for i, service in enumerate(file.service):
        yield (6, i), service.name
        for j, method in enumerate(service.method):
            yield (6, i, 2, j), f"{service.name}.{method.name}"
