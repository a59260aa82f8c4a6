"""Validation: what a 422 says of a request: which field breaks which rule, never what was sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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

_WRONG_TAG = {"union_tag_invalid", "union_tag_not_found"}


@dataclass(frozen=True, slots=True)
class Names:
    """What pydantic's errors may point at: fields, and the tags by which it tells models apart.

    What is both is taken for a field.
    """

    fields: frozenset[str]
    tags: frozenset[str]


def refuse_input(errors: Sequence[Mapping[str, Any]], names: Names) -> InvalidInputError:
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


def names_in(spec: JsonValue) -> Names:
    """Return every name in an OpenAPI description that a pydantic error may point at."""
    fields, tags = set[str](), set[str]()
    for node in _nodes(spec):
        for group in ("properties", "schemas"):
            fields.update(_keys(node.get(group)))
        tags.update(_keys(node.get("mapping")))  # of a discriminator
        if "in" in node:  # a parameter
            fields.add(str(node.get("name")))
    return Names(frozenset(fields), frozenset(tags))


def _nodes(node: JsonValue) -> Iterator[dict[str, JsonValue]]:
    match node:
        case dict():
            yield node
            for child in node.values():
                yield from _nodes(child)
        case list():
            for child in node:
                yield from _nodes(child)


def _keys(node: JsonValue) -> Iterator[str]:
    yield from node if isinstance(node, dict) else ()


def _field(error: Mapping[str, Any], names: Names) -> str:
    """Return the field's path as the caller wrote it: without the tags that pydantic puts in."""
    place, *steps = error["loc"] or ("body",)
    if error["type"] == "extra_forbidden":
        steps = steps[:-1]
    if error["type"] in _WRONG_TAG:
        steps.append(error["ctx"]["discriminator"].strip("'"))
    known = [
        str(step) if isinstance(step, int) or step in names.fields else "*"
        for step in steps
        if step in names.fields or step not in names.tags
    ]
    return ".".join(known) or str(place)


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] in _OWN_WORDS:
        return str(error["msg"])
    if error["type"] == "extra_forbidden":
        return "holds a field that is not known"
    return "is not valid"
