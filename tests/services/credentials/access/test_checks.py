"""Checks: what was expected to go wrong is a finding; what was not, is raised."""

import asyncio

import pytest

from services.credentials.access import checks
from services.credentials.access.checks import Finding, Status, passed, run_check
from shared.errors import (
    AppError,
    CloudIdentityError,
    EndpointNotAllowedError,
    StorageDeniedError,
    StorageThrottledError,
)


async def ask(error: Exception) -> Finding:
    raise error


@pytest.mark.parametrize(
    ("error", "who"),
    [
        (StorageDeniedError("Denied."), "customer"),
        (StorageThrottledError("Slow."), "caller"),
        (CloudIdentityError("Ours."), "operator"),
        (EndpointNotAllowedError("Private."), "caller"),
    ],
)
async def test_an_expected_error_is_a_failed_finding_with_who_must_act(
    error: AppError, who: str
) -> None:
    check = await run_check("read", ask(error), "subject")
    assert (check.name, check.subject, check.status) == ("read", "subject", Status.FAILED)
    assert check.finding.sentence == error.detail
    assert check.finding.likeliest is not None
    assert check.finding.likeliest.kind.who == who


async def test_an_unexpected_error_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await run_check("read", ask(ZeroDivisionError()))


async def test_a_check_that_hangs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LONGEST_CHECK", checks.LONGEST_CHECK * 0)

    async def hang() -> Finding:
        await asyncio.Event().wait()
        return passed("never")

    check = await run_check("read", hang())
    assert check.status is Status.FAILED
    assert check.finding.sentence == "The customer's cloud did not answer in time."


async def test_a_check_is_shown_whole() -> None:
    async def fine() -> Finding:
        return passed("All is well.").measuring(seconds=3_600)

    check = await run_check("read", fine())
    assert check.document() == {
        "name": "read",
        "subject": None,
        "seen_from": "server",
        "status": "passed",
        "duration_ms": round(check.duration.total_seconds() * 1000, 1),
        "finding": "All is well.",
        "measured": {"seconds": 3_600},
        "causes": [],
        "remedy": None,
    }
