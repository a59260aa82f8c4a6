"""Bodies of Azure's storage credentials, consents and tenants."""

import base64
import binascii
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from pydantic import AwareDatetime, BaseModel, Field, SecretStr, StringConstraints

from services.credentials.azure_clouds import PUBLIC_SUFFIX, EndpointSuffix
from services.credentials.identities import StoredIdentity
from services.credentials.issuers.base import AccountKey, CustomerSas, ServicePrincipal
from services.credentials.issuers.entra import is_certificate
from services.credentials.sas_tokens import parse_sas
from services.credentials.schema_fields import Name, RequestBody
from shared.database.azure_tenants import AzureTenant
from shared.errors import InvalidInputError

ACCOUNT_KEY_BYTES = 64  # "Manage storage account access keys": 512 bits

TenantState: TypeAlias = Literal["bound", "pending", "approved"]

# As in shared.uris.
Account = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{3,24}$")]
ClientSecret = Annotated[SecretStr, Field(min_length=1, max_length=16_384)]
KeyText = Annotated[SecretStr, Field(min_length=1, max_length=200)]
SasText = Annotated[SecretStr, Field(min_length=1, max_length=4_096)]


class NewTenantConsentBody(RequestBody):
    """Use Mooring's application in a tenant that is bound to the organization.

    An administrator of the tenant opens the URL of `GET /v1/azure/consent-url` beforehand.
    """

    method: Literal["tenant_consent"]
    name: Name
    tenant_id: UUID


class NewServicePrincipalBody(RequestBody):
    """Give an application of the customer's own, with a secret, or a certificate and key as PEM."""

    method: Literal["service_principal"]
    name: Name
    tenant_id: UUID
    client_id: UUID
    client_secret: ClientSecret
    endpoint_suffix: EndpointSuffix = PUBLIC_SUFFIX

    @property
    def identity(self) -> ServicePrincipal:
        """Return the identity, or raise InvalidInputError for a certificate without an RSA key."""
        _check_certificate(self.client_secret)
        return ServicePrincipal(
            self.tenant_id, self.client_id, self.client_secret, self.endpoint_suffix
        )


class NewAccountKeyBody(RequestBody):
    """Give one of the two keys of a storage account. It is never shown again."""

    method: Literal["account_key"]
    name: Name
    account: Account
    key: KeyText
    endpoint_suffix: EndpointSuffix = PUBLIC_SUFFIX

    @property
    def identity(self) -> AccountKey:
        """Return the identity, or raise InvalidInputError for what is no key."""
        key = _check_key(self.key)
        return AccountKey(self.account, key, self.endpoint_suffix)


class NewSasTokenBody(RequestBody):
    """Give a shared access signature that lists and reads a container. Nothing signs URLs then.

    `sas` is the query, with or without its question mark, or the whole URL.
    """

    method: Literal["sas_token"]
    name: Name
    account: Account
    sas: SasText
    endpoint_suffix: EndpointSuffix = PUBLIC_SUFFIX

    @property
    def identity(self) -> CustomerSas:
        """Return the identity with the bare query, or raise InvalidInputError."""
        sas = parse_sas(self.sas, self.account)
        return CustomerSas(self.account, sas.query, self.endpoint_suffix)


class RotateServicePrincipalBody(RequestBody):
    """Give a new secret or certificate of the same application."""

    method: Literal["service_principal"]
    client_secret: ClientSecret

    @property
    def new(self) -> StoredIdentity:
        """Return the secret, or raise InvalidInputError for a certificate without an RSA key."""
        _check_certificate(self.client_secret)
        return StoredIdentity(self.method, secret=self.client_secret)


class RotateAccountKeyBody(RequestBody):
    """Give the other key of the same account, or a regenerated one."""

    method: Literal["account_key"]
    key: KeyText

    @property
    def new(self) -> StoredIdentity:
        """Return the key, or raise InvalidInputError for what is no key."""
        return StoredIdentity(self.method, secret=_check_key(self.key))


class RotateSasTokenBody(RequestBody):
    """Give a new signature for the same account."""

    method: Literal["sas_token"]
    sas: SasText

    def new_for(self, account: str) -> StoredIdentity:
        """Return the bare query for the credential's account, or raise InvalidInputError."""
        return StoredIdentity(self.method, secret=parse_sas(self.sas, account).query)


NewAzureCredentialBody: TypeAlias = (
    NewTenantConsentBody | NewServicePrincipalBody | NewAccountKeyBody | NewSasTokenBody
)
RotateAzureCredentialBody: TypeAlias = (
    RotateServicePrincipalBody | RotateAccountKeyBody | RotateSasTokenBody
)


class ConsentUrlBody(BaseModel):
    """Where an administrator of the tenant consents, once, until `expires_at`."""

    url: str
    expires_at: AwareDatetime


class AzureTenantBody(BaseModel):
    """A tenant that an administrator of it connected to the organization.

    `pending` ones belong to another organization as well and wait for the operator's approval.
    """

    tenant_id: UUID
    state: TenantState
    created_at: AwareDatetime
    approved_at: AwareDatetime | None

    @classmethod
    def of(cls, row: AzureTenant) -> Self:
        return cls.model_validate(row, from_attributes=True)


def _check_key(key: SecretStr) -> SecretStr:
    try:
        raw = base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != ACCOUNT_KEY_BYTES:
        raise InvalidInputError(
            "The key of a storage account is 64 bytes in base64, 88 characters.",
            field="key",
        )
    return key


def _check_certificate(secret: SecretStr) -> None:
    if not is_certificate(secret):
        return
    pem = secret.get_secret_value().encode()
    try:
        public_key = load_pem_x509_certificate(pem).public_key()
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInputError(
            "A certificate must come with its private key, unencrypted, both as PEM.",
            field="client_secret",
        ) from error
    if not isinstance(key, RSAPrivateKey) or public_key != key.public_key():
        raise InvalidInputError(
            "The private key must be RSA, and the one of the certificate.", field="client_secret"
        )
