"""Mooring's own application at Entra, and where Entra and the storage accounts are."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pydantic import SecretStr

from services.credentials.azure_clouds import PUBLIC_SUFFIX, cloud_of


@dataclass(frozen=True, slots=True)
class AzureApplication:
    """The multi-tenant application that customers' administrators consent to.

    `secret` is a client secret, or a certificate with its RSA key as PEM, which is better. Under
    `redirect_base`, as in `https://vault.example`, browsers reach the vault; the application must
    have both redirect URIs below it. So that an id token tells administrators from others, its
    manifest must have `"groupMembershipClaims": "DirectoryRole"`.
    """

    client_id: UUID
    secret: SecretStr
    redirect_base: str
    endpoint_suffix: str = PUBLIC_SUFFIX

    @property
    def consent_redirect(self) -> str:
        return f"{self.redirect_base}/v1/azure/consent-callback"

    @property
    def sign_in_redirect(self) -> str:
        return f"{self.redirect_base}/v1/azure/signed-in"


@dataclass(frozen=True, slots=True)
class AzureAddress:
    """Stand-ins for Azure's own places, None for those. Both are https URLs without a path.

    Accounts are paths below `blob_endpoint`, as at Azurite. `ca_file` vouches for both.
    """

    authority: str | None = None
    blob_endpoint: str | None = None
    ca_file: Path | None = None

    def authority_of(self, endpoint_suffix: str) -> str:
        """Return where the tenants of a cloud sign in, without a slash at the end."""
        return self.authority or cloud_of(endpoint_suffix).authority
