"""SetupKits: the kit for a stored credential and a location that need not exist yet."""

from collections.abc import Sequence
from uuid import UUID

from services.credentials.arns import PrincipalArn
from services.credentials.credentials import StorageCredentials
from services.credentials.locations import parse_location_uri, parse_origins
from services.credentials.setup.kit import SetupKit, make_kit
from shared.errors import InvalidInputError


class SetupKits:
    """Fill setup kits with an organization's own values."""

    def __init__(self, credentials: StorageCredentials, principal: PrincipalArn | None) -> None:
        self._credentials = credentials
        self._principal = principal

    async def make(
        self, org_id: UUID, credential_id: UUID, *, uri: str, origins: Sequence[str]
    ) -> SetupKit:
        """Return the kit. Raise InvalidUriError, InvalidInputError or CredentialRetiredError."""
        location = parse_location_uri(uri)
        try:
            accepted = parse_origins(origins)
        except InvalidInputError as error:  # a query repeats `origin`, where a body has `origins`
            raise InvalidInputError(error.detail, field="origin") from error
        identity = await self._credentials.open(await self._credentials.get(org_id, credential_id))
        return make_kit(identity, location, accepted, self._principal)
