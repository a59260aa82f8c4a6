"""Patience: what is waited out for ever, what a few times, and how long the pauses are."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.ingest.patience import FEW_TRIES, Outlook, Patience, outlook_of
from services.ingest.ranges import RangeJob
from shared.errors import (
    AppError,
    BrokenListingError,
    BucketNotFoundError,
    CloudIdentityError,
    ConflictError,
    CredentialRetiredError,
    LeaseExpiredError,
    LocationNotVerifiedError,
    NotFoundError,
    ObjectArchivedError,
    SealBrokenError,
    StorageDeniedError,
    StorageError,
    StorageThrottledError,
    StorageUnavailableError,
    VaultUnavailableError,
    WrongRegionError,
)

JOB = RangeJob(UUID(int=1), UUID(int=2), UUID(int=3))
PATIENCE = Patience(timedelta(seconds=1))
THROTTLED = StorageThrottledError("slow down", wait=timedelta())
DENIED = StorageDeniedError("no")


@pytest.mark.parametrize(
    ("outlook", "kinds"),
    [
        (
            Outlook.PASSES,
            [
                StorageThrottledError,
                StorageUnavailableError,
                VaultUnavailableError,
                CloudIdentityError,
                SealBrokenError,
            ],
        ),
        (
            Outlook.DOUBTFUL,
            [AppError, BrokenListingError, ConflictError, LeaseExpiredError, StorageDeniedError],
        ),
        (
            Outlook.STAYS,
            [
                BucketNotFoundError,
                CredentialRetiredError,
                LocationNotVerifiedError,
                NotFoundError,
                ObjectArchivedError,
                StorageError,
                WrongRegionError,
            ],
        ),
    ],
)
def test_each_error_has_an_outlook(outlook: Outlook, kinds: list[type[AppError]]) -> None:
    assert {kind: outlook_of(kind("told")) for kind in kinds} == dict.fromkeys(kinds, outlook)


def pauses(error: AppError, job: RangeJob, most: int) -> list[float]:
    """Return the pauses in seconds until the import fails, `most` of them at most."""
    seconds: list[float] = []
    while len(seconds) < most and (again := PATIENCE.next_try(job, error)) is not None:
        job, pause = again
        seconds.append(pause.total_seconds())
    return seconds


def test_the_pauses_double_up_to_a_minute() -> None:
    assert pauses(THROTTLED, JOB, 9) == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pauses(THROTTLED, replace(JOB, tries=10_000), 1) == [60]


def test_what_is_doubtful_is_tried_for_about_a_minute() -> None:
    assert pauses(DENIED, JOB, 99) == [1, 2, 4, 8, 16, 32]


def test_what_stays_is_not_tried_again() -> None:
    assert pauses(BucketNotFoundError("gone"), JOB, 99) == []


def test_an_answer_that_names_a_longer_pause_gets_it() -> None:
    slow = StorageThrottledError("slow down", wait=timedelta(seconds=30))
    assert pauses(slow, JOB, 7) == [30, 30, 30, 30, 30, 32, 60]


def test_a_long_wait_for_something_else_leaves_the_few_tries_as_they_are() -> None:
    waited = replace(JOB, tries=40)
    assert pauses(DENIED, waited, 99) == [1, 2, 4, 8, 16, 32]
    doubted = replace(JOB, tries=FEW_TRIES, doubts=FEW_TRIES)
    assert pauses(THROTTLED, doubted, 1) == [60]
    assert PATIENCE.next_try(doubted, DENIED) is None
