"""Policies: the exact IAM documents for a bucket and a prefix."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from pydantic import JsonValue

from services.credentials.arns import RoleArn

Document: TypeAlias = dict[str, JsonValue]
Escape: TypeAlias = Callable[[str], str]

VERSION = "2012-10-17"  # the policy language with variables, in which * ? $ can be escaped
LIST_ACTIONS = ("s3:ListBucket", "s3:ListBucketVersions")
READ_ACTIONS = ("s3:GetObject", "s3:GetObjectVersion")

WISHED_SESSION = timedelta(hours=12)
"""The longest session that a role may allow: presigned URLs live by it."""

STORE_PARTITION = "aws"  # stands in the ARNs of stores that are not AWS's, too

SID_DIGITS = 12  # of a hash: enough that no two of a document's statements share them

_ESCAPES = {"*": "${*}", "?": "${?}", "$": "${$}"}


@dataclass(frozen=True, slots=True)
class RolePolicies:
    """What makes a role one that Mooring reads with: whom it trusts, and what it is allowed."""

    role_arn: RoleArn
    external_id: str
    trust: Document
    name: str
    permission: Document


def escape_pattern(text: str) -> str:
    """Escape what IAM would read as a wildcard or a variable ("IAM policy variables")."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def is_latin(text: str) -> bool:
    """Say whether a policy may hold the text as it is, and not as JSON's escapes alone.

    IAM takes no other characters ("IAM and AWS STS quotas", "IAM name requirements"). Tools that
    read a document and write it anew, like Terraform and CloudFormation, undo the escapes; and of
    these characters none is ever normalized to another.
    """
    return all(" " <= character <= "~" or "\u00a0" <= character <= "\u00ff" for character in text)


def add_statement(document: Document, *statements: Document) -> Document:
    """Return a document with further statements at its end."""
    present = document["Statement"]
    assert isinstance(present, list)  # noqa: S101 (policy() made it)
    return {**document, "Statement": [*present, *statements]}


def policy(*statements: Document) -> Document:
    """Put statements into a document."""
    return {"Version": VERSION, "Statement": list(statements)}


def name_statement(name: str, about: str, statement: Document) -> Document:
    """Give a statement a Sid that only those `about` the same have.

    A document takes each Sid once ("IAM JSON policy elements: Sid", IAM User Guide), and customers
    put the statements for several locations into one.
    """
    digest = hashlib.sha256(about.encode()).hexdigest()
    return {"Sid": f"{name}{digest[:SID_DIGITS]}", **statement}


def list_statement(
    partition: str, bucket: str, prefix: str, *, escape: Escape = escape_pattern
) -> Document:
    """Allow to list keys that begin with the prefix, with their versions, and no others."""
    statement: Document = {
        "Effect": "Allow",
        "Action": list(LIST_ACTIONS),
        "Resource": f"arn:{partition}:s3:::{bucket}",
    }
    if prefix:
        pattern = f"{escape(prefix)}*"
        statement["Condition"] = {"StringLike": {"s3:prefix": pattern}}
    return statement


def read_statement(
    partition: str, bucket: str, prefix: str, *, escape: Escape = escape_pattern
) -> Document:
    """Allow to read the objects below the prefix, and versions of them."""
    return {
        "Effect": "Allow",
        "Action": list(READ_ACTIONS),
        "Resource": f"arn:{partition}:s3:::{bucket}/{escape(prefix)}*",
    }


def decrypt_statement(partition: str, condition: Mapping[str, JsonValue] = {}) -> Document:
    """Allow S3 to decrypt objects with KMS keys for whoever reads them, and nobody else.

    Which keys, the key's own policy or the role's says; this only lets that permission through,
    where a further `condition` holds.
    """
    return {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {
            "StringLike": {"kms:ViaService": f"s3.*.{dns_suffix(partition)}"},
            **condition,
        },
    }


def permission_policy(
    partition: str, bucket: str, prefix: str, *, escape: Escape = escape_pattern
) -> Document:
    """Return what the customer's role (or user) must be allowed: list and read the prefix.

    `escape` is how the store has what it reads as a wildcard or a variable.
    """
    place = f"{bucket}/{prefix}"
    lists = list_statement(partition, bucket, prefix, escape=escape)
    reads = read_statement(partition, bucket, prefix, escape=escape)
    return policy(
        name_statement("MooringLists", place, lists), name_statement("MooringReads", place, reads)
    )


def bucket_policy(partition: str, bucket: str, prefix: str, principal_arn: str) -> Document:
    """Return the policy with which a bucket lets our role of the organization in."""
    grant = f"{principal_arn} {bucket}/{prefix}"
    principal: Document = {"Principal": {"AWS": principal_arn}}
    lists = {**list_statement(partition, bucket, prefix), **principal}
    reads = {**read_statement(partition, bucket, prefix), **principal}
    return policy(
        name_statement("MooringLists", grant, lists), name_statement("MooringReads", grant, reads)
    )


def trust_policy(principal_arn: str, external_id: str) -> Document:
    """Let our principal assume the role, and only with the ExternalId."""
    assumes: Document = {
        "Effect": "Allow",
        "Principal": {"AWS": principal_arn},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return policy(name_statement("MooringAssumes", external_id, assumes))


def dns_suffix(partition: str) -> str:
    """Return the domain of a partition's services."""
    return "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
