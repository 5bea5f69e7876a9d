"""Envoy's configuration and the OpenAPI document, both rendered from the contracts."""
