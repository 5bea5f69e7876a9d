"""What the gateway needs to know of the contracts, read from the committed descriptor set."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aisle.type.v1 import access_pb2
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2

DESCRIPTOR_SET = Path(__file__).resolve().parents[1] / "protos" / "gen" / "aisle.binpb"


@dataclass(frozen=True)
class Method:
    """One RPC."""

    service: str
    """Full name of its service, such as `aisle.catalog.v1.ProductService`."""
    descriptor: descriptor_pb2.MethodDescriptorProto
    comment: str

    @property
    def path(self) -> str:
        """Path of the gRPC call."""
        return f"/{self.service}/{self.descriptor.name}"

    @property
    def domain(self) -> str:
        """Which service answers: catalog, recs, search or users."""
        return self.service.split(".")[1]

    @property
    def retriable(self) -> bool:
        """Whether calling it twice does no harm."""
        return self.descriptor.options.idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS

    @property
    def access(self) -> access_pb2.Access:
        """Who may call it."""
        return self.descriptor.options.Extensions[access_pb2.access]

    @property
    def http_rules(self) -> list[tuple[str, str, str]]:
        """(verb, path template, body field) of each HTTP binding, the main one first."""
        rule = self.descriptor.options.Extensions[annotations_pb2.http]
        found = []
        for binding in [rule, *rule.additional_bindings]:
            if (verb := binding.WhichOneof("pattern")) is not None:
                found.append((verb, getattr(binding, verb), binding.body))
        return found


@cache
def descriptor_set() -> descriptor_pb2.FileDescriptorSet:
    """The committed descriptor set, with comments."""
    return descriptor_pb2.FileDescriptorSet.FromString(DESCRIPTOR_SET.read_bytes())


def own_files() -> list[descriptor_pb2.FileDescriptorProto]:
    """Aisle's own files."""
    return [file for file in descriptor_set().file if file.package.startswith("aisle.")]


def methods() -> list[Method]:
    """Every RPC of every service, in the order of the files."""
    return [
        Method(f"{file.package}.{service.name}", method, comments(file).get((6, i, 2, j), ""))
        for file in own_files()
        for i, service in enumerate(file.service)
        for j, method in enumerate(service.method)
    ]


def comments(file: descriptor_pb2.FileDescriptorProto) -> dict[tuple[int, ...], str]:
    """Leading comments of a file by the path of what they stand above, joined to one line."""
    return {
        tuple(location.path): " ".join(location.leading_comments.split())
        for location in file.source_code_info.location
        if location.leading_comments
    }
