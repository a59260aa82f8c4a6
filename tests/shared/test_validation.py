"""Validation: a 422 names the field and the rule, and repeats nothing."""

from typing import Annotated, Literal
from uuid import UUID

import httpx
import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.validation import names_in, refuse_input
from tests.shared.problems import members

PATH = "/v1/things"
SECRET = "canary-8d1f"


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"name": SECRET}, "name", "String should have at most 10 characters"),
        ({"name": "UPPER"}, "name", "String should match pattern '^[a-z]*$'"),
        ({"kind": SECRET}, "kind", "Input should be 'near' or 'far'"),
        ({"owner_id": SECRET}, "owner_id", "is not valid"),
        ({"parts": [{"size": 1}, {"size": 0}]}, "parts.1.size", None),
        ({"parts": [{"size": 1, SECRET: 1}]}, "parts.0", "holds a field that is not known"),
        ({"parts": SECRET}, "parts", "Input should be a valid list"),
        ({SECRET: 1}, "body", "holds a field that is not known"),
        ({"labels": {SECRET: "x"}}, "labels.*", "is not valid"),
        ({"labels": {"near": SECRET}}, "labels.*", "is not valid"),
        ([SECRET], "body", "Input should be a valid dictionary or object to extract fields from"),
    ],
)
async def test_a_422_names_the_field_and_never_repeats_what_was_sent(
    caller: httpx.AsyncClient, body: object, field: str, sentence: str | None
) -> None:
    answer = await caller.post(PATH, json=body)
    problem = members(answer)
    assert (problem["status"], problem["code"], problem["field"]) == (422, "invalid-input", field)
    assert problem["errors"] == [
        {
            "field": field,
            "problem": sentence or "Input should be greater than or equal to 1",
        }
    ]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        f'{{"name": "{SECRET}'.encode(),
        f'{{"name": {SECRET}}}'.encode(),
        b'{"name": "\xff\xfe' + SECRET.encode() + b'"}',
        SECRET.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5_000,
        b'{"name": "\\ud800"}',
        b'{"parts": [{"size": NaN}]}',
        b'{"parts": [{"size": 1e400}]}',
        b"",
        b"\x00",
    ],
)
async def test_a_body_that_is_no_body_is_a_422(caller: httpx.AsyncClient, content: bytes) -> None:
    answer = await caller.post(PATH, content=content, headers={"Content-Type": "application/json"})
    problem = members(answer)
    assert (problem["status"], problem["code"]) == (422, "invalid-input")
    assert SECRET not in answer.text


class CatBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["cat"]
    lives: Annotated[int, Field(le=9)]


class DogBody(BaseModel):
    kind: Literal["dog"]
    tricks: list[Annotated[int, Field(ge=1)]]
    friend: CatBody | None = None


Pet = Annotated[CatBody | DogBody, Field(discriminator="kind")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "cat", "lives": 10}, "lives"),
        ({"kind": "cat", "lives": 9, SECRET: 1}, "body"),
        ({"kind": "dog", "tricks": [1, 0]}, "tricks.1"),
        ({"kind": "dog", "tricks": [], "friend": {"kind": "cat", "lives": 10}}, "friend.lives"),
        ({"kind": SECRET}, "kind"),
        ({}, "kind"),
        (SECRET, "body"),
    ],
)
def test_the_field_of_one_of_several_bodies_is_named_as_the_caller_wrote_it(
    body: object, field: str
) -> None:
    pets = TypeAdapter(Pet)
    names = names_in(pets.json_schema())
    with pytest.raises(ValidationError) as refused:
        pets.validate_python(body)
    errors = [{**each, "loc": ("body", *each["loc"])} for each in refused.value.errors()]
    answer = refuse_input(errors, names)
    assert answer.members["field"] == field
    assert SECRET not in str(answer.members)


async def test_broken_json_is_called_so(caller: httpx.AsyncClient) -> None:
    for content in (b'{"name": ', b'{"name": "\xff"}'):
        answer = await caller.post(
            PATH, content=content, headers={"Content-Type": "application/json"}
        )
        problem = members(answer)
        assert problem["detail"] == "The body is not JSON in UTF-8."
        assert problem["field"] == "body"


async def test_a_body_of_another_type_is_a_422(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(
        PATH, content=SECRET.encode(), headers={"Content-Type": "text/plain"}
    )
    assert (answer.status_code, members(answer)["field"]) == (422, "body")
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("path", "field"),
    [(f"{PATH}/{SECRET}", "thing_id"), (f"{PATH}/{UUID(int=7)}?limit={SECRET}", "limit")],
)
async def test_a_422_of_a_path_or_query_names_the_parameter_alone(
    caller: httpx.AsyncClient, path: str, field: str
) -> None:
    answer = await caller.get(path)
    assert (answer.status_code, members(answer)["field"]) == (422, field)
    assert SECRET not in answer.text


async def test_a_422_lists_no_more_than_a_hundred_errors(caller: httpx.AsyncClient) -> None:
    answer = await caller.post(PATH, json={"parts": [{}] * 5_000})
    errors = members(answer)["errors"]
    assert isinstance(errors, list)
    assert len(errors) == 100
