"""Access: what ingest asks the vault, and tells it; no import begins on a broken setup."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from shared.errors import AppError, LocationNotVerifiedError
from shared.leases import Lease, Operation
from shared.storage.signing.base import UrlRequest
from shared.vault import AccessVerdictBody

log = structlog.get_logger()


class Vault(Protocol):
    """The vault, as ingest knows it: VaultClient, or what a test puts in its place."""

    async def request_lease(
        self,
        org_id: UUID,
        location_id: UUID,
        operation: Operation,
        *,
        refused: datetime | None = None,
    ) -> Lease: ...

    async def sign_urls(
        self,
        org_id: UUID,
        location_id: UUID,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]: ...

    async def verify_access(
        self, org_id: UUID, location_id: UUID, *, max_age: timedelta
    ) -> AccessVerdictBody: ...

    async def request_recheck(self, org_id: UUID, location_id: UUID) -> bool: ...


async def require_access(
    vault: Vault, org_id: UUID, location_id: UUID, *, max_age: timedelta
) -> None:
    """Raise LocationNotVerifiedError with the failed checks when access is not valid.

    The vault verifies it anew when its last report is older than `max_age`.
    """
    verdict = await vault.verify_access(org_id, location_id, max_age=max_age)
    if not verdict.valid:
        raise LocationNotVerifiedError(
            "The location's access report is not valid: mend the failed checks first.",
            failed_checks=list(verdict.failed_checks),
        )


async def report_refusal(vault: Vault, org_id: UUID, location_id: UUID) -> None:
    """Tell the vault that the customer's cloud refuses a location, so that it looks at it soon.

    One that cannot be told comes to it by itself, a little later.
    """
    try:
        await vault.request_recheck(org_id, location_id)
    except AppError as error:
        log.warning("refusal not reported", location_id=str(location_id), code=error.code)
