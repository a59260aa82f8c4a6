"""Access: no import begins on a broken setup."""

from datetime import timedelta
from uuid import UUID

from shared.errors import LocationNotVerifiedError
from shared.vault import VaultClient


async def require_access(
    vault: VaultClient, org_id: UUID, location_id: UUID, *, max_age: timedelta
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
