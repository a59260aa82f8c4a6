"""Validation: what a 422 says of a request: which field breaks which rule, never what was sent."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from shared.errors import InvalidInputError

MOST_ERRORS = 100  # enough to mend a form; a list of 10,000 wrong ids is wrong in one way
NOT_JSON = "The body is not JSON in UTF-8."

_OWN_WORDS = {
    "missing", "enum", "literal_error", "string_type", "string_too_short", "string_too_long",
    "int_type", "bool_type", "list_type", "dict_type", "too_long", "too_short",
    "greater_than", "greater_than_equal", "less_than", "less_than_equal", "model_attributes_type",
    "timezone_aware", "string_pattern_mismatch",
}  # fmt: skip
"""Kinds of pydantic's errors whose message holds our rule only, never the value."""


def refuse_input(
    errors: Sequence[Mapping[str, Any]], names: Container[str | int]
) -> InvalidInputError:
    """Turn pydantic's errors into ours. `names` are those that may be shown, as `names_in` finds.

    The keys of a dictionary and the names of unknown fields are the caller's text like any value.
    """
    if errors[0]["type"] == "json_invalid":
        return InvalidInputError(NOT_JSON, field="body")
    problems: list[JsonValue] = [
        {"field": _field(each, names), "problem": _sentence(each)} for each in errors[:MOST_ERRORS]
    ]
    field = _field(errors[0], names)
    sentence = "The body is not valid." if field == "body" else f"The field {field} is not valid."
    return InvalidInputError(sentence, field=field, errors=problems)


def names_in(spec: JsonValue) -> frozenset[str]:
    """Return every name in an OpenAPI description that a pydantic error may point at."""
    return frozenset(_names(spec))


def _names(node: JsonValue) -> Iterator[str]:
    match node:
        case dict():
            for group in ("properties", "schemas", "mapping"):
                inner = node.get(group)
                yield from inner if isinstance(inner, dict) else ()
            if "in" in node:  # a parameter
                yield str(node.get("name"))
            for child in node.values():
                yield from _names(child)
        case list():
            for child in node:
                yield from _names(child)


def _field(error: Mapping[str, Any], names: Container[str | int]) -> str:
    location = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
    place, *steps = location or ("body",)
    known = [str(step) if isinstance(step, int) or step in names else "*" for step in steps]
    return ".".join(known) or str(place)


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] in _OWN_WORDS:
        return str(error["msg"])
    if error["type"] == "extra_forbidden":
        return "holds a field that is not known"
    return "is not valid"
