"""Errors: one tree, one stable code for each, and somebody who must act."""

import pytest

import shared.errors
from shared.errors import AppError, NotFoundError, StorageDeniedError, error_of_code

ERRORS = [
    each
    for each in vars(shared.errors).values()
    if isinstance(each, type) and issubclass(each, AppError)
]


def test_every_error_has_a_code_and_a_title_of_its_own() -> None:
    assert len({each.code for each in ERRORS}) == len(ERRORS)
    assert len({each.title for each in ERRORS}) == len(ERRORS)


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_can_be_shown(kind: type[AppError]) -> None:
    assert kind.code.replace("-", "").isalpha()
    assert kind.code == kind.code.lower()
    assert 400 <= kind.status < 600
    assert kind.who in {"caller", "customer", "operator"}
    assert kind.__doc__


@pytest.mark.parametrize("kind", ERRORS)
def test_whoever_may_come_back_later_is_told_when(kind: type[AppError]) -> None:
    wait = kind("x").retry_after
    assert (wait is not None) == (kind.status == 503 or kind.code == "idempotency-key-in-use")
    assert wait is None or wait.total_seconds() > 0


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_found_by_its_code(kind: type[AppError]) -> None:
    assert error_of_code(kind.code) is kind


def test_a_code_that_nobody_knows_is_an_internal_error() -> None:
    assert error_of_code("unheard-of") is AppError


def test_an_error_says_its_sentence_and_keeps_its_members() -> None:
    error = StorageDeniedError("The role cannot be assumed.", role_arn="arn", tries=2)
    assert str(error) == error.detail == "The role cannot be assumed."
    assert error.members == {"role_arn": "arn", "tries": 2}


def test_members_of_one_error_are_not_those_of_another() -> None:
    first = NotFoundError("x")
    first.members["a"] = 1
    assert NotFoundError("x").members == {}
