"""Filter to Milvus expression, written with what Milvus Lite and Milvus have in common."""

from services.kit.filters.expression import And, Comparison, Expr, FieldType, Not, Or


def to_milvus(expression: Expr, columns: dict[str, str] | None = None) -> str:
    """The expression text. `columns` renames fields where the collection calls them differently."""
    renamed = columns or {}
    match expression:
        case And():
            return " and ".join(f"({to_milvus(operand, renamed)})" for operand in expression.operands)
        case Or():
            return " or ".join(f"({to_milvus(operand, renamed)})" for operand in expression.operands)
        case Not():
            return f"not ({to_milvus(expression.operand, renamed)})"
        case Comparison():
            return _comparison(expression, renamed.get(expression.field, expression.field))


def quoted(text: str) -> str:
    """A string literal of Milvus' grammar."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _comparison(comparison: Comparison, column: str) -> str:
    value = comparison.value
    if comparison.type is FieldType.PATH:
        inside = f"array_contains({column}, {quoted(str(value))})"
        return f"not ({inside})" if comparison.operator == "!=" else inside
    sign = "==" if comparison.operator == "=" else comparison.operator
    if comparison.type is FieldType.BOOLEAN:
        return f"{column} {sign} {str(value).lower()}"
    if comparison.type is FieldType.TIME:
        return f"{column} {sign} {int(value)}"
    if comparison.type is FieldType.NUMBER:
        return f"{column} {sign} {float(value)!r}"
    return f"{column} {sign} {quoted(str(value))}"
