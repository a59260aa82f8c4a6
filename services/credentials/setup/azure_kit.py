"""The setup kit for Azure: what the customer runs, or clicks, so that a credential works."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.credentials.azure_clouds import cloud_of
from services.credentials.issuers.azure_application import AzureApplication
from services.credentials.issuers.base import (
    AccountKey,
    AzureIdentity,
    ConsentedTenant,
    CustomerSas,
    ServicePrincipal,
)
from services.credentials.issuers.entra import NO_APPLICATION
from services.credentials.setup.azure_cors import cors_properties
from services.credentials.setup.azure_roles import (
    DELEGATOR,
    PROPAGATION,
    READER,
    assignments_document,
    assignments_for,
)
from services.credentials.setup.azure_script import (
    azure_cors_part,
    roles_part,
    write_azure_script,
)
from services.credentials.setup.azure_terraform import write_terraform, write_terraform_cors
from services.credentials.setup.cors import (
    EXPOSED_HEADERS,
    MAX_AGE_SECONDS,
    METHODS,
    REQUEST_HEADERS,
)
from services.credentials.setup.policies import Document
from shared.errors import CloudIdentityError
from shared.uris import BucketUri

CONSENT_ADVICE = (
    "Let an administrator of the tenant open the URL of GET /v1/azure/consent-url first; then it"
    " can take a while."
)
_OWN_ADVICE = "Make one: az ad sp create --id with the client id."


@dataclass(frozen=True, slots=True)
class AzureKit:
    """The documents that a method needs, None for those that it does not.

    `client_id` is the application whose service principal gets the roles. `steps` do the same as
    the script in the Azure portal.
    """

    script: str
    steps: tuple[str, ...]
    client_id: str | None = None
    tenant_id: str | None = None
    role_assignments: Document | None = None
    cors: Document | None = None
    terraform: str | None = None
    terraform_cors: str | None = None


def make_azure_kit(
    identity: AzureIdentity,
    uri: BucketUri,
    origins: Sequence[str],
    application: AzureApplication | None,
) -> AzureKit:
    """Return the kit for one location of a credential. Raise CloudIdentityError."""
    account, _, container = uri.bucket.partition("/")
    cloud = cloud_of(identity.endpoint_suffix)
    cors_parts = [azure_cors_part(account, origins)] if origins else []
    cors_steps = _cors_steps(account, origins) if origins else ()
    cors = cors_properties(origins) if origins else None
    terraform_cors = write_terraform_cors(origins) if origins else None
    match identity:
        case ConsentedTenant() | ServicePrincipal():
            client_id, advice = _principal(identity, application)
            assignments = assignments_for(container)
            part = roles_part(identity.tenant_id, client_id, assignments, advice=advice)
            first = (CONSENT_ADVICE,) if isinstance(identity, ConsentedTenant) else ()
            return AzureKit(
                script=write_azure_script(account, cloud, part, *cors_parts),
                steps=(*first, *_role_steps(account, container, str(client_id)), *cors_steps),
                client_id=str(client_id),
                tenant_id=str(identity.tenant_id),
                role_assignments=assignments_document(account, container, str(client_id)),
                cors=cors,
                terraform=write_terraform(account, client_id, assignments),
                terraform_cors=terraform_cors,
            )
        case AccountKey():
            steps: tuple[str, ...] = (_KEY_STEP.format(account=account),)
        case CustomerSas():
            steps = (_SAS_STEP.format(container=container),)
        case _:
            assert_never(identity)
    return AzureKit(
        script=write_azure_script(account, cloud, *cors_parts),
        steps=(*steps, *cors_steps),
        cors=cors,
        terraform_cors=terraform_cors,
    )


_KEY_STEP = (
    "Under Settings, Configuration of the storage account {account}, allow storage account key"
    " access."
)
_SAS_STEP = (
    "For the container {container}, generate a shared access token with the permissions Read and"
    " List, for HTTPS only, that expires no sooner than you want to renew it."
)


def _principal(
    identity: ConsentedTenant | ServicePrincipal, application: AzureApplication | None
) -> tuple[UUID, str]:
    if isinstance(identity, ServicePrincipal):
        return identity.client_id, _OWN_ADVICE
    if application is None:
        raise CloudIdentityError(NO_APPLICATION)
    return application.client_id, CONSENT_ADVICE


def _role_steps(account: str, container: str, client_id: str) -> tuple[str, ...]:
    return (
        f"Open the storage account {account}, then Access Control (IAM), Add role assignment.",
        (
            f"Choose {DELEGATOR}, and as its member the application {client_id}. It must be"
            " assigned at the storage account: at the container it does nothing."
        ),
        f"Open the container {container}, then Access Control (IAM), Add role assignment.",
        f"Choose {READER}, and as its member the same application.",
        PROPAGATION,
    )


def _cors_steps(account: str, origins: Sequence[str]) -> tuple[str, ...]:
    return (
        f"Open the storage account {account}, then Resource sharing (CORS), Blob service.",
        (
            f"Add a rule: allowed origins {','.join(origins)}; allowed methods {','.join(METHODS)};"
            f" allowed headers {','.join(REQUEST_HEADERS)}; exposed headers"
            f" {','.join(EXPOSED_HEADERS)}; max age {MAX_AGE_SECONDS}. Where there are five rules,"
            " add the origins to one of them."
        ),
    )
