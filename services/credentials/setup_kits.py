"""SetupKits: the kit for a stored credential and a location that need not exist yet."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.arns import PrincipalArn
from services.credentials.credentials import StorageCredentials
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import AccessKey, AwsIdentity, GcsIdentity, Identity
from services.credentials.locations import parse_origins, parse_reached_uri
from services.credentials.setup.aws_kit import AwsKit, make_aws_kit
from services.credentials.setup.azure_kit import AzureKit, make_azure_kit
from services.credentials.setup.gcs_kit import GcsKit, make_gcs_kit
from services.credentials.setup.stores import AWS
from shared.errors import InvalidInputError
from shared.uris import BucketUri

SetupKit: TypeAlias = AwsKit | GcsKit | AzureKit


class SetupKits:
    """Fill setup kits with an organization's own values, and with who we are on each cloud."""

    def __init__(
        self,
        credentials: StorageCredentials,
        *,
        principal: PrincipalArn | None,
        oidc_issuer: str | None,
        application: AzureApplication | None,
        stores: StoreProfiles,
    ) -> None:
        self._credentials = credentials
        self._principal = principal
        self._oidc_issuer = oidc_issuer
        self._application = application
        self._stores = stores

    async def make(
        self, org_id: UUID, credential_id: UUID, *, uri: str, origins: Sequence[str]
    ) -> SetupKit:
        """Return the kit.

        Raise InvalidUriError, InvalidInputError, CredentialRetiredError, or CloudIdentityError
        where the method needs an identity of ours that there is not.
        """
        credential = await self._credentials.get(org_id, credential_id)
        location = parse_reached_uri(uri, credential)
        try:
            accepted = parse_origins(origins)
        except InvalidInputError as error:  # a query repeats `origin`, where a body has `origins`
            raise InvalidInputError(error.detail, field="origin") from error
        return await self.fill(org_id, await self._credentials.open(credential), location, accepted)

    async def fill(
        self, org_id: UUID, identity: Identity, location: BucketUri, origins: Sequence[str]
    ) -> SetupKit:
        """Return the kit for an opened identity. Raise CloudIdentityError."""
        if isinstance(identity, AwsIdentity):
            store = AWS
            if isinstance(identity, AccessKey):
                store = await self._stores.find(identity.endpoint)
            return make_aws_kit(identity, location, origins, self._principal, store=store)
        if isinstance(identity, GcsIdentity):
            issuer = self._oidc_issuer
            return make_gcs_kit(identity, location, origins, org_id=org_id, issuer=issuer)
        return make_azure_kit(identity, location, origins, self._application)
