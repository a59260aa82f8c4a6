"""Grants: what of a session a lease hands out. Readers get signing keys, never a secret key."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from services.credentials.issuers.base import Session
from shared.leases import Operation, SessionKeys, SigningKeys
from shared.storage.signing.s3 import derive_signing_key

DAY = timedelta(days=1)


def grant_of(session: Session, operation: Operation, region: str) -> SessionKeys | SigningKeys:
    """Return the session's keys to list, and keys derived for each of its days to read.

    The days begin one early, since a URL is signed as of the start of a window.
    """
    if operation is Operation.LIST:
        return session.keys
    secret = session.keys.secret_access_key.get_secret_value()
    return SigningKeys(
        access_key_id=session.keys.access_key_id,
        session_token=session.keys.session_token,
        keys={
            day: derive_signing_key(secret, day, region)
            for day in _days(session.issued_at - DAY, session.expires_at)
        },
    )


def _days(first: datetime, last: datetime) -> Iterator[date]:
    day = first.astimezone(UTC).date()
    while day <= last.astimezone(UTC).date():
        yield day
        day += DAY
