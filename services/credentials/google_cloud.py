"""Google Cloud as the vault uses it: what speaks to it, built once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.credentials.access.gcs import GcsAccess
from services.credentials.access.gcs_rights import GcsRights
from services.credentials.access.probes import Probes
from services.credentials.google_settings import GoogleSettings
from services.credentials.issuers.bucket_questions import BucketQuestions
from services.credentials.issuers.gcs import GcsIssuer
from services.credentials.issuers.google_calls import open_google_calls
from services.credentials.issuers.google_identity import open_google_identity
from services.credentials.issuers.google_signatures import GoogleSignatures
from services.credentials.issuers.google_tokens import GoogleTokens
from services.credentials.issuers.organization_service_accounts import (
    OrganizationServiceAccounts,
)
from services.credentials.oidc import OidcIssuer
from shared.clock import Clock
from shared.egress import EgressGuard


@dataclass(frozen=True, slots=True)
class GoogleCloud:
    """What the vault's use cases need of Google Cloud. `oidc` is None where there is no issuer."""

    issuer: GcsIssuer
    accounts: OrganizationServiceAccounts
    access: GcsAccess
    oidc: OidcIssuer | None


@asynccontextmanager
async def open_google_cloud(
    settings: GoogleSettings, clock: Clock, probes: Probes, egress: EgressGuard
) -> AsyncIterator[GoogleCloud]:
    """Read the issuer's keys and wire the rest; its connections close with the context.

    Raise OidcKeyError. Our own identity is looked for when it is needed.
    """
    oidc = _oidc_of(settings, clock)
    address = settings.google_address
    async with (
        open_google_calls() as calls,
        open_google_identity(settings.google_key_file, clock) as identity,
    ):
        tokens = GoogleTokens(calls, identity, address, clock, oidc=oidc)
        signatures = GoogleSignatures(calls, tokens)
        questions = BucketQuestions(calls)
        accounts = OrganizationServiceAccounts(
            calls,
            identity,
            address,
            project=settings.google_project,
            principal=settings.google_service_account,
        )
        issuer = GcsIssuer(
            tokens,
            signatures,
            questions,
            accounts,
            clock,
            storage_endpoint=address.storage,
        )
        access = GcsAccess(
            issuer,
            tokens,
            signatures,
            GcsRights(tokens, questions),
            probes,
            egress=egress,
            oidc_issuer=None if oidc is None else oidc.url,
        )
        yield GoogleCloud(issuer, accounts, access, oidc)


def _oidc_of(settings: GoogleSettings, clock: Clock) -> OidcIssuer | None:
    if settings.oidc_issuer is None or settings.oidc_key_file is None:
        return None
    return OidcIssuer.read(settings.oidc_issuer, settings.oidc_key_file, clock)
