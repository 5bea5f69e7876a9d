"""Field masks: what an update writes. A mask in JSON names fields as JSON does."""

import re
from collections.abc import Collection, Iterable, Iterator

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


def written(
    resource: Message, mask: Iterable[str], writable: Collection[str], ignored: Collection[str] = ()
) -> set[str]:
    """Which fields an update writes (AIP-134): those of the mask, all for `*`, those that are set when there is none.

    What only the service writes is ignored beside what can be written (AIP-203), so that what was read can be sent back
    with a change. Without a mask a resource that is empty but for its name and etag asks for nothing, and gets it.

    Args:
        resource: with the new values.
        mask: paths, as the contract or as JSON names them.
        writable: what an update may write.
        ignored: what a mask may name without effect, beside what only the service writes (AIP-161).

    Raises:
        InvalidArgument: the mask names what cannot be updated, or there is none and nothing that is set can be.
    """
    paths = set(map(snake, mask))
    if "*" in paths:
        return set(writable)
    can = f"what can is {', '.join(writable)}"
    if unknown := sorted(paths - {*writable, *ignored, *unwritten(resource)}):
        raise InvalidArgument.field("update_mask", f"{unknown[0][:60]} cannot be updated; {can}, or * for all of them")
    if paths:
        return paths & {*writable}
    given = {field.name for field, _ in resource.ListFields()} - ADDRESS
    if given and given.isdisjoint(writable):
        why = f"nothing that is set can be updated; {can}, and update_mask names what shall be empty"
        raise InvalidArgument.field(resource.DESCRIPTOR.name.lower(), why)
    return given & {*writable}


def unwritten(resource: Message) -> Iterator[str]:
    """Fields that only the service writes, and the etag."""
    for field in resource.DESCRIPTOR.fields:
        behaviour = field.GetOptions().Extensions[field_behavior_pb2.field_behavior]
        if field.name == "etag" or not UNWRITTEN.isdisjoint(behaviour):
            yield field.name
