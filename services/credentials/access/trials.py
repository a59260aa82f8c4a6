"""Trials of leases: do the sessions behind them still do what the importer and the gateway need."""

import asyncio
from datetime import datetime, timedelta

from services.credentials.access.browsers import BrowserChecks, SignedUrl
from services.credentials.access.checks import LONGEST_CHECK
from services.credentials.access.objects import first_page
from shared.egress import EgressGuard
from shared.errors import EndpointNotAllowedError, StorageDeniedError, StorageError
from shared.leases import Bucket, Lease, SessionKeys, SigningKeys
from shared.storage.base import ObjectRow
from shared.storage.open import open_store
from shared.storage.signing.s3 import presign_s3

PROBE_LIFE = timedelta(minutes=5)  # of the URLs that are signed to be tried at once


class LeaseTrials:
    """Use leases as their holders do, at the least cost."""

    def __init__(self, browsers: BrowserChecks, egress: EgressGuard) -> None:
        self._browsers = browsers
        self._egress = egress

    async def is_refused(self, lease: Lease, sample: ObjectRow | None, now: datetime) -> bool:
        """Say whether the store refuses the lease; one that it cannot be asked about is not.

        Reading is tried with a `sample` that can be read. Without one nothing is proved, so that
        lease counts as refused: there is nothing that it could be missed for.
        """
        try:
            async with asyncio.timeout(LONGEST_CHECK.total_seconds()):
                match lease.grant:
                    case SessionKeys():
                        return await self._cannot_list(lease, lease.grant)
                    case SigningKeys():
                        return sample is None or await self._browsers.are_refused(
                            sign_probe(lease.bucket, sample.key, lease.grant, now)
                        )
        except (TimeoutError, StorageError, EndpointNotAllowedError):
            return False

    async def _cannot_list(self, lease: Lease, keys: SessionKeys) -> bool:
        async with open_store(lease.bucket, keys, egress=self._egress) as store:
            try:
                await first_page(store, lease.prefix, page_size=1)
            except StorageDeniedError:
                return True
        return False


def sign_probe(bucket: Bucket, key: str, grant: SigningKeys, now: datetime) -> SignedUrl:
    """Sign as the gateway does."""
    token = grant.session_token
    url = presign_s3(
        bucket,
        key,
        access_key_id=grant.access_key_id,
        session_token=None if token is None else token.get_secret_value(),
        signing_key=grant.keys[now.date()],
        signed_at=now,
        expires_in=PROBE_LIFE,
    )
    return SignedUrl(bucket, url)
