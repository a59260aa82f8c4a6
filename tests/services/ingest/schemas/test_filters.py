"""The body of filters: what it refuses, and the filters that it means."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from services.ingest.filters import Filters
from services.ingest.schemas.filters import FiltersBody
from shared.errors import InvalidInputError


def test_a_body_means_filters_in_their_one_way_of_writing() -> None:
    body = FiltersBody.model_validate(
        {
            "include": ["*.jpg"],
            "exclude": ["tmp/"],
            "extensions": [".JPG", "jpg", "Nii.gz"],
            "min_size": 1,
            "max_size": 1,
            "modified_since": "2026-01-01T01:00:00+01:00",
            "skip_folder_markers": True,
        }
    )
    filters = Filters(
        include=("*.jpg",),
        exclude=("tmp/",),
        extensions=("jpg", "nii.gz"),
        min_size=1,
        max_size=1,
        modified_since=datetime(2026, 1, 1, tzinfo=UTC),
        skip_folder_markers=True,
    )
    assert body.filters() == filters
    assert FiltersBody.of(filters).filters() == filters
    assert not FiltersBody().filters()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"include": ["*.jpg", "["]}, "filters.include.1"),
        ({"exclude": ["a**"]}, "filters.exclude.0"),
        ({"include": ["{a,b}{a,b}{a,b}{a,b}{a,b}*" + "x" * 400]}, "filters.include.0"),
        ({"include": ["{a,b}*" + "x" * 400] * 4}, "filters.include"),
        ({"extensions": ["jpg", "."]}, "filters.extensions.1"),
        ({"extensions": ["*.jpg"]}, "filters.extensions.0"),
        ({"extensions": ["a/b"]}, "filters.extensions.0"),
        ({"min_size": 2, "max_size": 1}, "filters.max_size"),
        ({"modified_since": "9999-12-31T23:59:59-01:00"}, "filters.modified_since"),
        ({"modified_since": "0001-01-01T00:00:00+01:00"}, "filters.modified_since"),
    ],
)
def test_filters_that_cannot_be_are_refused_with_their_field(
    asked: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        FiltersBody.model_validate(asked).filters()
    assert refused.value.members == {"field": field}


@pytest.mark.parametrize(
    "asked",
    [
        {"include": ["a"] * 51},
        {"exclude": ["a"] * 51},
        {"include": [""]},
        {"include": ["a" * 501]},
        {"include": ["a\0"]},
        {"include": ["\ud800"]},
        {"extensions": ["a"] * 101},
        {"extensions": [""]},
        {"extensions": ["a" * 51]},
        {"extensions": ["\0"]},
        {"min_size": -1},
        {"max_size": 2**63},
        {"modified_since": "2026-01-01T00:00:00"},
        {"surprise": 1},
    ],
)
def test_a_body_beyond_its_limits_is_refused(asked: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FiltersBody.model_validate(asked)


def test_a_body_at_its_limits_is_taken() -> None:
    body = FiltersBody(
        include=["a" * 500] * 50,
        exclude=["a"] * 50,
        extensions=["a" * 50] * 100,
        min_size=0,
        max_size=2**63 - 1,
    )
    assert len(body.filters().include) == 50
