"""SignedUrls: URLs that only the vault can sign, for holders of leases that say so."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.credentials.credentials import StorageCredentials
from services.credentials.issuers.clouds import CloudIssuers
from services.credentials.leases import OnRefusal
from shared.clock import Clock
from shared.database.external_locations import get_external_location
from shared.database.session import Database
from shared.database.storage_credentials import get_storage_credential
from shared.errors import ACCESS_REFUSALS, InvalidInputError
from shared.storage.signing.base import MIN_EXPIRY, UrlRequest

LONGEST_LIFE = timedelta(hours=12)
"""As long as the key lives with which Google signs: "Method: projects.serviceAccounts.signBlob"."""

LONGEST_AGO = timedelta(days=1)  # a URL is signed as of the beginning of the window it is in
LONGEST_AHEAD = timedelta(minutes=5)  # of the gateway's clock


class SignedUrls:
    """Sign URLs below the prefix of a location, with its credential as it is now."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        credentials: StorageCredentials,
        issuers: CloudIssuers,
        on_refusal: OnRefusal,
    ) -> None:
        self._database = database
        self._clock = clock
        self._credentials = credentials
        self._issuers = issuers
        self._on_refusal = on_refusal

    async def sign(
        self,
        org_id: UUID,
        location_id: UUID,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Return a URL for each request.

        Raise InvalidInputError for a key outside of the location, for times that no window has,
        and for a location whose leases sign themselves; NotFoundError, CredentialRetiredError, or
        what an issuer raises. After a refusal the location's access is looked at soon.
        """
        self._require_window(signed_at, expires_in)
        async with self._database.begin(org_id) as session:
            location = await get_external_location(session, location_id)
            credential = await get_storage_credential(session, location.credential_id)
        if not all(request.key.startswith(location.prefix) for request in requests):
            raise InvalidInputError("A key is outside of the location's prefix.", field="requests")
        identity = await self._credentials.open(credential)
        bucket = self._issuers.bucket(identity, location.bucket, location.region)
        try:
            return await self._issuers.sign_urls(
                org_id, identity, bucket, requests, signed_at=signed_at, expires_in=expires_in
            )
        except ACCESS_REFUSALS:
            await self._on_refusal(org_id, location_id)
            raise

    def _require_window(self, signed_at: datetime, expires_in: timedelta) -> None:
        now = self._clock.now()
        if not now - LONGEST_AGO <= signed_at <= now + LONGEST_AHEAD:
            raise InvalidInputError("A URL is signed as of about now.", field="signed_at")
        if not MIN_EXPIRY <= expires_in <= LONGEST_LIFE:
            raise InvalidInputError(
                "A URL that the vault signs lives for a second to twelve hours.", field="expires_in"
            )
