"""The whole OpenAPI document."""

from typing import Any

from gateway import contracts
from gateway.openapi import paths
from gateway.openapi.schemas import Schemas

DESCRIPTION = """Aisle recommends, searches, and learns from what shoppers do.

Start a visitor's session with `POST /v1/sessions:createVisitor` or log in with `POST /v1/sessions:logIn`, and send the
`accessToken` as `Authorization: Bearer <token>`. Every error is a google.rpc.Status with an ErrorInfo whose `reason`
programs can rely on. The same methods answer gRPC and gRPC-Web on the same port.
"""


def document(domains: frozenset[str] | None = None) -> dict[str, Any]:
    """OpenAPI 3.0 of every RPC, or of the domains named, such as `catalog`."""
    schemas = Schemas()
    items: dict[str, dict[str, Any]] = {}
    tags: dict[str, None] = {}
    for method in contracts.methods():
        if domains is not None and method.domain not in domains:
            continue
        for path, verb, operation in paths.operations(method, schemas):
            items.setdefault(path, {})[verb] = operation
            tags[operation["tags"][0]] = None
    return {
        "openapi": "3.0.3",
        "info": {"title": "Aisle", "version": "1", "description": DESCRIPTION},
        "tags": [{"name": tag} for tag in tags],
        "paths": items,
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
