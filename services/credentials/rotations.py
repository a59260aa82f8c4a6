"""Rotations: another identity in a credential's place, if nobody else could name it as theirs."""

from uuid import UUID

from services.credentials.credentials import StorageCredentials
from services.credentials.identities import StoredIdentity, load_identity
from services.credentials.locations import ExternalLocations
from shared.database.storage_credentials import StorageCredential
from shared.errors import InvalidInputError


class Rotations:
    """Rotate credentials whose locations are in use."""

    def __init__(self, credentials: StorageCredentials, locations: ExternalLocations) -> None:
        self._credentials = credentials
        self._locations = locations

    async def rotate_role(
        self, org_id: UUID, credential_id: UUID, role_arn: str
    ) -> StorageCredential:
        """Name another role of the customer's account; the ExternalId stays. Raise as `rotate`."""
        columns = {"role_arn": str(self._credentials.accept_role(role_arn))}
        return await self.rotate(org_id, credential_id, StoredIdentity("assume_role", columns))

    async def rotate(
        self, org_id: UUID, credential_id: UUID, new: StoredIdentity
    ) -> StorageCredential:
        """Replace what is given; leases of what was there are not given out any more.

        Raise InvalidInputError for a credential of another method, LocationNotVerifiedError where
        attached locations would be reached through an identity that others could name, and what
        an issuer raises.
        """
        seen = await self._credentials.get(org_id, credential_id)
        if seen.method != new.method:
            raise InvalidInputError("The credential has another method.", field="method")
        attributes = StorageCredential.__mapper__.column_attrs
        columns = {each.key: getattr(seen, each.key) for each in attributes}
        changed = StorageCredential(**{**columns, **new.columns})
        await self._locations.require_apart(seen, load_identity(changed, new.secret))
        return await self._credentials.rotate(org_id, credential_id, new)
