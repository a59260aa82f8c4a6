"""Every cloud's issuer behind one: the one place in the vault that asks which cloud."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.credentials.issuers.base import (
    AwsIdentity,
    AzureIdentity,
    GcsIdentity,
    Identity,
    IdentityT_contra,
    Issuer,
    Reach,
    RemoteSigner,
    Session,
)
from shared.errors import InvalidInputError
from shared.leases import Bucket
from shared.storage.signing.base import UrlRequest


class SigningIssuer(Issuer[IdentityT_contra], RemoteSigner[IdentityT_contra], Protocol):
    """An issuer some of whose sessions sign by the vault alone."""


class CloudIssuers:
    """Issue sessions, and sign URLs, for whatever identity it is."""

    def __init__(
        self,
        aws: Issuer[AwsIdentity],
        gcs: SigningIssuer[GcsIdentity],
        azure: SigningIssuer[AzureIdentity],
    ) -> None:
        self._aws = aws
        self._gcs = gcs
        self._azure = azure

    def bucket(self, identity: Identity, name: str, region: str) -> Bucket:
        if isinstance(identity, AwsIdentity):
            return self._aws.bucket(identity, name, region)
        if isinstance(identity, GcsIdentity):
            return self._gcs.bucket(identity, name, region)
        return self._azure.bucket(identity, name, region)

    async def issue(self, org_id: UUID, identity: Identity, reach: Reach) -> Session:
        if isinstance(identity, AwsIdentity):
            return await self._aws.issue(org_id, identity, reach)
        if isinstance(identity, GcsIdentity):
            return await self._gcs.issue(org_id, identity, reach)
        return await self._azure.issue(org_id, identity, reach)

    async def sign_urls(
        self,
        org_id: UUID,
        identity: Identity,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Return a URL for each request; raise InvalidInputError where leases sign themselves."""
        if isinstance(identity, AwsIdentity):
            raise InvalidInputError("The leases of this location sign URLs without the vault.")
        if isinstance(identity, GcsIdentity):
            return await self._gcs.sign_urls(
                org_id, identity, bucket, requests, signed_at=signed_at, expires_in=expires_in
            )
        return await self._azure.sign_urls(
            org_id, identity, bucket, requests, signed_at=signed_at, expires_in=expires_in
        )
