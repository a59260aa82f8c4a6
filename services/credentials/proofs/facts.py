"""Facts: who may do what where, as it was when access was verified; kept with the report."""

from collections.abc import Mapping
from dataclasses import fields
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from services.credentials.identities import store_identity
from services.credentials.issuers.base import (
    CustomerRole,
    FederatedServiceAccount,
    Identity,
)
from services.credentials.proofs.digests import digest
from services.credentials.setup.aws_kit import AwsKit
from services.credentials.setup.azure_kit import AzureKit
from services.credentials.setup.kit_files import SetupKit
from services.credentials.setup_kits import SetupKits
from shared.database.external_locations import ExternalLocation
from shared.database.organizations import get_organization
from shared.database.session import Database
from shared.database.storage_credentials import StorageCredential
from shared.errors import CloudIdentityError, SetupTooLargeError
from shared.leases import Operation
from shared.uris import BucketUri, Provider
from shared.version import VERSION

Facts = dict[str, JsonValue]

SHOWN = (
    "role_arn",
    "access_key_id",
    "endpoint",
    "service_account",
    "workload_provider",
    "tenant_id",
    "client_id",
    "account",
)
"""What names an identity. Its secret is not among these, nor is an ExternalId: see FactFinder."""


class FactFinder:
    """Gather the facts of a verification.

    The ExternalId is no secret, but whoever reads a proof needs it for nothing: that the role asks
    for it is proved by trying, and the digest of the trust policy says which one it should be.
    """

    def __init__(self, database: Database, kits: SetupKits, *, oidc_issuer: str | None) -> None:
        self._database = database
        self._kits = kits
        self._oidc_issuer = oidc_issuer

    async def gather(
        self,
        location: ExternalLocation,
        credential: StorageCredential,
        identity: Identity,
        region: str,
    ) -> Facts:
        """Return what is so now, in the form in which a proof shows it."""
        org_id = location.org_id
        async with self._database.begin(org_id) as session:
            organization = await get_organization(session, org_id)
        uri = BucketUri(Provider(location.provider), location.bucket, location.prefix)
        kit = await self._find_kit(org_id, identity, uri, location.origins)
        origins: list[JsonValue] = [*location.origins]
        return {
            "mooring_version": VERSION,
            "organization": {"org_id": str(org_id), "name": organization.name},
            "location": {
                "location_id": str(location.location_id),
                "name": location.name,
                "uri": str(uri),
                "region": region,
                "origins": origins,
            },
            "credential": {
                "credential_id": str(credential.credential_id),
                "name": credential.name,
                "method": credential.method,
            },
            "identity": {**_names(identity), **self._ours(org_id, identity, kit)},
            "operations": [operation.value for operation in Operation],
            "documents": {} if kit is None else _digests(kit),
        }

    async def _find_kit(
        self, org_id: UUID, identity: Identity, uri: BucketUri, origins: list[str]
    ) -> SetupKit | None:
        try:
            return await self._kits.fill(org_id, identity, uri, origins)
        except (CloudIdentityError, SetupTooLargeError):
            return None  # nobody is let in by a kit that there is not, or that no cloud takes

    def _ours(self, org_id: UUID, identity: Identity, kit: SetupKit | None) -> dict[str, JsonValue]:
        """Return who we are to the customer's cloud, where that is not in the credential."""
        match identity, kit:
            case CustomerRole(), AwsKit():
                return {"principal_arn": kit.principal_arn}
            case FederatedServiceAccount(), _:
                return {"oidc_issuer": self._oidc_issuer, "subject": str(org_id)}
            case _, AzureKit(client_id=str(client_id)):
                return {"client_id": client_id}
            case _:
                return {}


def _names(identity: Identity) -> dict[str, JsonValue]:
    columns = store_identity(identity).columns
    return {name: str(columns[name]) for name in SHOWN if columns.get(name) is not None}


def _digests(kit: SetupKit) -> dict[str, JsonValue]:
    """Return the digest of each document that the kit's method needs, by its name in the kit.

    A template is no such document: it makes some of them.
    """
    found = {field.name: getattr(kit, field.name) for field in fields(kit)}
    found.pop("cloudformation", None)
    return {
        name: digest(cast("JsonValue", value))
        for name, value in found.items()
        if isinstance(value, Mapping)
    }
