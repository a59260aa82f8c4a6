"""The vault's settings for Google Cloud, and for the OIDC issuer that its customers trust."""

from pathlib import Path

from pydantic import field_validator, model_validator

from services.credentials.google_names import is_service_account
from services.credentials.issuers.google_calls import GoogleAddress
from shared.settings import ServiceSettings


class GoogleSettings(ServiceSettings):
    """Hold who the vault is on Google Cloud. Keys that customers give work without any of it."""

    google_project: str | None = None
    """The id of our project, where organizations get service accounts (`service_account_grant`)."""

    google_service_account: str | None = None
    """Our own service account, which is let act as those. Unset: the operator has let it."""

    google_key_file: Path | None = None
    """Its key. Unset: Google's libraries find credentials (environment, `gcloud`, machine)."""

    oidc_issuer: str | None = None
    """Where clouds on the internet find the vault's `/.well-known/` (`workload_identity`)."""

    oidc_key_file: Path | None = None
    """RSA keys in PEM that sign our tokens: the first signs, the others are published too."""

    gcs_endpoint: str | None = None
    google_endpoint: str | None = None
    """Stand-ins for Cloud Storage, and for Google's services of identity."""

    @property
    def google_address(self) -> GoogleAddress:
        """Return where Google's services are."""
        place = self.google_endpoint
        if place is None:
            return GoogleAddress(self.gcs_endpoint)
        return GoogleAddress(self.gcs_endpoint, place, place, place, place)

    @field_validator("google_service_account")
    @classmethod
    def _is_service_account(cls, value: str | None) -> str | None:
        if value is not None and not is_service_account(value):
            raise ValueError("It is not the address of a service account.")
        return value

    @model_validator(mode="after")
    def _has_issuer_and_keys(self) -> "GoogleSettings":
        if (self.oidc_issuer is None) != (self.oidc_key_file is None):
            raise ValueError("Set both OIDC_ISSUER and OIDC_KEY_FILE, or neither.")
        return self
