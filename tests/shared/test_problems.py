"""Problem documents: every error survives the way from one service to another."""

import json
from datetime import timedelta

import pytest
from structlog.contextvars import bound_contextvars

from shared.errors import (
    AppError,
    ConflictError,
    InvalidInputError,
    StorageThrottledError,
    UnauthorizedError,
    WrongRegionError,
)
from shared.problems import error_of, problem_of
from tests.shared.test_errors import ERRORS


def document_of(error: AppError) -> dict[str, object]:
    document: dict[str, object] = json.loads(bytes(problem_of(error).body))
    return document


def test_a_problem_holds_our_sentence_and_its_members() -> None:
    with bound_contextvars(request_id="0123abcd"):
        response = problem_of(ConflictError("There is a dataset of this name.", field="name"))
    assert response.status_code == 409
    assert response.media_type == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "urn:mooring:problem:conflict",
        "title": "The request conflicts with the present state",
        "status": 409,
        "detail": "There is a dataset of this name.",
        "code": "conflict",
        "who": "caller",
        "request_id": "0123abcd",
        "field": "name",
    }


def test_outside_a_request_there_is_no_request_id() -> None:
    assert document_of(AppError("x"))["request_id"] is None


def test_members_do_not_replace_what_every_problem_has() -> None:
    document = document_of(InvalidInputError("x", status=200, code="fine", type="t", title="t"))
    assert (document["status"], document["code"]) == (422, "invalid-input")


def test_a_text_that_is_no_unicode_does_not_break_the_answer() -> None:
    assert document_of(InvalidInputError("\ud800", key="a\udfff"))["key"] == "a\udfff"


@pytest.mark.parametrize(
    ("wait", "header"),
    [(timedelta(seconds=7), "7"), (timedelta(milliseconds=1), "1"), (timedelta(), "0")],
)
def test_retry_after_is_in_whole_seconds_and_never_too_short(wait: timedelta, header: str) -> None:
    response = problem_of(StorageThrottledError("Slow down.", wait=wait))
    assert response.headers["retry-after"] == header


def test_a_401_names_the_scheme_and_nothing_else_does() -> None:
    assert problem_of(UnauthorizedError("x")).headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in problem_of(ConflictError("x")).headers


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_read_back_as_what_it_was(kind: type[AppError]) -> None:
    sent = kind("Our sentence.", bucket="images", count=2)
    read = error_of(document_of(sent))  # type: ignore[arg-type]
    assert type(read) is kind
    assert (read.detail, read.members) == (sent.detail, sent.members)
    assert read.retry_after == sent.retry_after


def test_a_region_comes_along() -> None:
    read = error_of(document_of(WrongRegionError("x", region="eu-west-1")))  # type: ignore[arg-type]
    assert isinstance(read, WrongRegionError)
    assert read.region == "eu-west-1"


def test_how_long_to_wait_comes_along() -> None:
    read = error_of(
        document_of(StorageThrottledError("Slow down.")),  # type: ignore[arg-type]
        retry_after="17",
    )
    assert read.retry_after == timedelta(seconds=17)


@pytest.mark.parametrize("header", ["", "soon", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_wait_that_is_no_number_is_ours(header: str) -> None:
    document = document_of(StorageThrottledError("Slow down."))
    read = error_of(document, retry_after=header)  # type: ignore[arg-type]
    assert read.retry_after == timedelta(seconds=5)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"code": "unheard-of", "detail": "x"},
        {"code": 7, "detail": None},
        {"code": "storage-throttled", "wait": 5, "self": 1, "error": 2},
    ],
)
def test_a_document_that_is_not_ours_is_still_an_error(document: dict[str, object]) -> None:
    assert isinstance(error_of(document), AppError)  # type: ignore[arg-type]
