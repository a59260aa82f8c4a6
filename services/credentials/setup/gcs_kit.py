"""Setup kits for Google Cloud: everything that the customer pastes, filled with their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.credentials.google_names import parse_provider, parse_service_account
from services.credentials.issuers.base import FederatedServiceAccount, GcsIdentity, HmacKey
from services.credentials.oidc import no_issuer
from services.credentials.setup.gcs_policies import (
    ATTRIBUTE_MAPPING,
    IMPERSONATOR_ROLE,
    bucket_binding,
    bucket_condition,
    gcs_cors_rules,
    subject_condition,
    subject_principal,
)
from services.credentials.setup.gcs_script import (
    bucket_part,
    federation_part,
    gcs_cors_part,
    hmac_part,
    service_account_part,
    tools_part,
)
from services.credentials.setup.gcs_terraform import (
    bucket_block,
    cors_block,
    federation_block,
    member_of,
    member_of_variable,
    resource_name,
    service_account_variable,
)
from services.credentials.setup.policies import Document
from services.credentials.setup.script import write_script
from shared.uris import BucketUri


@dataclass(frozen=True, slots=True)
class GcsKit:
    """The documents that a method needs, None for those that it does not.

    `service_account` is whom the bucket must let in, where we know it.
    """

    script: str
    terraform: str
    service_account: str | None = None
    bucket_binding: Document | None = None
    workload_provider: Document | None = None
    service_account_binding: Document | None = None
    cors: Document | None = None


def make_gcs_kit(
    identity: GcsIdentity,
    uri: BucketUri,
    origins: Sequence[str],
    *,
    org_id: UUID,
    issuer: str | None,
) -> GcsKit:
    """Return the kit for one location of a credential.

    `issuer` is the address of our OIDC issuer. Raise CloudIdentityError where a method needs one
    and there is none.
    """
    if isinstance(identity, HmacKey):
        return _for_hmac_key(identity, uri, origins)
    if isinstance(identity, FederatedServiceAccount):
        if issuer is None:
            raise no_issuer()
        return _for_federated(identity, uri, origins, org_id, issuer)
    return _for_service_account(identity.email, uri, origins)


def provider_document(identity: FederatedServiceAccount, org_id: UUID, issuer: str) -> Document:
    """Return the provider as the IAM API shows it."""
    return {
        "name": identity.provider,
        "attributeMapping": {**ATTRIBUTE_MAPPING},
        "attributeCondition": subject_condition(org_id),
        "oidc": {"issuerUri": issuer},
    }


def impersonator_binding(identity: FederatedServiceAccount, org_id: UUID) -> Document:
    """Return the binding that the customer's service account must hold."""
    pool = parse_provider(identity.provider).pool_path
    return {"role": IMPERSONATOR_ROLE, "members": [subject_principal(pool, org_id)]}


def _for_service_account(email: str, uri: BucketUri, origins: Sequence[str]) -> GcsKit:
    name = resource_name(str(uri))
    condition = bucket_condition(uri.bucket, uri.prefix)
    return GcsKit(
        script=_script(uri, origins, service_account_part(email)),
        terraform=_terraform(
            bucket_block(name, uri.bucket, member_of(email), condition), _cors_block(uri, origins)
        ),
        service_account=email,
        bucket_binding=bucket_binding(uri.bucket, uri.prefix, email),
        cors=_cors(origins),
    )


def _for_federated(
    identity: FederatedServiceAccount,
    uri: BucketUri,
    origins: Sequence[str],
    org_id: UUID,
    issuer: str,
) -> GcsKit:
    email = parse_service_account(identity.email)
    provider = parse_provider(identity.provider)
    made = resource_name(str(provider))
    condition = bucket_condition(uri.bucket, uri.prefix)
    member = f"google_service_account.{made}.member"
    return GcsKit(
        script=_script(uri, origins, federation_part(email, provider, issuer, org_id)),
        terraform=_terraform(
            federation_block(email, provider, issuer, org_id),
            bucket_block(resource_name(str(uri)), uri.bucket, member, condition),
            _cors_block(uri, origins),
        ),
        service_account=identity.email,
        bucket_binding=bucket_binding(uri.bucket, uri.prefix, identity.email),
        workload_provider=provider_document(identity, org_id, issuer),
        service_account_binding=impersonator_binding(identity, org_id),
        cors=_cors(origins),
    )


def _for_hmac_key(key: HmacKey, uri: BucketUri, origins: Sequence[str]) -> GcsKit:
    """The key tells no service account: the customer's side is asked for it."""
    name = resource_name(str(uri))
    condition = bucket_condition(uri.bucket, uri.prefix)
    return GcsKit(
        script=_script(uri, origins, hmac_part(key.access_id)),
        terraform=_terraform(
            service_account_variable(name),
            bucket_block(name, uri.bucket, member_of_variable(name), condition),
            _cors_block(uri, origins),
        ),
        cors=_cors(origins),
    )


def _script(uri: BucketUri, origins: Sequence[str], identity_part: str) -> str:
    granting = bucket_part(bucket_condition(uri.bucket, uri.prefix))
    cors = [gcs_cors_part(gcs_cors_rules(origins), origins)] if origins else []
    return write_script(uri.bucket, tools_part(), identity_part, granting, *cors)


def _terraform(*blocks: str | None) -> str:
    return "\n".join(block for block in blocks if block is not None)


def _cors(origins: Sequence[str]) -> Document | None:
    return gcs_cors_rules(origins) if origins else None


def _cors_block(uri: BucketUri, origins: Sequence[str]) -> str | None:
    return cors_block(resource_name(str(uri)), origins) if origins else None
