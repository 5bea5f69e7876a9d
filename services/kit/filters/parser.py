"""Text to expression."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

from services.kit.errors import InvalidArgument
from services.kit.filters.expression import And, Comparison, Expr, FieldType, Not, Or, Value

GRAMMAR = r"""
?start: or_
?or_: and_ ("OR" and_)*
?and_: not_ ("AND" not_)*
?not_: ("NOT" | "-") atom -> negate
     | atom
?atom: "(" or_ ")"
     | comparison
comparison: FIELD OPERATOR value
value: STRING -> string | NUMBER -> number | "true" -> true | "false" -> false | WORD -> word
OPERATOR: "<=" | ">=" | "!=" | "=" | "<" | ">" | ":"
FIELD.2: /(?!(AND|OR|NOT|true|false)\b)[A-Za-z_][A-Za-z0-9_]*(\.([A-Za-z0-9_-]+|"[^"\\]*"))?/
STRING: /"(\\.|[^"\\])*"/ | /'(\\.|[^'\\])*'/
NUMBER.3: /-?\d+(\.\d+)?(?![\w:.-])/
WORD: /(?!(AND|OR|NOT|true|false)\b)[\w.\/~-][\w.:\/~-]*/
%ignore /\s+/
"""
_PARSER = Lark(GRAMMAR, parser="earley", lexer="dynamic", maybe_placeholders=False)
MAX_DEPTH_CHARACTERS = 40
"""Opening parentheses and NOTs at most: a filter that nests deeper is not one that a person wrote."""
ORDERED = {"<", "<=", ">", ">="}
OPERATORS = {
    FieldType.TEXT: {"=", "!=", ":", *ORDERED},
    FieldType.NUMBER: {"=", "!=", *ORDERED},
    FieldType.TIME: {"=", "!=", *ORDERED},
    FieldType.BOOLEAN: {"=", "!="},
    FieldType.PATH: {"=", "!=", ":"},
}


def parse(text: str, schema: Mapping[str, FieldType]) -> Expr | None:
    """Parses a filter; None for an empty one. A schema key `attributes.*` allows any key there.

    Raises:
        InvalidArgument: the text is no filter, a field is unknown, or a value does not fit its field. Says where.
    """
    if not text.strip():
        return None
    if text.count("(") + text.count("NOT") > MAX_DEPTH_CHARACTERS:
        raise InvalidArgument.field("filter", "nests too deeply")
    try:
        return _Build(schema).transform(_PARSER.parse(text))  # type: ignore[no-any-return]
    except UnexpectedInput as error:
        said = f"cannot be read {_where(error, text)}; it is made of comparisons such as {next(iter(schema))} = value"
        raise InvalidArgument.field("filter", f"{said}; {_fields(schema)}") from None
    except VisitError as error:
        if isinstance(error.orig_exc, InvalidArgument):
            raise error.orig_exc from None
        raise


@v_args(inline=True)
class _Build(Transformer[Token, Any]):
    def __init__(self, schema: Mapping[str, FieldType]) -> None:
        super().__init__()
        self._schema = schema

    def or_(self, *operands: Expr) -> Expr:
        return Or(operands)

    def and_(self, *operands: Expr) -> Expr:
        return And(operands)

    def negate(self, operand: Expr) -> Expr:
        return Not(operand)

    def string(self, token: Token) -> tuple[str, Value]:
        inner = token[1:-1]
        return "text", "".join(_unescaped(inner))

    def number(self, token: Token) -> tuple[str, Value]:
        return "number", str(token)  # an id may look like a number, and must keep every digit

    def true(self) -> tuple[str, Value]:
        return "boolean", True

    def false(self) -> tuple[str, Value]:
        return "boolean", False

    def word(self, token: Token) -> tuple[str, Value]:
        return "text", str(token)

    def comparison(self, field: Token, operator: Token, value: tuple[str, Value]) -> Expr:
        name = str(field).replace('"', "")
        kind = self._schema.get(name) or self._schema.get(f"{name.partition('.')[0]}.*" if "." in name else "")
        if kind is None:
            raise InvalidArgument.field("filter", f"knows no field {name}; {_fields(self._schema)}")
        if operator not in OPERATORS[kind]:
            raise InvalidArgument.field("filter", f"{name} cannot be compared with {operator}")
        return Comparison(name, str(operator), _converted(name, kind, *value), kind)


def _where(error: UnexpectedInput, text: str) -> str:
    at = getattr(error, "pos_in_stream", None)  # -1, or none, where more was expected
    near = text[at : at + 20] if at is not None and at >= 0 else ""
    return f"at {at + 1}, near {near!r}" if at is not None and near else "at its end"


def _fields(schema: Mapping[str, FieldType]) -> str:
    return f"fields: {', '.join(sorted(schema))}"


def _unescaped(text: str) -> list[str]:
    found, escaped = [], False
    for character in text:
        if escaped or character != "\\":
            found.append(character)
            escaped = False
        else:
            escaped = True
    return found


def _converted(name: str, kind: FieldType, given: str, value: Value) -> Value:
    if kind is FieldType.TIME and given != "boolean":
        try:
            if given == "number":
                return datetime.fromtimestamp(float(value), UTC).timestamp()
            moment = datetime.fromisoformat(str(value))
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
            return datetime.fromtimestamp(seconds, UTC).timestamp()  # raises where its year in UTC is 0 or 10000
        except (ValueError, OverflowError, OSError):
            raise InvalidArgument.field("filter", f"{name} needs a time such as 2026-01-31T12:00:00Z") from None
    if kind in {FieldType.TEXT, FieldType.PATH}:
        return str(value).lower() if given == "boolean" else value
    wanted = {FieldType.NUMBER: "number", FieldType.BOOLEAN: "boolean", FieldType.TIME: "number"}[kind]
    if given != wanted:
        what = {"number": "a number", "boolean": "true or false"}[wanted]
        raise InvalidArgument.field("filter", f"{name} needs {what}, not {str(value)[:40]!r}")
    return float(value) if given == "number" else value
