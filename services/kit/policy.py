"""What the contracts say of a method, read once from its descriptor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from aisle.type.v1 import access_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

Level = access_pb2.Access


@dataclass(frozen=True)
class MethodPolicy:
    """One RPC."""

    path: str
    """`/aisle.catalog.v1.ProductService/GetProduct`."""
    service: str
    name: str
    level: int
    """aisle.type.v1.Access.Level."""
    owner_path: tuple[str, ...]
    """Steps to the request field that must name the caller; empty for none."""
    idempotent: bool
    streaming: bool
    """Whether there are many answers."""
    decode: Callable[[bytes], Message]


@cache
def of(path: str) -> MethodPolicy | None:
    """The policy of an Aisle method; None for other methods, such as health.

    Raises:
        ValueError: the method carries no access option, so nobody could say who may call it.
    """
    service, _, name = path.lstrip("/").partition("/")
    if not service.startswith("aisle."):
        return None
    method: MethodDescriptor = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    options = MethodOptions.FromString(method.GetOptions().SerializeToString())
    access = options.Extensions[access_pb2.access]
    if access.level == Level.LEVEL_UNSPECIFIED:
        raise ValueError(f"{path} has no (aisle.type.v1.access) option")
    return MethodPolicy(
        path=path,
        service=service,
        name=name,
        level=access.level,
        owner_path=tuple(filter(None, access.owner_field.split("."))),
        idempotent=options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
        streaming=method.server_streaming,
        decode=message_factory.GetMessageClass(method.input_type).FromString,
    )
