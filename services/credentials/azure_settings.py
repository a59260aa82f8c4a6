"""The vault's settings for Azure: our application, which customers' administrators consent to."""

from pathlib import Path
from uuid import UUID

from pydantic import SecretStr, field_validator, model_validator

from services.credentials.azure_clouds import PUBLIC_SUFFIX, EndpointSuffix
from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from shared.settings import ServiceSettings


class AzureSettings(ServiceSettings):
    """Hold who the vault is on Azure. What customers give of their own works without any of it."""

    azure_client_id: UUID | None = None
    """Our multi-tenant application (`tenant_consent`)."""

    azure_client_secret: SecretStr | None = None
    azure_certificate_file: Path | None = None
    """A secret of the application, or better a certificate with its RSA key, as PEM."""

    azure_redirect_base: str | None = None
    """Where administrators' browsers reach the vault: `https://vault.example`."""

    azure_endpoint_suffix: EndpointSuffix = PUBLIC_SUFFIX
    """The cloud that the application is registered in."""

    azure_authority: str | None = None
    azure_blob_endpoint: str | None = None
    azure_ca_file: Path | None = None
    """Stand-ins for Entra and for storage accounts, and the certificates that vouch for them."""

    @property
    def azure_application(self) -> AzureApplication | None:
        """Return our application, None where there is none; read its certificate."""
        if self.azure_client_id is None or self.azure_redirect_base is None:
            return None
        secret = self.azure_client_secret
        if self.azure_certificate_file is not None:
            secret = SecretStr(self.azure_certificate_file.read_text())
        assert secret is not None  # noqa: S101 (validated)
        return AzureApplication(
            self.azure_client_id, secret, self.azure_redirect_base, self.azure_endpoint_suffix
        )

    @property
    def azure_address(self) -> AzureAddress:
        """Return where Azure is."""
        return AzureAddress(self.azure_authority, self.azure_blob_endpoint, self.azure_ca_file)

    @field_validator("azure_redirect_base")
    @classmethod
    def _is_https(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("https://"):
            raise ValueError("Entra leads browsers back to https:// addresses only.")
        return None if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _has_a_whole_application(self) -> "AzureSettings":
        secrets = (self.azure_client_secret, self.azure_certificate_file)
        given = sum(secret is not None for secret in secrets)
        whole = self.azure_client_id and self.azure_redirect_base and given == 1
        none = not self.azure_client_id and not self.azure_redirect_base and not given
        if not whole and not none:
            raise ValueError(
                "Set AZURE_CLIENT_ID, AZURE_REDIRECT_BASE and either AZURE_CLIENT_SECRET or "
                "AZURE_CERTIFICATE_FILE, or none of them."
            )
        return self
