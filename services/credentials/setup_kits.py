"""SetupKits: the kit for a stored credential and a location, which need not exist yet."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.credentials.access.store_profiles import StoreProfiles
from services.credentials.arns import KeyArn, PrincipalArn, parse_key_arn
from services.credentials.credentials import StorageCredentials
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import AccessKey, AwsIdentity, GcsIdentity, Identity
from services.credentials.locations import (
    ExternalLocations,
    parse_origins,
    parse_reached_uri,
)
from services.credentials.region_names import is_region
from services.credentials.setup.aws_kit import StackLinks, make_aws_kit
from services.credentials.setup.azure_kit import make_azure_kit
from services.credentials.setup.gcs_kit import make_gcs_kit
from services.credentials.setup.kit_files import SetupKit
from services.credentials.setup.stores import AWS
from shared.errors import InvalidInputError
from shared.uris import BucketUri, Provider


@dataclass(frozen=True, slots=True)
class LocationKit:
    """The kit of an attached location, with the location's URI."""

    uri: BucketUri
    kit: SetupKit


class SetupKits:
    """Fill setup kits with an organization's own values, and with who we are on each cloud."""

    def __init__(
        self,
        credentials: StorageCredentials,
        locations: ExternalLocations,
        *,
        principal: PrincipalArn | None,
        oidc_issuer: str | None,
        application: AzureApplication | None,
        stores: StoreProfiles,
        links: StackLinks | None,
    ) -> None:
        self._credentials = credentials
        self._locations = locations
        self._principal = principal
        self._oidc_issuer = oidc_issuer
        self._application = application
        self._stores = stores
        self._links = links

    async def make(
        self,
        org_id: UUID,
        credential_id: UUID,
        *,
        uri: str,
        origins: Sequence[str],
        key_arns: Sequence[str],
    ) -> SetupKit:
        """Return the kit for a location that need not exist, whose objects have these KMS keys.

        Raise InvalidUriError, InvalidInputError, SetupTooLargeError, CredentialRetiredError, or
        CloudIdentityError where the method needs an identity of ours that there is not.
        """
        credential = await self._credentials.get(org_id, credential_id)
        location = parse_reached_uri(uri, credential)
        try:
            accepted = parse_origins(origins)
        except InvalidInputError as error:  # a query repeats `origin`, where a body has `origins`
            raise InvalidInputError(error.detail, field="origin") from error
        keys = [parse_key_arn(text) for text in key_arns]
        identity = await self._credentials.open(credential)
        return await self.fill(org_id, identity, location, accepted, keys=keys, links=self._links)

    async def make_for_location(
        self, org_id: UUID, location_id: UUID, *, key_arns: Sequence[str]
    ) -> LocationKit:
        """Return the kit for an attached location; raise what `make` raises, or NotFoundError."""
        row = (await self._locations.get(org_id, location_id)).location
        credential = await self._credentials.get(org_id, row.credential_id)
        uri = BucketUri(Provider(row.provider), row.bucket, row.prefix)
        links = self._links
        if links is not None and is_region(row.region):
            links = replace(links, region=row.region)
        keys = [parse_key_arn(text) for text in key_arns]
        identity = await self._credentials.open(credential)
        origins = tuple(row.origins)
        return LocationKit(
            uri, await self.fill(org_id, identity, uri, origins, keys=keys, links=links)
        )

    async def fill(
        self,
        org_id: UUID,
        identity: Identity,
        location: BucketUri,
        origins: Sequence[str],
        *,
        keys: Sequence[KeyArn] = (),
        links: StackLinks | None = None,
    ) -> SetupKit:
        """Return the kit for an opened identity. Raise CloudIdentityError."""
        if isinstance(identity, AwsIdentity):
            store = AWS
            if isinstance(identity, AccessKey):
                store = await self._stores.find(identity.endpoint)
            return make_aws_kit(
                identity, location, origins, self._principal, keys=keys, store=store, links=links
            )
        if keys:
            raise InvalidInputError("Only Amazon S3 has KMS keys.", field="kms_key_arn")
        if isinstance(identity, GcsIdentity):
            issuer = self._oidc_issuer
            return make_gcs_kit(identity, location, origins, org_id=org_id, issuer=issuer)
        return make_azure_kit(identity, location, origins, self._application)
