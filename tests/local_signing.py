"""Signing for tests whose leases hold what signs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from shared.storage.signing.base import UrlRequest
from shared.url_signer import UrlSigner


async def never_sign(
    org_id: UUID,
    location_id: UUID,
    requests: Sequence[UrlRequest],
    *,
    signed_at: datetime,
    expires_in: timedelta,
) -> list[str]:
    """Stand where the vault signs."""
    raise AssertionError(
        f"Asked the vault for {requests} of {location_id}: {signed_at}, {expires_in}, {org_id}"
    )


def local_signer() -> UrlSigner:
    """Return a signer that never asks the vault."""
    return UrlSigner(never_sign)
