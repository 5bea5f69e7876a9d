"""The OpenAPI 3.0 document of the REST API, made from the contracts and nothing else."""

from gateway.openapi.document import document

__all__ = ["document"]
