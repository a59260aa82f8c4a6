"""Patience: which errors an import waits out, how often, and with what pauses."""

from dataclasses import replace
from datetime import timedelta
from enum import Enum

from services.ingest.ranges import RangeJob
from shared.errors import (
    AppError,
    BrokenListingError,
    ConflictError,
    ListingTokenError,
    StorageDeniedError,
)

LONGEST_PAUSE = timedelta(seconds=60)
FEW_TRIES = 6  # with pauses that double from a second: about a minute

_DOUBTFUL = (
    BrokenListingError,
    ListingTokenError,
    StorageDeniedError,  # a new policy, role or session is not known everywhere at once
)
_DOUBTFUL_THEMSELVES = (
    AppError,  # a mistake of ours
    ConflictError,  # the vault's while a credential is rotated; those below it say what to mend
)


class Outlook(Enum):
    """What is to be expected of an error."""

    PASSES = "passes"
    DOUBTFUL = "doubtful"
    STAYS = "stays"


def outlook_of(error: AppError) -> Outlook:
    """Say whether an error passes by itself, perhaps, or only when somebody mends something."""
    if isinstance(error, _DOUBTFUL) or type(error) in _DOUBTFUL_THEMSELVES:
        return Outlook.DOUBTFUL
    if error.retry_after is not None or error.who == "operator":
        return Outlook.PASSES
    return Outlook.STAYS


class Patience:
    """Say when a range is tried again. The first pause doubles each time up to a minute."""

    def __init__(self, first_pause: timedelta) -> None:
        self._first_pause = first_pause

    def next_try(self, job: RangeJob, error: AppError) -> tuple[RangeJob, timedelta] | None:
        """Return the job to queue and the pause before it; None when the import must fail.

        What passes is waited out for ever. What is doubtful is tried a few times, however long
        something else was waited for before.
        """
        again = replace(job, tries=job.tries + 1)
        pause = self._pause(job.tries)
        match outlook_of(error):
            case Outlook.STAYS:
                return None
            case Outlook.DOUBTFUL:
                if job.doubts >= FEW_TRIES:
                    return None
                again = replace(again, doubts=job.doubts + 1)
                pause = self._pause(job.doubts)
            case Outlook.PASSES:
                pass
        return again, max(pause, error.retry_after or timedelta())

    def _pause(self, count: int) -> timedelta:
        return min(self._first_pause * (1 << min(count, 16)), LONGEST_PAUSE)
