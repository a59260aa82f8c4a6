"""The issuer for Cloud Storage: tokens of service accounts, and HMAC keys for its XML API."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from services.credentials.issuers.access_boundaries import access_boundary
from services.credentials.issuers.base import (
    GcsIdentity,
    HmacKey,
    OrganizationServiceAccount,
    Reach,
    ServiceAccountKey,
    Session,
)
from services.credentials.issuers.bucket_questions import BucketQuestions
from services.credentials.issuers.derived_keys import derive_keys
from services.credentials.issuers.google_refusals import GoogleRefusalError, google_error
from services.credentials.issuers.google_signatures import GoogleSignatures
from services.credentials.issuers.google_tokens import (
    CLOUD_PLATFORM,
    READ_ONLY,
    GoogleToken,
    GoogleTokens,
    ServiceAccount,
)
from services.credentials.issuers.organization_service_accounts import (
    OrganizationServiceAccounts,
)
from shared.clock import Clock
from shared.errors import CloudIdentityError, InvalidInputError, StorageError
from shared.leases import (
    ANY_REGION,
    BearerToken,
    Bucket,
    Operation,
    RemoteSigning,
    SessionKeys,
    SigningKeys,
)
from shared.storage.signing.base import UrlRequest
from shared.storage.signing.gcs import (
    MAX_SIGN_BLOB_EXPIRY,
    RSA,
    derive_gcs_key,
    prepare_gcs,
)
from shared.uris import Provider

XML_ENDPOINT = "https://storage.googleapis.com"

SIGNING_LEASE = MAX_SIGN_BLOB_EXPIRY
"""How long a lease to READ lasts: what signs is asked anew for each URL, and needs no token."""

log = structlog.get_logger()


class GcsIssuer:
    """Issue sessions for all four methods, and sign URLs for the three of service accounts."""

    def __init__(
        self,
        tokens: GoogleTokens,
        signatures: GoogleSignatures,
        questions: BucketQuestions,
        accounts: OrganizationServiceAccounts,
        clock: Clock,
        *,
        storage_endpoint: str | None,
    ) -> None:
        self._tokens = tokens
        self._signatures = signatures
        self._questions = questions
        self._accounts = accounts
        self._clock = clock
        self._storage_endpoint = storage_endpoint

    def bucket(self, identity: GcsIdentity, name: str, region: str) -> Bucket:
        del region  # no address of Cloud Storage names it
        if isinstance(identity, HmacKey):  # for a client of S3, which does not know where it is
            endpoint = self._storage_endpoint or XML_ENDPOINT
            return Bucket(Provider.GCS, name, ANY_REGION, endpoint, path_style=True)
        return Bucket(Provider.GCS, name, ANY_REGION, self._storage_endpoint)

    async def issue(self, org_id: UUID, identity: GcsIdentity, reach: Reach) -> Session:
        """Return a session. One to READ signs for twelve hours; its token lives for one."""
        issued_at = self._clock.now()
        if isinstance(identity, HmacKey):
            return _lend(identity, reach, issued_at)
        self._require_own(org_id, identity)
        if reach.operation is Operation.LIST:
            token = await self._narrow(org_id, identity, reach)
            return Session(BearerToken(token.token), None, issued_at, token.expires_at)
        token = await self._tokens.get(org_id, identity, READ_ONLY)
        access = BearerToken(token.token)
        return Session(access, RemoteSigning(), issued_at, issued_at + SIGNING_LEASE)

    async def sign_urls(
        self,
        org_id: UUID,
        identity: GcsIdentity,
        bucket: Bucket,
        requests: Sequence[UrlRequest],
        *,
        signed_at: datetime,
        expires_in: timedelta,
    ) -> list[str]:
        """Return a URL for each request.

        Raise InvalidInputError for an HMAC key, whose sessions sign themselves, and ValueError for
        URLs that shall live longer than Google keeps the key that signs them.
        """
        if isinstance(identity, HmacKey):
            raise InvalidInputError("The leases of this location sign URLs without the vault.")
        if expires_in > MAX_SIGN_BLOB_EXPIRY and not isinstance(identity, ServiceAccountKey):
            raise ValueError("A URL that Google signs for us lives for twelve hours at most.")
        self._require_own(org_id, identity)
        unsigned = [
            prepare_gcs(
                bucket,
                request.key,
                access_id=identity.email,
                algorithm=RSA,
                signed_at=signed_at,
                expires_in=expires_in,
                method=request.method,
                overrides=request.overrides,
                version_id=request.version_id,
            )
            for request in requests
        ]
        texts = [each.to_sign for each in unsigned]
        signatures = await self._signatures.sign(org_id, identity, texts)
        return [each.sign(signature) for each, signature in zip(unsigned, signatures, strict=True)]

    def _require_own(self, org_id: UUID, account: ServiceAccount) -> None:
        """Refuse our service account of another organization, whatever a row says."""
        ours = isinstance(account, OrganizationServiceAccount)
        if ours and account.email != self._accounts.email_of(org_id):
            raise CloudIdentityError(
                "This service account is not the organization's own: the operator must not change "
                "MOORING_GOOGLE_PROJECT while organizations have service accounts there."
            )

    async def _narrow(self, org_id: UUID, account: ServiceAccount, reach: Reach) -> GoogleToken:
        """Return a token for the prefix alone, or for all of the account where that cannot be.

        A boundary works in buckets with uniform bucket-level access only, and nothing tells which
        these are but trying.
        """
        source = await self._tokens.get(org_id, account, CLOUD_PLATFORM)
        narrowed = await self._exchange(source, reach)
        if narrowed is not None and await self._questions.can_list(reach, narrowed.token):
            return narrowed
        whole = await self._tokens.get(org_id, account, READ_ONLY)
        if narrowed is not None and not await self._questions.can_list(reach, whole.token):
            return narrowed  # it is not the boundary that forbids it
        log.warning("token not narrowed to the location", bucket=reach.bucket.name)
        return whole

    async def _exchange(self, source: GoogleToken, reach: Reach) -> GoogleToken | None:
        """Return the narrowed token, None where the boundary is not taken."""
        try:
            return await self._tokens.narrow(source, access_boundary(reach))
        except GoogleRefusalError as refusal:
            if refusal.passes:
                denied = StorageError("Google Cloud refused to narrow a token.")
                raise google_error(refusal, denied) from refusal
            return None


def _lend(key: HmacKey, reach: Reach, issued_at: datetime) -> Session:
    """Lend the key itself for listing and keys derived from it for signing."""
    secret = key.secret.get_secret_value()
    expires_at = issued_at + SIGNING_LEASE
    signing = None
    if reach.operation is Operation.READ:
        derived = derive_keys(partial(derive_gcs_key, secret), issued_at, expires_at)
        signing = SigningKeys(key.access_id, None, derived)
    return Session(SessionKeys(key.access_id, key.secret), signing, issued_at, expires_at)
