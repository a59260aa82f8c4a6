"""The issuer for Azure: signatures for one container, made from a delegation or an account key."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never
from uuid import UUID

import httpx

from services.credentials.azure_clouds import PUBLIC_SUFFIX, cloud_of
from services.credentials.issuers.azure_application import AzureAddress
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    CustomerSas,
    Reach,
    ServicePrincipal,
    Session,
)
from services.credentials.issuers.delegation_keys import get_delegation_key
from services.credentials.issuers.entra import EntraTokens
from services.credentials.sas_tokens import parse_sas
from shared.clock import Clock
from shared.errors import StorageDeniedError
from shared.leases import ANY_REGION, Bucket, DelegationKey, Operation, RemoteSigning, SasToken
from shared.storage.azure_addresses import split_bucket
from shared.storage.signing.azure import (
    presign_azure_by_account_key,
    sign_azure_container,
    sign_azure_container_by_account_key,
)
from shared.storage.signing.base import UrlRequest
from shared.uris import Provider

ACCOUNT_KEY_LEASE = timedelta(hours=12)  # as long as the longest session of a role of AWS's

IsBound: TypeAlias = Callable[[UUID, UUID], Awaitable[bool]]
"""Say whether a tenant (second) is bound to an organization (first) by a proven sign-in."""

_PERMISSIONS = {Operation.LIST: "l", Operation.READ: "r"}


class TenantNotBoundError(StorageDeniedError):
    """Say that nobody proved that the tenant belongs to the organization."""


class OtherAccountError(StorageDeniedError):
    """Say that an identity of one storage account was named for a bucket of another one."""


class AzureIssuer:
    """Issue sessions for all four methods; nobody outside ever gets a token or an account's key.

    A session reaches the whole container: no signature can be narrowed to a prefix in an account
    without a hierarchical namespace ("Create a user delegation SAS", sr=d).
    """

    def __init__(
        self,
        tokens: EntraTokens,
        http: httpx.AsyncClient,
        address: AzureAddress,
        clock: Clock,
        *,
        is_bound: IsBound,
    ) -> None:
        self._tokens = tokens
        self._http = http
        self._address = address
        self._clock = clock
        self._is_bound = is_bound

    def bucket(self, identity: AzureIdentity, name: str, region: str) -> Bucket:
        """Say where a container is; its region is in no address."""
        del region
        account = name.partition("/")[0]
        endpoint = None
        if self._address.blob_endpoint is not None:
            endpoint = f"{self._address.blob_endpoint}/{account}"
        elif identity.endpoint_suffix != PUBLIC_SUFFIX:
            endpoint = cloud_of(identity.endpoint_suffix).blob_endpoint(account)
        return Bucket(Provider.AZURE, name, ANY_REGION, endpoint)

    async def issue(self, org_id: UUID, identity: AzureIdentity, reach: Reach) -> Session:
        """Issue a session.

        Beside an issuer's errors raise TenantNotBoundError, EntraRefusedError,
        DelegationRefusedError and OtherAccountError, which all are StorageDeniedErrors.
        """
        match identity:
            case ConsentedTenant() | ServicePrincipal():
                return await self._delegate(org_id, identity, reach)
            case AccountKey():
                _require_account(identity.account, reach.bucket)
                return self._sign_with(identity, reach)
            case CustomerSas():
                _require_account(identity.account, reach.bucket)
                return self._lend(identity)
        assert_never(identity)

    async def sign_urls(
        self,
        org_id: UUID,
        identity: AzureIdentity,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Sign with an account's key, which is the only one whose sessions ask for it."""
        del org_id
        if not isinstance(identity, AccountKey):
            raise StorageDeniedError("Nothing of this credential signs URLs in the vault.")
        _require_account(identity.account, bucket)
        return [
            presign_azure_by_account_key(
                bucket,
                request.key,
                account_key=identity.key,
                signed_at=signed_at,
                expires_in=expires_in,
                method=request.method,
                overrides=request.overrides,
                version_id=request.version_id,
            )
            for request in requests
        ]

    async def get_key(
        self, org_id: UUID, identity: ConsentedTenant | ServicePrincipal, bucket: Bucket
    ) -> DelegationKey:
        """Return a delegation key of the bucket's account; raise what `issue` raises."""
        if isinstance(identity, ConsentedTenant) and not await self._is_bound(
            org_id, identity.tenant_id
        ):
            raise TenantNotBoundError("Nobody proved that this tenant belongs to the organization.")
        token = await self._tokens.get(identity)
        return await get_delegation_key(
            self._http, account_endpoint(bucket), token, self._clock.now()
        )

    async def _delegate(
        self, org_id: UUID, identity: ConsentedTenant | ServicePrincipal, reach: Reach
    ) -> Session:
        key = await self.get_key(org_id, identity, reach.bucket)
        now = self._clock.now()
        query = sign_azure_container(
            reach.bucket,
            delegation_key=key,
            signed_at=now,
            expires_in=key.expires_at - now,
            permissions=_PERMISSIONS[reach.operation],
        )
        signing = key if reach.operation is Operation.READ else None
        return Session(SasToken(query), signing, now, key.expires_at)

    def _sign_with(self, identity: AccountKey, reach: Reach) -> Session:
        now = self._clock.now()
        query = sign_azure_container_by_account_key(
            reach.bucket,
            account_key=identity.key,
            signed_at=now,
            expires_in=ACCOUNT_KEY_LEASE,
            permissions=_PERMISSIONS[reach.operation],
        )
        signing = RemoteSigning() if reach.operation is Operation.READ else None
        return Session(SasToken(query), signing, now, now + ACCOUNT_KEY_LEASE)

    def _lend(self, identity: CustomerSas) -> Session:
        """Lend the customer's SAS, for as long as a key's; nothing of it signs other URLs."""
        sas = parse_sas(identity.token, identity.account)
        now = self._clock.now()
        if sas.expires_at <= now:
            raise StorageDeniedError(f"The SAS expired at {sas.expires_at:%Y-%m-%d %H:%M} UTC.")
        return Session(SasToken(sas.query), None, now, min(sas.expires_at, now + ACCOUNT_KEY_LEASE))


def account_endpoint(bucket: Bucket) -> str:
    """Return where the account's blobs are, without a slash at the end."""
    account = split_bucket(bucket)[0]
    return bucket.endpoint or cloud_of(PUBLIC_SUFFIX).blob_endpoint(account)


def _require_account(known: str, bucket: Bucket) -> None:
    """Refuse to use what a customer gave for one account on another one."""
    if split_bucket(bucket)[0] != known:
        raise OtherAccountError(f"The credential is for the storage account {known} only.")
