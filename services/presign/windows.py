"""Windows: the periods in which the same object gets the same URL."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.errors import LeaseExpiredError
from shared.leases import Lease, RemoteSigning
from shared.storage.signing.base import MAX_EXPIRY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Term:
    """When a URL is signed and when it dies; the same for every replica within a window."""

    signed_at: datetime
    expires_at: datetime

    @property
    def expires_in(self) -> timedelta:
        return self.expires_at - self.signed_at


def term_of(lease: Lease, *, now: datetime, asked: timedelta, window: timedelta) -> Term:
    """Return the term of a URL asked for `asked`, which never outlives the lease.

    The signing time is the start of the window, never in the future, for S3 refuses that. The
    window is at most half of what was asked, so that a URL has at least half of it left. Both
    times are whole seconds, since that is all that SigV4 can say. Raise LeaseExpiredError when the
    lease has less than a second left.
    """
    if lease.expires_at - now < _SECOND:
        raise LeaseExpiredError("The lease of this location has expired and was not renewed yet.")
    signed_at = floor(now, max(min(window, asked / 2), _SECOND))
    granted = min(asked, MAX_EXPIRY, lease.expires_at - signed_at)
    if isinstance(lease.grant, RemoteSigning):  # the vault signs for no longer than it leases
        granted = min(granted, lease.expires_at - lease.issued_at)
    return Term(signed_at, signed_at + granted // _SECOND * _SECOND)


def floor(moment: datetime, step: timedelta) -> datetime:
    """Return the last multiple of `step` (in whole seconds) since 1970 that is not after it."""
    whole = step // _SECOND * _SECOND
    return moment - (moment - _EPOCH) % whole
