"""Tokens of Entra for Azure Storage: as our application in a customer's tenant, or as theirs."""

from typing import Any

from azure.core.exceptions import AzureError
from azure.identity.aio import CertificateCredential, ClientSecretCredential
from pydantic import SecretStr

from services.credentials.issuers.azure_application import AzureAddress, AzureApplication
from services.credentials.issuers.base import ConsentedTenant, ServicePrincipal
from services.credentials.issuers.entra_refusals import EntraRefusedError, entra_error
from shared.errors import CloudIdentityError

SCOPE = "https://storage.azure.com/.default"
"""The same in all clouds: "Authorize access to blobs using Microsoft Entra ID", Azure Storage."""

CONNECT_SECONDS = 5
READ_SECONDS = 10
RETRIES = 1  # a check may wait ten seconds

NO_APPLICATION = (
    "Mooring has no application at Entra: the operator must set MOORING_AZURE_CLIENT_ID."
)


class EntraTokens:
    """Get tokens, each from its own tenant and no other.

    None is kept: a lease lasts for hours, and a report must notice at once that a consent was
    removed. So no organization gets a token by naming a client whose secret it does not have.
    """

    def __init__(self, application: AzureApplication | None, address: AzureAddress) -> None:
        self._application = application
        self._address = address

    async def get(self, identity: ConsentedTenant | ServicePrincipal) -> SecretStr:
        """Return a token for Azure Storage.

        Raise EntraRefusedError, CloudIdentityError, StorageThrottledError or
        StorageUnavailableError.
        """
        async with self._credential(identity) as credential:
            try:
                token = await credential.get_token(SCOPE)
            except AzureError as error:
                raise entra_error(error, identity) from error
        return SecretStr(token.token)

    def _credential(
        self, identity: ConsentedTenant | ServicePrincipal
    ) -> ClientSecretCredential | CertificateCredential:
        if isinstance(identity, ServicePrincipal):
            return self._open(identity, str(identity.client_id), identity.secret)
        if self._application is None:
            raise CloudIdentityError(NO_APPLICATION)
        return self._open(identity, str(self._application.client_id), self._application.secret)

    def _open(
        self, identity: ConsentedTenant | ServicePrincipal, client_id: str, secret: SecretStr
    ) -> ClientSecretCredential | CertificateCredential:
        ca_file = self._address.ca_file
        options: dict[str, Any] = {
            "authority": self._address.authority_of(identity.endpoint_suffix),
            "connection_verify": True if ca_file is None else str(ca_file),
            "connection_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retry_total": RETRIES,
        }
        tenant_id, opened = str(identity.tenant_id), secret.get_secret_value()
        if not is_certificate(secret):
            return ClientSecretCredential(tenant_id, client_id, opened, **options)
        try:
            return CertificateCredential(
                tenant_id, client_id, certificate_data=opened.encode(), **options
            )
        except ValueError as error:
            if isinstance(identity, ConsentedTenant):
                raise CloudIdentityError(
                    "The certificate of Mooring's application cannot be read."
                ) from error
            raise EntraRefusedError(
                "The certificate of the service principal cannot be read.",
                advice="Rotate the credential to a certificate with its RSA key, both as PEM.",
                aadsts=None,
            ) from error


def is_certificate(secret: SecretStr) -> bool:
    """Tell a certificate as PEM from a client secret."""
    return secret.get_secret_value().lstrip().startswith("-----BEGIN")
