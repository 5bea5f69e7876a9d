"""Wire messages that are nearly right: valid ones of each RPC, changed by a seeded hand."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message

from tests.contract import descriptors
from tests.support import samples
from tests.support.samples import PNG, Known

TEXTS = (
    *("", " ", "\x00", "a\x00b", "\n", "'", '"', "\\", "%", "_", "';--", "' OR 1=1 --", "${jndi:ldap://x}", "{{7*7}}"),
    *("../../etc/passwd", "/", "//", "users/", "users/me", "visitors/me", "products/", "products/*", "categories/-"),
    *("é", "e\u0301", "\u202e", "\ufeff", "\U0001f600" * 20, "ß" * 100, "x" * 300, "x" * 70_000, "0", "-1", "NaN"),
    *("price >", "price > ", "((((", "(" * 200, "NOT " * 200, 'title = "', "a.b.c.d = 1", "stock > 9e99", "1e999"),
    *("price = 99999999999999999999999", 'brand = "x" OR ' * 50, "title : *", "IN (1,2", "AND", 'create_time > "x"'),
    *("price desc, price desc", "rating", "price desc, create_time", 'brand = "\x00"', "price > -1", "in_stock = true"),
    *("AAAA", "e30", "W10", "bnVsbA", "WyJ4Iix7fV0", "9" * 40, "0-0", "9999999999999999999-1", "-", "1-1-1", "٣-٣"),
)
OPTIONAL = field_behavior_pb2.OPTIONAL
INTEGERS = (0, 1, -1, 2, 5, 100, 1001, 2**31 - 1, -(2**31), 2**31, 2**53, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.5, -1.0, 1e308, float("inf"), float("-inf"), float("nan"), 5e-324)
STORM = 200
"""How often a field is repeated at once."""


@dataclass(frozen=True)
class Case:
    """One call to make."""

    method: MethodDescriptor
    wire: bytes
    how: str
    """What was done to the message."""


def cases(methods: list[MethodDescriptor], count: int, seed: int, known: Known, doomed: Known) -> Iterator[Case]:
    """As many cases, the methods in turn; the same ones for the same seed.

    Args:
        methods: what to call.
        count: how many cases.
        seed: of the random numbers.
        known: resources that exist, so that handlers are reached.
        doomed: resources that exist, to be deleted or cancelled.
    """
    dice = random.Random(seed)
    for number in range(count):
        method = methods[number % len(methods)]
        # What is deleted or cancelled is gone for everybody else: it is not what the others work on.
        names = doomed if method.name.startswith(("Delete", "Cancel")) else known
        base = samples.sample(method.input_type, names)
        _thin(dice, base, dice.choice((0.0, 0.2, 0.5, 1.0)))
        _freshen(dice, base)
        how = dice.choice(WAYS)
        yield Case(method, how(dice, base), how.__name__.strip("_"))


def _thin(dice: random.Random, message: Message, share: float) -> None:
    """Leaves out a share of the fields that may be left out."""
    for field, value in message.ListFields():
        if field.name in {"name", "parent"}:
            continue
        if descriptors.behaviors(field) == {OPTIONAL} and dice.random() < share:
            message.ClearField(field.name)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for inner in value if field.is_repeated else [value]:
                _thin(dice, inner, share)


def _freshen(dice: random.Random, message: Message) -> None:
    """Chooses new ids and addresses, so that what is created is not there already."""
    for field, value in message.ListFields():
        if field.name == "request_id":
            setattr(message, field.name, str(uuid.UUID(int=dice.getrandbits(128))))
        elif field.name.endswith("_id") and field.type == FieldDescriptor.TYPE_STRING:
            setattr(message, field.name, f"{value}{dice.getrandbits(32)}")
        elif field.name == "email":
            setattr(message, field.name, f"{dice.getrandbits(64)}@shop.test")
        elif field.message_type is not None and not field.is_repeated:
            _freshen(dice, value)


def _values(dice: random.Random, message: Message) -> bytes:
    """Other values in the fields: the message stays well-formed, its content does not."""
    for _ in range(dice.randint(1, 3)):
        _disturb(dice, message)
    return _sent(message)


def _disturb(dice: random.Random, message: Message) -> None:
    fields = list(message.DESCRIPTOR.fields)
    if not fields:
        return
    field = dice.choice(fields)
    held = field.message_type
    if held is not None and held.GetOptions().map_entry:
        getattr(message, field.name)[dice.choice(TEXTS)] = dice.choice(TEXTS)
    elif held is not None and field.is_repeated:
        entries = getattr(message, field.name)
        _disturb(dice, entries[0] if entries and dice.random() < 0.7 else entries.add())
    elif held is not None:
        _disturb(dice, getattr(message, field.name))
    elif field.is_repeated:
        getattr(message, field.name).extend(_value(dice, field) for _ in range(dice.choice((1, 2, STORM))))
    else:
        setattr(message, field.name, _value(dice, field))


def _value(dice: random.Random, field: FieldDescriptor) -> object:
    if field.type == FieldDescriptor.TYPE_STRING:
        return dice.choice(TEXTS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return dice.choice((b"", b"\x00", dice.randbytes(50), PNG, PNG[:40], PNG.replace(b"\x01", b"\xff"), JPEG))
    if field.type in {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}:
        return dice.choice(FLOATS)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return dice.random() < 0.5
    small = field.type in {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_ENUM}
    return dice.choice([n for n in INTEGERS if not small or -(2**31) <= n < 2**31])


def _bits(dice: random.Random, message: Message) -> bytes:
    """Flipped bits."""
    wire = bytearray(_sent(message))
    for _ in range(dice.randint(1, 8)):
        if wire:
            wire[dice.randrange(len(wire))] ^= 1 << dice.randrange(8)
    return bytes(wire)


def _cut(dice: random.Random, message: Message) -> bytes:
    """The beginning alone."""
    wire = _sent(message)
    return wire[: dice.randint(0, len(wire))]


def _inserted(dice: random.Random, message: Message) -> bytes:
    """Random bytes somewhere inside."""
    wire = _sent(message)
    place = dice.randint(0, len(wire))
    return wire[:place] + dice.randbytes(dice.randint(1, 20)) + wire[place:]


def _removed(dice: random.Random, message: Message) -> bytes:
    """Some bytes less."""
    wire = _sent(message)
    start = dice.randint(0, len(wire))
    return wire[:start] + wire[start + dice.randint(1, 10) :]


def _doubled(dice: random.Random, message: Message) -> bytes:
    """The message twice or more: lists grow, single fields are overwritten."""
    return _sent(message) * dice.choice((2, 3, STORM))


def _stray_fields(dice: random.Random, message: Message) -> bytes:
    """Fields that the contract does not know, and known ones of another wire type."""
    stray = b""
    for _ in range(dice.randint(1, 5)):
        number, kind = dice.randint(1, 25), dice.choice((0, 1, 2, 5))
        body = {0: b"\xff" * 9 + b"\x01", 1: dice.randbytes(8), 2: b"\x03abc", 5: dice.randbytes(4)}[kind]
        stray += _varint(number << 3 | kind) + body
    return _sent(message) + stray


def _deep(dice: random.Random, message: Message) -> bytes:
    """A field inside itself, over and over."""
    wire = b""
    for _ in range(dice.choice((10, 99, 101, 500))):
        wire = _varint(1 << 3 | 2) + _varint(len(wire)) + wire
    return wire


def _times(dice: random.Random, message: Message) -> bytes:
    """Moments that no calendar has, wherever a time may stand; other values where none may."""
    if not _set_times(dice, message):
        return _values(dice, message)
    return _sent(message)


def _set_times(dice: random.Random, message: Message) -> bool:
    found = False
    for field in message.DESCRIPTOR.fields:
        held = field.message_type
        if held is None or held.GetOptions().map_entry:
            continue
        holders = getattr(message, field.name) if field.is_repeated else [getattr(message, field.name)]
        for holder in holders:
            if held.full_name in {"google.protobuf.Timestamp", "google.type.Money"}:
                first, second = held.fields[-2].name, held.fields[-1].name
                setattr(holder, first, dice.choice(INTEGERS))
                setattr(holder, second, dice.choice([n for n in INTEGERS if -(2**31) <= n < 2**31]))
                found = True
            elif held.full_name.startswith("aisle.") and (field.is_repeated or message.HasField(field.name)):
                found = _set_times(dice, holder) or found
    return found


def _masks(dice: random.Random, message: Message) -> bytes:
    """Field masks of fields that are not there; other values where there is no mask."""
    if "update_mask" not in message.DESCRIPTOR.fields_by_name:
        return _values(dice, message)
    paths = ("*", "name", "title", "no_such", "price.units", "price..units", "", "__class__", "etag", *TEXTS)
    message.update_mask.paths.extend(dice.choices(paths, k=dice.choice((1, 2, STORM))))  # type: ignore[attr-defined]
    return _sent(message)


def _noise(dice: random.Random, message: Message) -> bytes:
    """Nothing of the message."""
    return dice.randbytes(dice.choice((1, 10, 200, 5_000)))


def _untouched(dice: random.Random, message: Message) -> bytes:
    """The message as it is: the handlers must be reached."""
    return _sent(message)


def _sent(message: Message) -> bytes:
    return message.SerializePartialToString()


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


# Values come up most often: they get past the decoder, to the code that can fail.
WAYS = (
    *(_values,) * 7,
    *(_bits, _cut, _inserted, _removed, _doubled, _stray_fields, _deep, _noise),
    *(_times,) * 2,
    *(_masks,) * 2,
    _untouched,
)


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
JPEG += b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"
