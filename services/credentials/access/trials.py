"""Trials of leases: do the sessions behind them still do what the importer and the gateway need."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.checks import LONGEST_CHECK
from services.credentials.access.objects import first_page
from services.credentials.issuers.base import Identity, RemoteSigner
from shared.egress import EgressGuard
from shared.errors import (
    CloudIdentityError,
    EndpointNotAllowedError,
    StorageDeniedError,
    StorageError,
)
from shared.leases import (
    AccessGrant,
    Bucket,
    Lease,
    Operation,
    RemoteSigning,
    SigningGrant,
    SigningKeys,
)
from shared.storage.base import ObjectRow
from shared.storage.open import open_store
from shared.storage.signing.base import Method, UrlRequest
from shared.storage.signing.local import presign
from shared.uris import Provider

PROBE_LIFE = timedelta(minutes=5)  # of the URLs that are signed to be tried at once
AGE = timedelta(
    minutes=15
)  # the gateway signs at the start of a window, and viewers use URLs later


class ProbeUrls:
    """Sign URLs to be tried, as the gateway does or has it done."""

    def __init__(self, signer: RemoteSigner[Identity]) -> None:
        self._signer = signer

    async def sign(
        self,
        org_id: UUID,
        identity: Identity,
        bucket: Bucket,
        key: str,
        *methods: Method,
        grant: SigningGrant,
        now: datetime,
    ) -> list[SignedUrl]:
        """Return a URL for each method, good for five minutes; raise what an issuer raises."""
        signed_at = now.replace(microsecond=0)
        requests = [UrlRequest(key, method) for method in methods]
        if isinstance(grant, RemoteSigning):
            urls = await self._signer.sign_urls(
                org_id, identity, bucket, requests, signed_at=signed_at, expires_in=PROBE_LIFE
            )
        else:
            urls = presign(bucket, grant, requests, signed_at=signed_at, expires_in=PROBE_LIFE)
        return [SignedUrl(bucket, url) for url in urls]

    def sign_aged(
        self, bucket: Bucket, key: str, *, grant: SigningGrant, now: datetime
    ) -> SignedUrl | None:
        """Return a URL that was signed some minutes ago, to GET; None where no owner judges that.

        Only on S3 a bucket's policy does (s3:signatureAge: "Amazon S3 Signature Version 4
        authentication specific policy keys", Amazon S3 API Reference).
        """
        if bucket.provider is not Provider.S3 or not isinstance(grant, SigningKeys):
            return None
        signed_at = now.replace(microsecond=0) - AGE
        life = AGE + PROBE_LIFE
        (url,) = presign(bucket, grant, [UrlRequest(key)], signed_at=signed_at, expires_in=life)
        return SignedUrl(bucket, url)


class LeaseTrials:
    """Use leases as their holders do, at the least cost."""

    def __init__(self, browsers: BrowserChecks, urls: ProbeUrls, egress: EgressGuard) -> None:
        self._browsers = browsers
        self._urls = urls
        self._egress = egress

    async def is_refused(
        self, lease: Lease, identity: Identity, sample: ObjectRow | None, now: datetime
    ) -> bool:
        """Say whether the store refuses the lease; one that it cannot be asked about is not.

        Reading is tried with a `sample` that can be read. Without one nothing is proved, so that
        lease counts as refused: there is nothing that it could be missed for.
        """
        if now >= lease.expires_at:
            return True
        try:
            async with asyncio.timeout(LONGEST_CHECK.total_seconds()):
                if isinstance(lease.grant, AccessGrant):
                    return await self._cannot_list(lease, lease.grant)
                if sample is None:
                    return True
                (url,) = await self._urls.sign(
                    lease.org_id,
                    identity,
                    lease.bucket,
                    sample.key,
                    "GET",
                    grant=lease.grant,
                    now=now,
                )
                return await self._browsers.are_refused(url)
        except (TimeoutError, StorageError, CloudIdentityError, EndpointNotAllowedError):
            return False

    async def _cannot_list(self, lease: Lease, grant: AccessGrant) -> bool:
        if lease.operation is not Operation.LIST:
            return False  # nothing signs, so nobody holds it
        async with open_store(lease.bucket, grant, egress=self._egress) as store:
            try:
                await first_page(store, lease.prefix, page_size=1)
            except StorageDeniedError:
                return True
        return False
