"""The setup kit for S3: everything that the customer pastes on their side, filled in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.credentials.arns import PrincipalArn
from services.credentials.issuers.base import (
    AccessKey,
    AwsIdentity,
    CustomerRole,
    OrganizationRole,
)
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.policies import (
    Document,
    bucket_policy,
    escape_pattern,
    permission_policy,
    trust_policy,
)
from services.credentials.setup.script import (
    bucket_policy_part,
    by_hand_part,
    cors_part,
    role_part,
    write_script,
)
from services.credentials.setup.stores import AWS, CorsForm, StoreProfile
from shared.errors import CloudIdentityError
from shared.uris import BucketUri

WISHED_SESSION = timedelta(hours=12)  # the longest that a role may allow: presigned URLs live by it


@dataclass(frozen=True, slots=True)
class AwsKit:
    """The documents that a method needs, None for those that it does not.

    `advice` says what no document holds: how the store that keys are of takes rights and CORS.
    """

    script: str
    advice: str | None = None
    principal_arn: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    max_session_duration: timedelta | None = None
    trust_policy: Document | None = None
    permission_policy: Document | None = None
    bucket_policy: Document | None = None
    cors: Document | None = None


def make_aws_kit(
    identity: AwsIdentity,
    uri: BucketUri,
    origins: Sequence[str],
    principal: PrincipalArn | None,
    *,
    store: StoreProfile = AWS,
) -> AwsKit:
    """Return the kit for one location of a credential, whose keys are of this kind of store."""
    match identity:
        case CustomerRole():
            return _for_customer_role(identity, uri, origins, principal)
        case OrganizationRole():
            return _for_organization_role(identity, uri, origins)
        case AccessKey():
            return _for_access_key(identity, uri, origins, store)


def _for_customer_role(
    role: CustomerRole, uri: BucketUri, origins: Sequence[str], principal: PrincipalArn | None
) -> AwsKit:
    if principal is None:
        raise CloudIdentityError(
            "Mooring has no AWS identity: the operator must set MOORING_AWS_PRINCIPAL_ARN."
        )
    trust = trust_policy(str(principal), role.external_id)
    permission = permission_policy(role.role_arn.partition, uri.bucket, uri.prefix)
    part = role_part(
        role.role_arn,
        _policy_name(uri),
        external_id=role.external_id,
        trust_policy=trust,
        permission_policy=permission,
        max_session_duration=int(WISHED_SESSION.total_seconds()),
    )
    return AwsKit(
        script=write_script(uri.bucket, part, *_cors_parts(origins, None)),
        principal_arn=str(principal),
        role_arn=str(role.role_arn),
        external_id=role.external_id,
        max_session_duration=WISHED_SESSION,
        trust_policy=trust,
        permission_policy=permission,
        cors=_cors(origins),
    )


def _for_organization_role(
    role: OrganizationRole, uri: BucketUri, origins: Sequence[str]
) -> AwsKit:
    role_arn = str(role.role_arn)
    grant = bucket_policy(role.role_arn.partition, uri.bucket, uri.prefix, role_arn)
    objects_arn = f"arn:{role.role_arn.partition}:s3:::{uri.bucket}/{escape_pattern(uri.prefix)}*"
    part = bucket_policy_part(grant, role_arn, objects_arn)
    return AwsKit(
        script=write_script(uri.bucket, part, *_cors_parts(origins, None)),
        role_arn=role_arn,
        bucket_policy=grant,
        cors=_cors(origins),
    )


def _for_access_key(
    key: AccessKey, uri: BucketUri, origins: Sequence[str], store: StoreProfile
) -> AwsKit:
    """The store's own tools give the user of the key its rights; the script cannot."""
    rights, cors = store.advise_rights(uri.bucket), store.advise_cors(uri.bucket, origins)
    parts = _cors_parts(origins, key.endpoint)
    if origins and store.cors_form is not CorsForm.S3:
        parts = [by_hand_part(cors)]
    return AwsKit(
        script=write_script(uri.bucket, *parts),
        advice=f"{rights} {cors}" if origins else rights,
        permission_policy=store.policy(uri.bucket, uri.prefix),
        cors=store.cors(origins) if origins else None,
    )


def _cors(origins: Sequence[str]) -> Document | None:
    return cors_rules(origins) if origins else None


def _cors_parts(origins: Sequence[str], endpoint: str | None) -> list[str]:
    return [cors_part(cors_rules(origins), origins, endpoint)] if origins else []


def _policy_name(uri: BucketUri) -> str:
    """Return a name for the location's inline policy, so that a role can serve several."""
    return f"mooring-{hashlib.sha256(str(uri).encode()).hexdigest()[:16]}"
