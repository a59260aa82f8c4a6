"""Pinned versions: whether an import may record them, which only a listing of versions tells."""

from uuid import UUID

from shared.database.external_locations import may_list_versions
from shared.database.session import Session
from shared.errors import InvalidInputError


async def require_versions(session: Session, location_id: UUID) -> None:
    """Raise InvalidInputError where no versions can be listed, as far as it was verified."""
    if not await may_list_versions(session, location_id):
        raise InvalidInputError(
            "No versions can be listed at this location: import it without pin_versions.",
            field="pin_versions",
        )
