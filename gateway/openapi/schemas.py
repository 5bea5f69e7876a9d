"""JSON schemas of protobuf messages, as protobuf's JSON mapping prints and reads them."""

import re
from typing import Any

from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FieldDescriptorProto

from gateway import contracts

Schema = dict[str, Any]
Field = FieldDescriptorProto

WELL_KNOWN: dict[str, Schema] = {
    ".google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    ".google.protobuf.FieldMask": {
        "type": "string",
        "description": "Field names in camelCase, separated by commas.",
    },
    ".google.protobuf.Empty": {"type": "object"},
    ".google.protobuf.Any": {"type": "object", "properties": {"@type": {"type": "string"}}},
    ".google.api.HttpBody": {"type": "string", "format": "binary"},
}
INTEGERS = {Field.TYPE_INT32: "int32", Field.TYPE_UINT32: "int32", Field.TYPE_SINT32: "int32"}
LONGS = {Field.TYPE_INT64, Field.TYPE_UINT64, Field.TYPE_SINT64}


class Schemas:
    """Schemas of the messages that were asked for, and of all that they mention, under `components/schemas`."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._messages: dict[str, tuple[DescriptorProto, dict[int, str], str]] = {}
        self._enums: dict[str, EnumDescriptorProto] = {}
        for file in contracts.descriptor_set().file:
            comments = contracts.comments(file)
            for i, message in enumerate(file.message_type):
                self._index(f".{file.package}", message, (4, i), comments)
            for enum in file.enum_type:
                self._enums[f".{file.package}.{enum.name}"] = enum

    def _index(
        self,
        scope: str,
        message: DescriptorProto,
        path: tuple[int, ...],
        comments: dict[tuple[int, ...], str],
    ) -> None:
        name = f"{scope}.{message.name}"
        of_fields = {i: comments.get((*path, 2, i), "") for i in range(len(message.field))}
        self._messages[name] = (message, of_fields, comments.get(path, ""))
        for i, nested in enumerate(message.nested_type):
            self._index(name, nested, (*path, 3, i), comments)
        for enum in message.enum_type:
            self._enums[f"{name}.{enum.name}"] = enum

    def message(self, name: str) -> DescriptorProto:
        """The message of that full name, which starts with a dot."""
        return self._messages[name][0]

    def comment(self, name: str, field: Field) -> str:
        """What the contract says of a field of the message."""
        message, of_fields, _ = self._messages[name]
        return of_fields[list(message.field).index(field)]

    def reference(self, name: str) -> Schema:
        """A reference to the message's schema, which is added when it is new."""
        if name in WELL_KNOWN:
            return dict(WELL_KNOWN[name])
        key = name.removeprefix(".").removeprefix("aisle.")
        if key not in self.components:
            self.components[key] = {}
            self.components[key].update(self.object(name))
        return {"$ref": f"#/components/schemas/{key}"}

    def object(self, name: str, leave_out: frozenset[str] = frozenset()) -> Schema:
        """The message's schema itself, without the fields that stand elsewhere in a request."""
        message, of_fields, comment = self._messages[name]
        schema: Schema = {"type": "object", "properties": {}}
        if comment:
            schema["description"] = comment
        required = []
        for i, field in enumerate(message.field):
            if field.name in leave_out:
                continue
            schema["properties"][field.json_name] = self.field(field, of_fields[i])
            if field_behavior_pb2.REQUIRED in behaviors(field):
                required.append(field.json_name)
        if required:
            schema["required"] = required
        return schema

    def field(self, field: Field, comment: str = "") -> Schema:
        """The schema of one field, with its limits."""
        limits = field.options.Extensions[validate_pb2.field]
        entry = self._map_entry(field)
        if entry is not None:
            schema: Schema = {
                "type": "object",
                "additionalProperties": self._single(entry.field[1], limits.map.values),
            }
            if limits.map.max_pairs:
                schema["maxProperties"] = limits.map.max_pairs
        elif field.label == Field.LABEL_REPEATED:
            schema = {"type": "array", "items": self._single(field, limits.repeated.items)}
            if limits.repeated.min_items:
                schema["minItems"] = limits.repeated.min_items
            if limits.repeated.max_items:
                schema["maxItems"] = limits.repeated.max_items
            if limits.repeated.unique:
                schema["uniqueItems"] = True
        else:
            schema = self._single(field, limits)
        return _described(schema, comment, field_behavior_pb2.OUTPUT_ONLY in behaviors(field))

    def _map_entry(self, field: Field) -> DescriptorProto | None:
        if field.type != Field.TYPE_MESSAGE or field.label != Field.LABEL_REPEATED:
            return None
        message = self._messages[field.type_name][0]
        return message if message.options.map_entry else None

    def _single(self, field: Field, limits: validate_pb2.FieldRules) -> Schema:
        if field.type == Field.TYPE_MESSAGE:
            return self.reference(field.type_name)
        if field.type == Field.TYPE_ENUM:
            banned = set(limits.enum.not_in)
            return {
                "type": "string",
                "enum": [v.name for v in self._enums[field.type_name].value if v.number not in banned],
            }
        if field.type == Field.TYPE_STRING:
            return _string(limits)
        if field.type == Field.TYPE_BYTES:
            return {"type": "string", "format": "byte"}
        if field.type == Field.TYPE_BOOL:
            return {"type": "boolean"}
        if field.type in LONGS:
            return {"type": "string", "format": "int64", "pattern": r"^-?[0-9]{1,18}$"}
        if field.type in INTEGERS:
            return {"type": "integer", "format": INTEGERS[field.type]} | _range(limits.int32)
        return {"type": "number", "format": "double"} | _range(limits.double)


def behaviors(field: Field) -> set[int]:
    """The field's google.api.field_behavior values."""
    return set(field.options.Extensions[field_behavior_pb2.field_behavior])


def _string(limits: validate_pb2.FieldRules) -> Schema:
    text, schema = limits.string, {"type": "string"}
    bounds: Schema = {"minLength": text.min_len, "maxLength": text.max_len or text.max_bytes}
    schema |= {name: value for name, value in bounds.items() if value}
    if text.pattern:
        optional = limits.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE
        schema["pattern"] = f"^$|{text.pattern}" if optional else text.pattern
    if text.email or text.uuid:
        schema["format"] = "email" if text.email else "uuid"
    choices = list(getattr(text, "in"))
    return schema | ({"enum": choices} if choices else {})


def _range(limits: validate_pb2.Int32Rules | validate_pb2.DoubleRules) -> Schema:
    schema: Schema = {}
    if limits.WhichOneof("greater_than") == "gte":
        schema["minimum"] = limits.gte
    if limits.WhichOneof("less_than") == "lte":
        schema["maximum"] = limits.lte
    return schema


def _described(schema: Schema, comment: str, read_only: bool) -> Schema:
    extra: Schema = {}
    if comment:
        extra["description"] = comment
    if read_only:
        extra["readOnly"] = True
    if not extra:
        return schema
    # In OpenAPI 3.0 nothing may stand beside a reference.
    return {"allOf": [schema], **extra} if "$ref" in schema else schema | extra


def segment_patterns(pattern: str) -> list[str]:
    """Splits a name's pattern at its slashes: `^products/[a-z]+$` gives `products` and `[a-z]+`."""
    inner = re.sub(r"\[[^]]*\]", lambda found: found[0].replace("/", "\0"), pattern.removeprefix("^").removesuffix("$"))
    return [part.replace("\0", "/") for part in inner.split("/")]
