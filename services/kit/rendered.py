"""Answers that are bytes already: parts that are kept serialised need not be read to be written again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

LENGTH_DELIMITED = 2


@dataclass(frozen=True)
class Rendered:
    """A serialised answer; a servicer's method may return it in the place of the message."""

    data: bytes


def repeated(field: FieldDescriptor, parts: Iterable[bytes]) -> Rendered:
    """A message of which one repeated field of messages is set, from these serialised messages.

    https://protobuf.dev/programming-guides/encoding: each entry is its tag, its length and itself.
    """
    tag = _varint(field.number << 3 | LENGTH_DELIMITED)
    pieces: list[bytes] = []
    for part in parts:
        pieces += (tag, _varint(len(part)), part)
    return Rendered(b"".join(pieces))


def serializer(of_message: Callable[[Message], bytes]) -> Callable[[Any], bytes]:
    """The serializer of a method's answers, which leaves alone what is rendered."""
    return lambda answer: answer.data if isinstance(answer, Rendered) else of_message(answer)


def _varint(number: int) -> bytes:
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)
