"""A rule of a contract that the services do not know stops them, instead of going unchecked."""

import uuid
from typing import Any

import pytest
from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

from services.kit import server
from services.kit.app import App
from services.kit.settings import ServiceSettings
from tests.support.tokens import Issuer

STRING, INT32 = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_INT32
UNKNOWN: list[tuple[int, dict[str, Any], str]] = [
    (INT32, {"int32": {"gt": 0}}, "int32.gt"),
    (INT32, {"int32": {"lt": 9}}, "int32.lt"),
    (INT32, {"int32": {"in": [1, 2]}}, "int32.in"),
    (INT32, {"int32": {"gte": 1}, "ignore": "IGNORE_ALWAYS"}, "ignore=IGNORE_ALWAYS"),
    (STRING, {"string": {"const": "a"}}, "string.const"),
    (STRING, {"string": {"min_len": 1, "prefix": "a"}}, "string.prefix"),
    (STRING, {"string": {"hostname": True}}, "string.hostname"),
    (STRING, {"required": True}, "required"),
    (STRING, {"cel": [{"id": "x", "expression": "this != ''"}]}, "cel"),
]


def service(kind: int, message_options: Any = None, **rules: Any) -> ServiceDescriptor:
    """A service whose request holds one field with these rules, nested in a message."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{uuid.uuid4().hex}.proto", package=f"aisle.t{uuid.uuid4().hex}", syntax="proto3"
    )
    inner = file.message_type.add(name="Inner")
    field = inner.field.add(name="value", number=1, type=kind, label=1)
    field.options.Extensions[validate_pb2.field].CopyFrom(validate_pb2.FieldRules(**rules))
    if message_options is not None:
        inner.options.Extensions[validate_pb2.message].CopyFrom(message_options)
    request = file.message_type.add(name="Request")
    request.field.add(name="inner", number=1, type=11, label=1, type_name=f".{file.package}.Inner")
    method = f".{file.package}.Request"
    file.service.add(name="Service").method.add(name="Do", input_type=method, output_type=method)
    descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
    return descriptor_pool.Default().FindServiceByName(f"{file.package}.Service")


async def start(described: ServiceDescriptor) -> server.RunningServer:
    settings = ServiceSettings(listen="127.0.0.1:0")
    return await server.start(App("test", settings, lambda _: None, [described.full_name], Issuer().verifier()))


@pytest.mark.parametrize(("kind", "rules", "named"), UNKNOWN, ids=[named for _, _, named in UNKNOWN])
async def test_an_unknown_rule_stops_the_service_at_start(kind: int, rules: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"Inner\.value: .* {named};"):
        await start(service(kind, **rules))


async def test_a_rule_of_a_whole_message_stops_the_service_at_start() -> None:
    rule = validate_pb2.MessageRules(cel=[validate_pb2.Rule(id="x", expression="false")])
    with pytest.raises(ValueError, match=r"Inner: .*buf\.validate\.message"):
        await start(service(STRING, rule))


async def test_known_rules_start() -> None:
    running = await start(service(INT32, int32={"gte": 1, "lte": 5}, ignore="IGNORE_IF_ZERO_VALUE"))
    await running.stop()
