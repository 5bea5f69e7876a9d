"""Field masks: what an update writes. A mask in JSON names fields as JSON does."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from google.api import field_behavior_pb2
from google.protobuf.message import Message

from services.kit.errors import InvalidArgument

CAMEL = re.compile(r"(?<=[a-z])([A-Z])")
ADDRESS = {"name", "etag"}
"""Fields of a resource that say which is meant, and change nothing."""
UNWRITTEN = {field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER}


def snake(path: str) -> str:
    """The name in the contract.

    >>> snake("ageLimit")
    'age_limit'
    """
    return CAMEL.sub(lambda upper: f"_{upper[1].lower()}", path)


async def written(
    resource: Message,
    mask: Iterable[str],
    writable: Collection[str],
    stored: Callable[[], Awaitable[Message]],
    elsewhere: Mapping[str, str] = MappingProxyType({}),
    moving: Collection[str] = (),
) -> set[str]:
    """Which fields an update writes (AIP-134): those of the mask, all for `*`, those that are set when there is none.

    What only the service writes is ignored beside what can be written (AIP-203), so that what was read can be sent back
    with a change. What else cannot be updated may be sent as it is stored, and is refused where it says something else:
    nobody shall believe that it was changed. Where the etag is another than the stored one the write refuses the update
    as a whole, and nothing is said here. Without a mask a resource that is empty but for its name and etag asks for
    nothing, and gets it.

    Args:
        resource: with the new values.
        mask: paths, as the contract or as JSON names them.
        writable: what an update may write.
        stored: reads the resource as it is; asked only where the update says something that it cannot write.
        elsewhere: what else writes a field that an update does not, for who tries.
        moving: what changes while one reads and writes; beside what can be written it is ignored, too.

    Raises:
        InvalidArgument: the update says something of a field that it cannot write, or knows nothing of.
    """
    paths = set(map(snake, mask))
    named = paths - {"*"}
    can = f"what can is {', '.join(writable)}"
    if unknown := sorted(named - {field.name for field in resource.DESCRIPTOR.fields}):
        raise InvalidArgument.field("update_mask", f"{unknown[0][:60]} cannot be updated; {can}, or * for all of them")
    given = {field.name for field, _ in resource.ListFields()} - ADDRESS
    fixed = (named or given) - {*writable, *unwritten(resource)}
    nothing = not paths and bool(given) and given.isdisjoint(writable)
    if not named and not given.isdisjoint(writable):
        fixed -= {*moving}
    if fixed or nothing:
        now = await stored()
        if _is_stale(resource, now):
            fixed, nothing = set(), False
        other = {name for name in fixed | given if getattr(resource, name) != getattr(now, name)}
        if refused := sorted(fixed & other):
            raise _refusal(resource, refused, bool(named), elsewhere, can)
        if nothing and other:
            why = f"nothing that is set can be updated; {can}, and update_mask names what shall be empty"
            raise InvalidArgument.field(_request_field(resource), why)
    if "*" in paths:
        return set(writable)
    return (named or given) & {*writable}


def _is_stale(resource: Message, now: Message) -> bool:
    """Whether the etag says that something else was read: the write is ABORTED, and says so."""
    read, current = getattr(resource, "etag", ""), getattr(now, "etag", "")
    return bool(read and current and read != current)


def _refusal(
    resource: Message, names: list[str], is_masked: bool, elsewhere: Mapping[str, str], can: str
) -> InvalidArgument:
    """The fields that cannot be updated, each with what can."""
    whys = {name: f"cannot be updated{elsewhere.get(name, '')}; {can}" for name in names}
    if is_masked:
        return InvalidArgument.field("update_mask", f"{names[0]} {whys[names[0]]}, or * for all of them")
    violations = [(f"{_request_field(resource)}.{name}", f"{why}; leave it out") for name, why in whys.items()]
    return InvalidArgument(": ".join(violations[0]), violations=violations)


def _request_field(resource: Message) -> str:
    return resource.DESCRIPTOR.name.lower()


def unwritten(resource: Message) -> Iterator[str]:
    """Fields that only the service writes, and the etag."""
    for field in resource.DESCRIPTOR.fields:
        behaviour = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        if field.name == "etag" or not UNWRITTEN.isdisjoint(behaviour):
            yield field.name
