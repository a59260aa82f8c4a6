"""ARNs of IAM roles and users and of KMS keys, read strictly."""

import re
from dataclasses import dataclass

from shared.errors import InvalidInputError

LONGEST_PATH = 512  # IAM User Guide, "IAM and AWS STS quotas"

_ROLE = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):iam::(?P<account>[0-9]{12}):role"
    r"(?P<path>/(?:[!-.0-~]+/)*)(?P<name>[A-Za-z0-9+=,.@_-]{1,64})"
)
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):iam::(?P<account>[0-9]{12}):(?P<kind>user|role)"
    r"(?P<path>/(?:[!-.0-~]+/)*)[A-Za-z0-9+=,.@_-]{1,64}"
)
# "Key ARN", KMS Developer Guide: a UUID, or mrk- and 32 digits for a key of several regions.
_KEY = re.compile(
    r"arn:(?P<partition>aws|aws-cn|aws-us-gov):kms:(?P<region>[a-z0-9-]{1,63})"
    r":(?P<account>[0-9]{12}):key/(?P<key_id>[A-Za-z0-9-]{1,64})"
)


@dataclass(frozen=True, slots=True)
class RoleArn:
    """Name an IAM role. `path` begins and ends in a slash."""

    partition: str
    account: str
    path: str
    name: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class PrincipalArn:
    """Name the IAM user or role that Mooring is."""

    text: str
    partition: str
    account: str
    is_role: bool

    def __str__(self) -> str:
        return self.text

    def is_session(self, caller_arn: str) -> bool:
        """Say whether this is who GetCallerIdentity calls `caller_arn`, which leaves out paths."""
        if not self.is_role:
            return caller_arn == self.text
        name = self.text.rpartition("/")[2]
        session = f"arn:{self.partition}:sts::{self.account}:assumed-role/{name}/"
        return caller_arn.startswith(session)


@dataclass(frozen=True, slots=True)
class KeyArn:
    """Name a KMS key."""

    partition: str
    region: str
    account: str
    key_id: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"


def parse_role_arn(text: str) -> RoleArn:
    """Read a role's ARN, or raise InvalidInputError (field `role_arn`)."""
    match = _ROLE.fullmatch(text)
    if match is None or len(match["path"]) > LONGEST_PATH:
        raise InvalidInputError(
            "A role's ARN looks like arn:aws:iam::123456789012:role/path/name.", field="role_arn"
        )
    return RoleArn(match["partition"], match["account"], match["path"], match["name"])


def parse_principal_arn(text: str) -> PrincipalArn:
    """Read the ARN of the IAM user or role that we are, or raise ValueError."""
    match = _PRINCIPAL.fullmatch(text)
    if match is None or len(match["path"]) > LONGEST_PATH:
        raise ValueError("Our principal is arn:aws:iam::123456789012:user/name or …:role/name.")
    return PrincipalArn(text, match["partition"], match["account"], match["kind"] == "role")


def parse_key_arn(text: str) -> KeyArn:
    """Read a KMS key's ARN, or raise InvalidInputError (field `kms_key_arn`).

    An alias is none: a policy that names one as its resource allows nothing with the key
    ("Using aliases to control access to KMS keys", KMS Developer Guide).
    """
    match = _KEY.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            "A KMS key's ARN looks like arn:aws:kms:eu-central-1:123456789012:key/… and is not"
            " that of an alias.",
            field="kms_key_arn",
        )
    return KeyArn(match["partition"], match["region"], match["account"], match["key_id"])
