"""Identities at rest: which columns of a storage credential hold one, and what of it is sealed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import SecretStr

from services.credentials.arns import parse_role_arn
from services.credentials.issuers.base import (
    AccessKey,
    AccountKey,
    ConsentedTenant,
    CustomerRole,
    CustomerSas,
    FederatedServiceAccount,
    HmacKey,
    Identity,
    OrganizationRole,
    OrganizationServiceAccount,
    ServiceAccountKey,
    ServicePrincipal,
)
from shared.database.storage_credentials import StorageCredential

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class StoredIdentity:
    """The method, the columns that are open, and the secret that is to be sealed, if any."""

    method: str
    columns: Mapping[str, object] = field(default_factory=dict)
    secret: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class _Form:
    """How a method's identity lies in a row: fields by column, and the field that is sealed."""

    kind: Callable[..., Identity]
    columns: Mapping[str, str]
    secret: str | None = None


_FORMS = {
    "access_key": _Form(
        AccessKey,
        {
            "access_key_id": "access_key_id",
            "endpoint": "endpoint",
            "region": "region",
            "path_style": "path_style",
        },
        "secret_access_key",
    ),
    "service_account_grant": _Form(OrganizationServiceAccount, {"service_account": "email"}),
    "workload_identity": _Form(
        FederatedServiceAccount, {"service_account": "email", "workload_provider": "provider"}
    ),
    "service_account_key": _Form(
        ServiceAccountKey, {"service_account": "email", "access_key_id": "key_id"}, "private_key"
    ),
    "hmac_key": _Form(HmacKey, {"access_key_id": "access_id"}, "secret"),
    "tenant_consent": _Form(
        ConsentedTenant, {"tenant_id": "tenant_id", "endpoint_suffix": "endpoint_suffix"}
    ),
    "service_principal": _Form(
        ServicePrincipal,
        {
            "tenant_id": "tenant_id",
            "client_id": "client_id",
            "endpoint_suffix": "endpoint_suffix",
        },
        "secret",
    ),
    "account_key": _Form(
        AccountKey, {"account": "account", "endpoint_suffix": "endpoint_suffix"}, "key"
    ),
    "sas_token": _Form(
        CustomerSas, {"account": "account", "endpoint_suffix": "endpoint_suffix"}, "token"
    ),
}
_METHODS = {form.kind: method for method, form in _FORMS.items()}


def store_identity(identity: Identity) -> StoredIdentity:
    """Say how an identity is kept."""
    if isinstance(identity, CustomerRole):
        columns = {"role_arn": str(identity.role_arn), "external_id": identity.external_id}
        return StoredIdentity("assume_role", columns)
    if isinstance(identity, OrganizationRole):
        return StoredIdentity("organization_role", {"role_arn": str(identity.role_arn)})
    method = _METHODS[type(identity)]
    form = _FORMS[method]
    return StoredIdentity(
        method,
        {column: getattr(identity, name) for column, name in form.columns.items()},
        None if form.secret is None else getattr(identity, form.secret),
    )


def load_identity(row: StorageCredential, secret: SecretStr | None) -> Identity:
    """Return the identity that a row and its opened secret hold."""
    if row.method == "assume_role":
        return CustomerRole(parse_role_arn(_set(row.role_arn)), _set(row.external_id))
    if row.method == "organization_role":
        # The organization's id as ExternalId: see OrganizationRoles.
        return OrganizationRole(parse_role_arn(_set(row.role_arn)), str(row.org_id))
    form = _FORMS[row.method]
    values = {name: _set(getattr(row, column)) for column, name in form.columns.items()}
    if form.secret is not None:
        values[form.secret] = _set(secret)
    return form.kind(**values)


def _set(value: ValueT | None) -> ValueT:
    """Return what the table's check constraints say is there."""
    if value is None:
        raise ValueError("A storage credential lacks a column that its method needs.")
    return value
