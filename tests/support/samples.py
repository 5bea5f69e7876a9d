"""Requests made from the contracts: a valid message of any type, and the REST call that carries it."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any
from urllib.parse import quote, urlencode

from aisle.catalog.v1 import (
    cart_service_pb2,
    category_service_pb2,
    order_service_pb2,
    picture_service_pb2,
    product_service_pb2,
    review_service_pb2,
)
from aisle.recs.v1 import (
    recommendation_service_pb2,
    release_service_pb2,
    scenario_service_pb2,
    user_event_service_pb2,
)
from aisle.search.v1 import search_release_service_pb2, search_service_pb2
from aisle.users.v1 import account_service_pb2, session_service_pb2
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from tests.contract import descriptors

LOADED = (
    *(category_service_pb2, picture_service_pb2, product_service_pb2, review_service_pb2),
    *(cart_service_pb2, order_service_pb2),
    *(recommendation_service_pb2, release_service_pb2, user_event_service_pb2, search_service_pb2),
    *(search_release_service_pb2, scenario_service_pb2),
    *(account_service_pb2, session_service_pb2),
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGNgZGIGIgYWVjYgAgAA7QArgMV+GQAAAABJRU5ErkJggg=="
)
"""A picture of four pixels."""
UUID = "6f1c1f0e-8f0e-4d0c-9a55-3d1b2c4e5f60"
VARIABLE = re.compile(r"\{([a-z_.]+)(?:=([^}]*))?\}")
NUMBERS = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_DOUBLE: "double",
}
Known = Mapping[str, str]
"""Names that exist, by what they begin with and how many parts they have: `products/*` -> `products/p1`."""


def message_class(message: Descriptor) -> Any:
    """The class of a message that the contract tests found."""
    return message_factory.GetMessageClass(message)


def served(*domains: str) -> list[MethodDescriptor]:
    """Every RPC of the domains, such as `catalog`."""
    return [m for m in descriptors.methods() if m.full_name.split(".")[1] in domains]


def domain(method: MethodDescriptor) -> str:
    """Which service answers: catalog, recs, search or users."""
    return str(method.full_name.split(".")[1])


def path(method: MethodDescriptor) -> str:
    """Path of the gRPC call."""
    return f"/{method.containing_service.full_name}/{method.name}"


def sample(message: Descriptor, known: Known | None = None, optional: bool = True) -> Message:
    """A message that keeps every limit of its fields.

    Args:
        message: the type.
        known: resources to name, so that they are found.
        optional: fill in the fields that may be left out, too.
    """
    made: Message = message_class(message)()
    for field in message.fields:
        skip = descriptors.output_only(field) or (not optional and not _required(field))
        if not skip and not (field.containing_oneof and made.WhichOneof(field.containing_oneof.name)):
            _fill(made, field, known or {}, optional)
    return made


def _required(field: FieldDescriptor) -> bool:
    return bool(descriptors.behaviors(field) & {2, 8})  # REQUIRED, IDENTIFIER


def _fill(made: Message, field: FieldDescriptor, known: Known, optional: bool) -> None:
    rules = descriptors.rules(field)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        getattr(made, field.name)["colour"] = "blue"
    elif field.message_type is not None:
        holder = getattr(made, field.name)
        value = _message(field.message_type, known, optional)
        if field.is_repeated:
            holder.append(value)
        else:
            holder.CopyFrom(value)
    elif field.is_repeated:
        getattr(made, field.name).append(_scalar(field, rules.repeated.items, known))
    else:
        setattr(made, field.name, _scalar(field, rules, known))


def _message(message: Descriptor, known: Known, optional: bool) -> Message:
    if message.full_name.startswith("aisle."):
        return sample(message, known, optional)
    made: Message = message_class(message)()
    values = {
        "google.type.Money": {"currency_code": "EUR", "units": 5},
        "google.protobuf.Timestamp": {"seconds": 10**9},
    }
    for name, value in values.get(message.full_name, {}).items():
        setattr(made, name, value)
    return made


def _scalar(field: FieldDescriptor, rules: Any, known: Known) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return _string(field, rules.string, known)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return PNG
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    if field.type in NUMBERS:
        limits = getattr(rules, NUMBERS[field.type])
        low = limits.gte if limits.WhichOneof("greater_than") else 0
        return max(low, 1)
    return True


def _string(field: FieldDescriptor, rules: Any, known: Known) -> str:
    choices = getattr(rules, "in")
    if choices:
        return str(choices[0])
    if rules.uuid:
        return UUID
    if rules.email or field.name == "email":
        return "somebody@shop.test"
    if rules.pattern:
        text = matching(rules.pattern)
        return known.get(shape(text), text)
    if reference := descriptors.reference(field):
        return known.get(f"{_plurals()[reference]}/*", "")
    if field.name in {"filter", "order_by", "page_token", "cursor", "etag"}:
        return ""
    return "x" * max(1, rules.min_len)


@cache
def _plurals() -> dict[str, str]:
    """Collections by the types of what is in them."""
    resources = [descriptors.resource(message) for message in descriptors.messages()]
    return {found.type: found.plural for found in resources if found.type}


def shape(name: str) -> str:
    """`products/p1/pictures/abc` -> `products/*/pictures/*`."""
    parts = name.split("/")
    return "/".join("*" if i % 2 else part for i, part in enumerate(parts))


def matching(pattern: str) -> str:
    """A shortest string that a regular expression matches."""
    return "".join(_shortest(step) for step in _parser.parse(pattern))


def _shortest(step: Any) -> str:
    kind, value = step
    if kind is _constants.LITERAL:
        return chr(value)
    if kind is _constants.IN:
        first = value[0]
        return chr(first[1][0] if first[0] is _constants.RANGE else first[1])
    if kind is _constants.MAX_REPEAT:
        return "".join(_shortest(inner) for inner in value[2]) * value[0]
    if kind is _constants.SUBPATTERN:
        return "".join(_shortest(inner) for inner in value[3])
    if kind is _constants.BRANCH:
        return "".join(_shortest(inner) for inner in value[1][0])
    return "" if kind is _constants.AT else "x"


@dataclass(frozen=True)
class RestCall:
    """What to send to the gateway."""

    verb: str
    path: str
    body: Any = None


def rest(method: MethodDescriptor, message: Message) -> RestCall:
    """The call of the method's main HTTP rule that carries the message."""
    rule = next(r for r in descriptors.http_rules(method) if _fits(r.path, message))
    fields = json_format.MessageToDict(message, preserving_proto_field_name=True)

    def insert(found: re.Match[str]) -> str:
        holder, steps = fields, found[1].split(".")
        for step in steps[:-1]:
            holder = holder.get(step, {})
        return quote(str(holder.pop(steps[-1], "")), safe="/*~")

    target = VARIABLE.sub(insert, rule.path)
    if rule.body == "*":
        return RestCall(rule.verb.upper(), target, fields)
    body = fields.pop(rule.body, {}) if rule.body else None
    query = urlencode(_flat(fields), doseq=True)
    return RestCall(rule.verb.upper(), f"{target}?{query}" if query else target, body)


def _fits(template: str, message: Message) -> bool:
    for name, wanted in VARIABLE.findall(template):
        value: Any = message
        for step in name.split("."):
            value = getattr(value, step)
        if wanted and not re.fullmatch(wanted.replace("*", "[^/]+"), value):
            return False
    return True


def _flat(fields: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value).lower() if isinstance(value, bool) else value
    return flat
