"""The vault's description says what its routes really answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> dict[str, Operation]:
    return {each["operationId"]: each for each in _operations(app)}


def _operations(app: FastAPI) -> Iterator[Operation]:
    for item in app.openapi()["paths"].values():
        yield from item.values()


def codes(operation: Operation, status: int) -> list[str]:
    found: str = operation["responses"][str(status)]["description"]
    return [part.strip("`") for part in found.split(" (", maxsplit=1)[0].split(", ")]


def test_every_route_says_that_a_body_may_be_too_long_and_the_database_away(
    operations: dict[str, Operation],
) -> None:
    for name, operation in operations.items():
        assert codes(operation, 413) == ["request-too-large"], name
        assert "database-unavailable" in codes(operation, 503), name


def test_lists_take_a_cursor_and_then_a_limit(operations: dict[str, Operation]) -> None:
    lists = {name: each for name, each in operations.items() if name.startswith("list_")}
    assert len(lists) == 5
    for name, operation in lists.items():
        assert [each["name"] for each in operation["parameters"]] == ["cursor", "limit"], name


def test_a_verdict_may_fail_as_a_verification_does(operations: dict[str, Operation]) -> None:
    verdict = operations["judge_access"]
    assert codes(verdict, 424) == ["storage-denied"]
    assert codes(verdict, 500) == ["seal-broken", "cloud-identity"]
    assert codes(verdict, 503) == [
        "storage-throttled",
        "storage-unavailable",
        "database-unavailable",
    ]


def test_a_location_that_is_not_verified_comes_with_the_checks_that_failed(
    operations: dict[str, Operation],
) -> None:
    assert operations["create_location"]["responses"]["409"]["description"] == (
        "`conflict`, `credential-retired`, `location-not-verified` (`failed_checks`: the checks "
        "that failed, each as in an access report)"
    )
