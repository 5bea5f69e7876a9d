"""Limits of request fields, compiled once a message type from the rules in the contracts.

The rules are protovalidate's. Its Python library interprets them as CEL expressions, which took 5 to 15 ms a request
(docs/adr/0010); here the standard rules that the contracts use become plain closures, and a test holds the
verdicts to protovalidate's own. A rule that is not known here stops the service at start: see `prepare`.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from itertools import islice
from typing import Any

import re2
from buf.validate import validate_pb2
from google.api import field_behavior_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldOptions, MessageOptions, OneofOptions
from google.protobuf.message import Message

from services.kit.errors import InvalidArgument
from services.kit.masks import snake

MOST_NAMED = 50
"""More than a Status holds; a batch of thousands of wrong events is not looked at to its end."""
Violation = tuple[str, str]
Check = Callable[[Any], str | None]
"""Says what is wrong with a value; None when nothing is."""
Written = Collection[str] | None
"""Names of the fields that an update writes; None where all are meant."""
FieldCheck = Callable[[Message, str, Written], Iterator[Violation]]
"""Checks a field of a message: (message, prefix of the path, written)."""
NUL = "must not hold the character U+0000, which no database stores"
EMAIL = re2.compile(
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
STRING = ("min_len", "max_len", "max_bytes", "pattern", "email", "uuid", "in")
SCALAR = frozenset(
    {f"string.{rule}" for rule in STRING}
    | {f"{kind}.{rule}" for kind in ("int32", "int64", "double") for rule in ("gte", "lte")}
    | {"bytes.min_len", "bytes.max_len", "enum.not_in", "enum.defined_only"}
)
KNOWN = frozenset(
    SCALAR
    | {f"repeated.items.{rule}" for rule in SCALAR}
    | {f"map.{side}.string.{rule}" for side in ("keys", "values") for rule in STRING}
    | {"repeated.min_items", "repeated.max_items", "repeated.unique", "map.min_pairs", "map.max_pairs"}
    | {"ignore=IGNORE_IF_ZERO_VALUE", "repeated.items.ignore=IGNORE_ALWAYS"}
)
"""The rules that are compiled, by their path in buf.validate.FieldRules."""


def validate(request: Message) -> None:
    """Refuses a request whose fields break the limits of the contract.

    Raises:
        InvalidArgument: names every field at fault.
    """
    if found := list(islice(violations(request), MOST_NAMED)):
        what = "; ".join(f"{field}: {description}" for field, description in found[:5])
        raise InvalidArgument(f"The request is not valid: {what}", violations=found)


def violations(message: Message, prefix: str = "", written: Written = None) -> Iterator[Violation]:
    """Every broken limit of a message, as (field path, description).

    Args:
        message: what to check.
        prefix: goes before the paths.
        written: leave out fields that are not set, but for these. So it is with the resource of an update: the mask
            says which of its fields are written, set or not, and AIP-203 asks for no others.
    """
    for check in _compiled(message.DESCRIPTOR):
        yield from check(message, prefix, written)


def prepare(service_names: Iterable[str]) -> None:
    """Compiles the limits of every message that clients of these services send.

    Raises:
        ValueError: a rule is not known here; names it and its field.
    """
    pool = descriptor_pool.Default()
    waiting = [method.input_type for name in service_names for method in pool.FindServiceByName(name).methods]
    seen: set[str] = set()
    while waiting:
        descriptor = waiting.pop()
        if descriptor.full_name in seen:
            continue
        seen.add(descriptor.full_name)
        _compiled(descriptor)
        waiting += [f.message_type for f in descriptor.fields if f.message_type is not None and _matters(f)]


@cache
def _compiled(descriptor: Descriptor) -> list[FieldCheck]:
    _refuse_rules_of_messages(descriptor)
    return [_of_field(field) for field in descriptor.fields if _matters(field)]


def _options(field: FieldDescriptor) -> tuple[validate_pb2.FieldRules, set[int]]:
    options = FieldOptions.FromString(field.GetOptions().SerializeToString())
    return options.Extensions[validate_pb2.field], set(options.Extensions[field_behavior_pb2.field_behavior])


def _matters(field: FieldDescriptor) -> bool:
    rules, behaviors = _options(field)
    if field_behavior_pb2.OUTPUT_ONLY in behaviors:
        return False
    holds_messages = field.message_type is not None and field.message_type.full_name.startswith("aisle.")
    return holds_messages or rules.ByteSize() > 0 or field_behavior_pb2.REQUIRED in behaviors


def _of_field(field: FieldDescriptor) -> FieldCheck:
    rules, behaviors = _options(field)
    kind = rules.WhichOneof("type") or ""
    if unknown := sorted(set(_rules_set(rules)) - KNOWN):
        raise _unknown(field.full_name, ", ".join(unknown))
    name, required = field.name, field_behavior_pb2.REQUIRED in behaviors
    skip_zero = rules.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE or field.has_presence
    is_list, nested = field.is_repeated, field.message_type is not None
    many = _list_check(rules) if is_list else None
    item_rules = rules.repeated.items if is_list else rules
    skip_items = item_rules.ignore == validate_pb2.IGNORE_ALWAYS
    one = _map_check(rules) if kind == "map" else _scalar_check(field, item_rules)

    owner = field.containing_type
    is_update = owner is not None and "update_mask" in owner.fields_by_name

    def left(written: Written) -> bool:
        return written is not None and name not in written

    def check_single(message: Message, prefix: str, written: Written) -> Iterator[Violation]:
        value = getattr(message, name)
        empty = not message.HasField(name) if field.has_presence else not value
        if empty and left(written):
            return
        if empty and required:
            yield f"{prefix}{name}", "is required"
        elif nested and not empty:
            yield from violations(value, f"{prefix}{name}.", _written(message) if is_update else None)
        elif not nested and not (empty and skip_zero) and (wrong := one(value)):
            yield f"{prefix}{name}", wrong

    def check_list(message: Message, prefix: str, written: Written) -> Iterator[Violation]:
        values = getattr(message, name)
        if not values and left(written):
            return
        if required and not values:
            yield f"{prefix}{name}", "is required"
            return
        if many is not None and (wrong := many(values)):
            yield f"{prefix}{name}", wrong
            return
        if skip_items:
            return
        for i, value in enumerate(values):
            if nested:
                yield from violations(value, f"{prefix}{name}[{i}].")
            elif wrong := one(value):
                yield f"{prefix}{name}[{i}]", wrong

    def check_map(message: Message, prefix: str, _: Written) -> Iterator[Violation]:
        if wrong := one(getattr(message, name)):
            yield f"{prefix}{name}", wrong

    if kind == "map" or _is_map(field):
        return check_map
    return check_list if is_list else check_single


def _written(update: Any) -> Written:
    paths = update.update_mask.paths
    return None if "*" in paths else frozenset(map(snake, paths))


def _rules_set(rules: Message, prefix: str = "") -> Iterator[str]:
    """Paths of the rules that are set; an enum's with its value."""
    for field, value in rules.ListFields():
        name = f"{prefix}{field.full_name if field.is_extension else field.name}"
        if field.message_type is not None and not field.is_repeated:
            yield from _rules_set(value, f"{name}.")
        elif field.enum_type is not None and not field.is_repeated:
            yield f"{name}={field.enum_type.values_by_number[value].name}"
        else:
            yield name


def _refuse_rules_of_messages(descriptor: Descriptor) -> None:
    """Rules that stand on a whole message or on a oneof are none of those that are compiled."""
    options = MessageOptions.FromString(descriptor.GetOptions().SerializeToString())
    if options.Extensions[validate_pb2.message].ByteSize():
        raise _unknown(descriptor.full_name, "(buf.validate.message)")
    for oneof in descriptor.oneofs:
        of_oneof = OneofOptions.FromString(oneof.GetOptions().SerializeToString())
        if of_oneof.Extensions[validate_pb2.oneof].ByteSize():
            raise _unknown(f"{descriptor.full_name}.{oneof.name}", "(buf.validate.oneof)")


def _unknown(where: str, rule: str) -> ValueError:
    return ValueError(f"{where}: services.kit.validation does not know the rule {rule}; teach it, or use another rule")


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _numbers(field: FieldDescriptor) -> set[int]:
    return set(field.enum_type.values_by_number) if field.enum_type is not None else set()


def _scalar_check(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Check:
    kind = rules.WhichOneof("type") or ""
    if kind == "string":
        return _string_check(rules.string)
    if kind == "bytes":
        return _size_check(rules.bytes.min_len, rules.bytes.max_len, "bytes")
    if kind in {"int32", "int64", "double"}:
        return _range_check(getattr(rules, kind))
    if kind == "enum":
        banned, known = set(rules.enum.not_in), _numbers(field)
        closed = rules.enum.defined_only

        def check(value: int) -> str | None:
            return "is not one of the choices" if value in banned or (closed and value not in known) else None

        return check
    return lambda value: None


def _size_check(low: int, high: int, unit: str) -> Check:
    def check(value: Any) -> str | None:
        if len(value) < low:
            return f"must have at least {low} {unit}"
        return f"must have at most {high} {unit}" if high and len(value) > high else None

    return check


def _string_check(rules: validate_pb2.StringRules) -> Check:
    size = _size_check(rules.min_len, rules.max_len, "characters")
    pattern = re2.compile(rules.pattern) if rules.pattern else None
    choices, most_bytes = set(getattr(rules, "in")), rules.max_bytes

    def check(value: str) -> str | None:
        if wrong := size(value):
            return wrong
        if "\x00" in value:
            return NUL
        if most_bytes and len(value.encode()) > most_bytes:
            return f"must have at most {most_bytes} bytes"
        if pattern is not None and not pattern.search(value):
            return f"must match {rules.pattern}"
        if rules.email and not EMAIL.search(value):
            return "must be an e-mail address"
        if rules.uuid and not _is_uuid(value):
            return "must be a UUID"
        return f"must be one of {', '.join(sorted(choices))}" if choices and value not in choices else None

    return check


def _is_uuid(value: str) -> bool:
    try:
        return len(value) == 36 and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def _range_check(rules: validate_pb2.Int32Rules | validate_pb2.Int64Rules | validate_pb2.DoubleRules) -> Check:
    low = rules.gte if rules.WhichOneof("greater_than") == "gte" else None
    high = rules.lte if rules.WhichOneof("less_than") == "lte" else None

    def check(value: float) -> str | None:
        # Negated so that NaN, which compares false with everything, is refused.
        if low is not None and not value >= low:
            return f"must be at least {low}"
        return f"must be at most {high}" if high is not None and not value <= high else None

    return check


def _list_check(rules: validate_pb2.FieldRules) -> Check:
    size = _size_check(rules.repeated.min_items, rules.repeated.max_items, "entries")

    def check(values: Any) -> str | None:
        if wrong := size(values):
            return wrong
        return "must not repeat an entry" if rules.repeated.unique and len(set(values)) < len(values) else None

    return check


def _map_check(rules: validate_pb2.FieldRules) -> Check:
    size = _size_check(rules.map.min_pairs, rules.map.max_pairs, "entries")
    key, value = _string_check(rules.map.keys.string), _string_check(rules.map.values.string)

    def check(pairs: Any) -> str | None:
        if wrong := size(pairs):
            return wrong
        for k, v in pairs.items():
            if wrong := key(k):
                return f"key {k[:40]!r} {wrong}"
            if wrong := value(v):
                return f"value of {k[:40]!r} {wrong}"
        return None

    return check
