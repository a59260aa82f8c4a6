"""Windows: whole seconds, never in the future, never past the lease."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.presign.windows import Term, term_of
from shared.errors import LeaseExpiredError
from shared.leases import Bucket, Lease, Operation, RemoteSigning, SigningKeys
from shared.uris import Provider

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTES = st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=8))
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def lease_until(expires_at: datetime) -> Lease:
    return Lease(
        org_id=UUID(int=1),
        location_id=UUID(int=2),
        operation=Operation.READ,
        bucket=Bucket(Provider.S3, "bucket", "eu-west-1"),
        prefix="",
        grant=SigningKeys("ASIAEXAMPLE", None, {}),
        issued_at=expires_at - timedelta(hours=1),
        expires_at=expires_at,
        renew_at=expires_at - timedelta(minutes=30),
    )


def test_a_url_is_signed_at_the_start_of_its_window_and_lives_as_long_as_asked() -> None:
    term = term_of(
        lease_until(NOON + timedelta(hours=1)),
        now=NOON + timedelta(minutes=3, seconds=7, microseconds=9),
        asked=timedelta(minutes=15),
        window=timedelta(minutes=5),
    )
    assert term == Term(NOON, NOON + timedelta(minutes=15))


def test_a_url_never_outlives_its_lease() -> None:
    term = term_of(
        lease_until(NOON + timedelta(minutes=8, microseconds=5)),
        now=NOON + timedelta(minutes=1),
        asked=timedelta(hours=6),
        window=timedelta(minutes=5),
    )
    assert term == Term(NOON, NOON + timedelta(minutes=8))


def test_a_url_that_the_vault_signs_lives_no_longer_than_a_lease() -> None:
    """Also while its window began before the lease was issued."""
    lease = replace(lease_until(NOON + timedelta(hours=1)), grant=RemoteSigning())
    signed_at = NOON - timedelta(minutes=5)
    term = term_of(
        replace(lease, issued_at=NOON - timedelta(minutes=1)),
        now=NOON - timedelta(seconds=30),
        asked=timedelta(days=1),
        window=timedelta(minutes=5),
    )
    assert term == Term(signed_at, signed_at + timedelta(minutes=61))


def test_a_lease_that_is_over_signs_nothing() -> None:
    with pytest.raises(LeaseExpiredError):
        term_of(
            lease_until(NOON),
            now=NOON,
            asked=timedelta(minutes=1),
            window=timedelta(minutes=5),
        )


@given(now=MOMENTS, left=MINUTES, asked=MINUTES, window=MINUTES)
def test_every_term_is_true(
    now: datetime, left: timedelta, asked: timedelta, window: timedelta
) -> None:
    lease = lease_until(now + left)
    term = term_of(lease, now=now, asked=asked, window=window)
    assert term.signed_at <= now
    assert term.signed_at.microsecond == term.expires_at.microsecond == 0
    assert now < term.expires_at <= min(lease.expires_at, now + asked)
    assert term.expires_in <= timedelta(days=7)


@given(now=MOMENTS, later=st.timedeltas(timedelta(0), timedelta(minutes=5)))
def test_two_replicas_agree_within_a_window(now: datetime, later: timedelta) -> None:
    lease = lease_until(NOON + timedelta(days=3000))
    five = timedelta(minutes=5)
    first = term_of(lease, now=now, asked=3 * five, window=five)
    if now + later < first.signed_at + five:
        assert term_of(lease, now=now + later, asked=3 * five, window=five) == first
