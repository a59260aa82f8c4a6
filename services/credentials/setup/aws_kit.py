"""The setup kit for S3: everything that the customer pastes on their side, filled in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.credentials.arns import KeyArn, PrincipalArn
from services.credentials.issuers.base import (
    AccessKey,
    AwsIdentity,
    CustomerRole,
    OrganizationRole,
)
from services.credentials.setup.aws_script import (
    bucket_policy_part,
    by_hand_part,
    cors_part,
    keys_part,
    merging_part,
    role_part,
)
from services.credentials.setup.aws_terraform import (
    aws_cors_block,
    bucket_policy_block,
    keys_block,
    resource_name,
    role_block,
    user_block,
)
from services.credentials.setup.cloudformation import StackValues, make_template, quick_create_url
from services.credentials.setup.cors import cors_rules
from services.credentials.setup.kms import kms_statements
from services.credentials.setup.limits import require_fit
from services.credentials.setup.policies import (
    STORE_PARTITION,
    WISHED_SESSION,
    Document,
    RolePolicies,
    add_statement,
    bucket_policy,
    escape_pattern,
    is_latin,
    permission_policy,
    policy,
    trust_policy,
)
from services.credentials.setup.script import write_script
from services.credentials.setup.stores import AWS, CorsForm, StoreProfile
from shared.errors import CloudIdentityError, InvalidInputError
from shared.uris import BucketUri


@dataclass(frozen=True, slots=True)
class AwsKit:
    """The documents that a method needs, None for those that it does not.

    `advice` says what no document holds: how the store that keys are of takes rights and CORS, or
    why there are documents missing. `kms_role_statement` is in the permission policy already.
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
    kms_role_statement: Document | None = None
    kms_key_policy_statement: Document | None = None
    cors: Document | None = None
    terraform: str | None = None
    cloudformation: Document | None = None
    quick_create_url: str | None = None


_SCRIPT_ONLY = (
    "Terraform and CloudFormation cannot write a policy with this prefix, which holds characters"
    " beyond Latin-1: run the script, or paste the documents."
)


@dataclass(frozen=True, slots=True)
class StackLinks:
    """Where quick-create links lead: to the operator's template, in the console of a region."""

    template_url: str
    region: str


def make_aws_kit(
    identity: AwsIdentity,
    uri: BucketUri,
    origins: Sequence[str],
    principal: PrincipalArn | None,
    *,
    keys: Sequence[KeyArn] = (),
    store: StoreProfile = AWS,
    links: StackLinks | None = None,
) -> AwsKit:
    """Return the kit for one location of a credential, whose keys are of this kind of store.

    `keys` are the KMS keys of its objects. Raise CloudIdentityError where Mooring has no identity
    to trust, SetupTooLargeError, and InvalidInputError for keys that cannot be the bucket's.
    """
    place = _Place(uri, tuple(origins), tuple(dict.fromkeys(keys)))
    match identity:
        case CustomerRole():
            return _for_customer_role(identity, place, principal, links)
        case OrganizationRole():
            return _for_organization_role(identity, place)
        case AccessKey():
            return _for_access_key(identity, place, store)


@dataclass(frozen=True, slots=True)
class _Place:
    """The location that a kit is for, with the origins that show its files and its KMS keys."""

    uri: BucketUri
    origins: tuple[str, ...]
    keys: tuple[KeyArn, ...]

    @property
    def policy_name(self) -> str:
        """A name for the location's inline policy, so that a role can serve several."""
        return f"mooring-{hashlib.sha256(str(self.uri).encode()).hexdigest()[:16]}"

    @property
    def resource(self) -> str:
        return resource_name(str(self.uri))

    @property
    def cors(self) -> Document | None:
        return require_fit("cors", cors_rules(self.origins)) if self.origins else None

    def kms(self, partition: str, principal_arn: str | None) -> dict[str, Document]:
        """Return the statements for the keys, none where there are no keys."""
        if not self.keys:
            return {}
        bucket, prefix = self.uri.bucket, self.uri.prefix
        return kms_statements(self.keys, bucket, prefix, principal_arn, partition=partition)

    def permission(self, reading: Document, kms: Mapping[str, Document]) -> Document:
        """Return what the role or user must be allowed: `reading`, and to decrypt."""
        document = reading
        if "kms_role_statement" in kms:
            document = add_statement(document, kms["kms_role_statement"])
        return require_fit("permission_policy", document)

    def script(self, *parts: str, endpoint: str | None = None) -> str:
        """Return the script with the parts that give rights, and then that for CORS."""
        cors = [] if self.cors is None else [cors_part(self.cors, self.origins, endpoint)]
        changes = [*parts, *cors]
        return write_script(self.uri.bucket, *([merging_part()] if changes else []), *changes)

    def terraform(self, *blocks: str) -> str | None:
        """Return the blocks and that for CORS; None where Terraform would change the prefix."""
        if not is_latin(self.uri.prefix):
            return None
        cors = (
            [aws_cors_block(self.resource, self.uri.bucket, self.origins)] if self.origins else []
        )
        return "\n".join((*blocks, *cors))

    @property
    def script_only(self) -> str | None:
        return None if is_latin(self.uri.prefix) else _SCRIPT_ONLY


def _for_customer_role(
    role: CustomerRole, place: _Place, principal: PrincipalArn | None, links: StackLinks | None
) -> AwsKit:
    if principal is None:
        raise CloudIdentityError(
            "Mooring has no AWS identity: the operator must set MOORING_AWS_PRINCIPAL_ARN."
        )
    partition, role_arn = role.role_arn.partition, str(role.role_arn)
    kms = place.kms(partition, role_arn)
    policies = RolePolicies(
        role.role_arn,
        role.external_id,
        trust_policy(str(principal), role.external_id),
        place.policy_name,
        place.permission(permission_policy(partition, place.uri.bucket, place.uri.prefix), kms),
    )
    key_policy = kms.get("kms_key_policy_statement")
    stack = _stack(role, place, principal)
    return AwsKit(
        script=place.script(role_part(policies), *_keys_part(place, key_policy, role_arn)),
        advice=place.script_only,
        principal_arn=str(principal),
        role_arn=role_arn,
        external_id=role.external_id,
        max_session_duration=WISHED_SESSION,
        trust_policy=policies.trust,
        permission_policy=policies.permission,
        cors=place.cors,
        terraform=place.terraform(
            role_block(place.resource, policies), *_keys_block(place, key_policy)
        ),
        cloudformation=None if stack is None else make_template(stack),
        quick_create_url=(
            None
            if stack is None or links is None
            else quick_create_url(links.template_url, links.region, stack)
        ),
        kms_role_statement=kms.get("kms_role_statement"),
        kms_key_policy_statement=key_policy,
    )


def _stack(role: CustomerRole, place: _Place, principal: PrincipalArn) -> StackValues | None:
    """Return what a stack is filled with, None for what CloudFormation does not take as it is."""
    values = StackValues(
        principal_arn=str(principal),
        external_id=role.external_id,
        role_arn=role.role_arn,
        policy_name=place.policy_name,
        bucket=place.uri.bucket,
        prefix=place.uri.prefix,
        key_arns=tuple(str(key) for key in place.keys),
    )
    return values if values.fit else None


def _for_organization_role(role: OrganizationRole, place: _Place) -> AwsKit:
    """Our role may decrypt already: with whichever keys of other accounts let it."""
    partition, role_arn = role.role_arn.partition, str(role.role_arn)
    bucket, prefix = place.uri.bucket, place.uri.prefix
    grant = require_fit("bucket_policy", bucket_policy(partition, bucket, prefix, role_arn))
    key_policy = place.kms(partition, role_arn).get("kms_key_policy_statement")
    part = bucket_policy_part(
        grant, role_arn, f"arn:{partition}:s3:::{bucket}/{escape_pattern(prefix)}*"
    )
    return AwsKit(
        script=place.script(part, *_keys_part(place, key_policy, role_arn)),
        advice=place.script_only,
        role_arn=role_arn,
        bucket_policy=grant,
        kms_key_policy_statement=key_policy,
        cors=place.cors,
        terraform=place.terraform(
            bucket_policy_block(place.resource, bucket, grant), *_keys_block(place, key_policy)
        ),
    )


def _for_access_key(key: AccessKey, place: _Place, store: StoreProfile) -> AwsKit:
    """The store's own tools give the user of the key its rights; the script cannot."""
    bucket, origins = place.uri.bucket, place.origins
    if place.keys and not store.has_kms:
        raise InvalidInputError("This store has no KMS keys.", field="kms_key_arn")
    rights, cors = store.advise_rights(bucket), store.advise_cors(bucket, origins)
    permission, kms = store.policy(bucket, place.uri.prefix), place.kms(STORE_PARTITION, None)
    if permission is not None:
        permission = place.permission(permission, kms)
    terraform = None
    if store is AWS and permission is not None:
        terraform = place.terraform(user_block(place.resource, place.policy_name, permission))
    takes_rule = not origins or store.cors_form is CorsForm.S3
    return AwsKit(
        script=(
            place.script(endpoint=key.endpoint)
            if takes_rule
            else write_script(bucket, by_hand_part(cors))
        ),
        advice=f"{rights} {cors}" if origins else rights,
        permission_policy=permission,
        cors=store.cors(origins) if origins else None,
        terraform=terraform,
        kms_role_statement=kms.get("kms_role_statement"),
    )


def _keys_part(place: _Place, key_policy: Document | None, principal_arn: str) -> list[str]:
    if key_policy is None:
        return []
    return [keys_part(policy(key_policy), place.keys, principal_arn)]


def _keys_block(place: _Place, key_policy: Document | None) -> list[str]:
    if key_policy is None:
        return []
    return [keys_block(place.resource, place.keys, policy(key_policy))]
