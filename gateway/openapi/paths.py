"""Path items of the OpenAPI document: one operation a HTTP binding of an RPC."""

import re
from typing import Any

from aisle.type.v1 import access_pb2
from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

from gateway.contracts import Method
from gateway.openapi.schemas import Schema, Schemas, behaviors, segment_patterns

VARIABLE = re.compile(r"\{([A-Za-z0-9_.]+)(?:=([^}]+))?\}")
SCALARS = {Field.TYPE_MESSAGE: False, Field.TYPE_BYTES: False}
ACCESS = {
    access_pb2.Access.LEVEL_PUBLIC: "Anyone may call it.",
    access_pb2.Access.LEVEL_AUTHENTICATED: "Needs an access token, a visitor's or a shopper's.",
    access_pb2.Access.LEVEL_USER: "Needs a shopper's access token.",
    access_pb2.Access.LEVEL_MERCHANT: "Needs the role merchant.",
    access_pb2.Access.LEVEL_ADMIN: "Needs the role admin.",
    access_pb2.Access.LEVEL_SERVICE: "For machines.",
}


def operations(method: Method, schemas: Schemas) -> list[tuple[str, str, dict[str, Any]]]:
    """(path, verb, operation) of every HTTP binding of the RPC."""
    return [
        _operation(method, schemas, verb, template, body, "" if i == 0 else f"_{i}")
        for i, (verb, template, body) in enumerate(method.http_rules)
    ]


def _operation(
    method: Method, schemas: Schemas, verb: str, template: str, body: str, suffix: str
) -> tuple[str, str, dict[str, Any]]:
    request = method.descriptor.input_type
    path, in_path = _path(schemas, request, template)
    parameters = [parameter for found in in_path.values() for parameter in found]
    service = method.service.rpartition(".")[2]
    operation: dict[str, Any] = {
        "operationId": f"{service}_{method.descriptor.name}{suffix}",
        "tags": [service],
        "summary": method.comment.split(". ")[0].rstrip("."),
        "description": f"{method.comment}\n\n{ACCESS[method.access.level]}",
        "responses": _responses(method, schemas),
        "security": [{}, {"bearer": []}] if method.access.level == access_pb2.Access.LEVEL_PUBLIC else [{"bearer": []}],
    }
    taken = frozenset(name.split(".")[0] for name in in_path if "." not in name)
    if body == "*":
        schema = schemas.object(request, leave_out=taken)
    elif body:
        field = next(f for f in schemas.message(request).field if f.name == body)
        schema = schemas.reference(field.type_name)
        parameters += _query(schemas, request, taken | {body})
    else:
        parameters += _query(schemas, request, taken)
    if body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return path, verb, operation | ({"parameters": parameters} if parameters else {})


def _path(schemas: Schemas, request: str, template: str) -> tuple[str, dict[str, list[Schema]]]:
    """Turns `/v1/{name=products/*}` into `/v1/products/{product}` and its parameters by request field."""
    parameters: dict[str, list[Schema]] = {}

    def replace(found: re.Match[str]) -> str:
        variable, segments = found[1], (found[2] or "*").split("/")
        field = _resolve(schemas, request, variable)
        pattern = field.options.Extensions[validate_pb2.field].string.pattern
        limits = segment_patterns(pattern) if pattern else []
        shown, parameters[variable] = [], []
        for i, segment in enumerate(segments):
            if segment != "*":
                shown.append(segment)
                continue
            name = _singular(segments[i - 1]) if i else variable
            schema = {
                "type": "string",
                "pattern": f"^{limits[i]}$" if len(limits) == len(segments) else "^[0-9]{1,18}$",
            }
            schema["maxLength"] = 128  # type: ignore[assignment]
            parameters[variable].append({"name": name, "in": "path", "required": True, "schema": schema})
            shown.append(f"{{{name}}}")
        return "/".join(shown)

    return VARIABLE.sub(replace, template), parameters


def _resolve(schemas: Schemas, request: str, path: str) -> Field:
    *parents, last = path.split(".")
    message = request
    for name in parents:
        message = next(f.type_name for f in schemas.message(message).field if f.name == name)
    return next(f for f in schemas.message(message).field if f.name == last)


def _singular(collection: str) -> str:
    return f"{collection[:-3]}y" if collection.endswith("ies") else collection.removesuffix("s")


def _query(schemas: Schemas, request: str, leave_out: frozenset[str]) -> list[Schema]:
    parameters = []
    for field in schemas.message(request).field:
        is_mask = field.type_name == ".google.protobuf.FieldMask"
        is_time = field.type_name == ".google.protobuf.Timestamp"
        if field.name in leave_out or (not SCALARS.get(field.type, True) and not is_mask and not is_time):
            continue
        parameter: Schema = {"name": field.json_name, "in": "query", "schema": schemas.field(field)}
        parameter["description"] = schemas.comment(request, field)
        if field_behavior_pb2.REQUIRED in behaviors(field):
            parameter["required"] = True
        parameters.append(parameter)
    return parameters


def _responses(method: Method, schemas: Schemas) -> dict[str, Any]:
    error = {
        "description": "What went wrong, and what to do.",
        "content": {"application/json": {"schema": schemas.reference(".google.rpc.Status")}},
    }
    schema = schemas.reference(method.descriptor.output_type)
    kind = "application/json"
    if method.descriptor.output_type == ".google.api.HttpBody":
        kind = "image/*"
    if method.descriptor.server_streaming:
        kind = "application/x-ndjson"
    return {"200": {"description": "OK", "content": {kind: {"schema": schema}}}, "default": error}
