"""CloudFormation: the template that makes the customer's role, and the link that opens it filled.

`python -m services.credentials.setup.cloudformation` prints the template without anybody's values,
for an operator who puts it where links can lead to it (MOORING_AWS_TEMPLATE_URL).
"""

import json
import sys
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from services.credentials.arns import RoleArn
from services.credentials.setup.policies import (
    LIST_ACTIONS,
    READ_ACTIONS,
    VERSION,
    WISHED_SESSION,
    Document,
    escape_pattern,
    is_latin,
)

LONGEST_VALUE = 4_096  # bytes of a parameter ("CloudFormation quotas")
LONGEST_TEMPLATE_URL = 1_024  # "Selecting a stack template", CloudFormation User Guide
_DYNAMIC = "{{resolve:"  # "Using dynamic references": it would be looked up
S3_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}

_DESCRIPTION = (
    "Lets Mooring read one prefix of a bucket: a role of this account with one inline policy. The"
    " bucket's CORS rules, its policy and those of KMS keys are not touched, since a stack could"
    " only replace them whole."
)

# A prefix is a parameter, and what stands in it shall be no wildcard: only escaped ones are taken.
_PREFIX_PATTERN = r"((\$\{[*?$]\}|[^*?$])*/)?"
_PARAMETERS: dict[str, Document] = {
    "PrincipalArn": {
        "Type": "String",
        "Description": "Mooring's own identity, which may assume the role.",
        "AllowedPattern": r"arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:(user|role)/[!-~]+",
    },
    "ExternalId": {
        "Type": "String",
        "Description": "The ExternalId that Mooring made for this role.",
        "AllowedPattern": r"[A-Za-z0-9+=,.@:/-]{2,1224}",
    },
    "RoleName": {
        "Type": "String",
        "Description": "The name of the role.",
        "AllowedPattern": r"[A-Za-z0-9+=,.@_-]{1,64}",
    },
    "RolePath": {
        "Type": "String",
        "Description": "The path of the role.",
        "Default": "/",
        "AllowedPattern": r"/([!-~]+/)*",
    },
    "MakeRole": {
        "Type": "String",
        "Description": "Say no where the role is there already: it is given the policy only.",
        "Default": "yes",
        "AllowedValues": ["yes", "no"],
    },
    "PolicyName": {
        "Type": "String",
        "Description": "The name of the inline policy, one for each prefix that the role reads.",
        "Default": "mooring",
        "AllowedPattern": r"[A-Za-z0-9+=,.@_-]{1,128}",
    },
    "Bucket": {
        "Type": "String",
        "Description": "The bucket.",
        "AllowedPattern": r"[A-Za-z0-9._-]{3,255}",
    },
    "Prefix": {
        "Type": "String",
        "Description": (
            "The prefix, which ends in a slash; empty for the whole bucket. Write ${*}, ${?} and"
            " ${$} for an asterisk, a question mark and a dollar sign."
        ),
        "Default": "",
        "AllowedPattern": _PREFIX_PATTERN,
    },
    "KmsKeyArns": {
        "Type": "CommaDelimitedList",
        "Description": "The ARNs of the KMS keys of the objects, with commas between; or empty.",
        "Default": "",
        "AllowedPattern": r"(arn:aws(-cn|-us-gov)?:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)?",
    },
}
_NOTHING: Document = {"Ref": "AWS::NoValue"}
_BUCKET = "arn:${AWS::Partition}:s3:::${Bucket}"


@dataclass(frozen=True, slots=True)
class StackValues:
    """What the template is filled with for one location of a customer's role."""

    principal_arn: str
    external_id: str
    role_arn: RoleArn
    policy_name: str
    bucket: str
    prefix: str
    key_arns: tuple[str, ...]

    def parameters(self) -> dict[str, str]:
        """Return the value of each parameter that has no default of its own that fits."""
        return {
            "PrincipalArn": self.principal_arn,
            "ExternalId": self.external_id,
            "RoleName": self.role_arn.name,
            "RolePath": self.role_arn.path,
            "PolicyName": self.policy_name,
            "Bucket": self.bucket,
            "Prefix": escape_pattern(self.prefix),
            "KmsKeyArns": ",".join(self.key_arns),
        }

    @property
    def fit(self) -> bool:
        """Say whether CloudFormation takes the values, and as what they are."""
        texts = self.parameters().values()
        return (
            is_latin(self.prefix)
            and _DYNAMIC not in self.prefix
            and all(len(text.encode()) <= LONGEST_VALUE for text in texts)
        )


def make_template(values: StackValues | None = None) -> Document:
    """Return the template, with the values as defaults of its parameters if there are any.

    The role says the same as that of the script and of Terraform. Statements have no hash in their
    Sids, since a template cannot make one.
    """
    chosen = {} if values is None else values.parameters()
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _DESCRIPTION,
        "Parameters": {
            name: {**parameter, **({"Default": chosen[name]} if name in chosen else {})}
            for name, parameter in _PARAMETERS.items()
        },
        "Conditions": {
            "MakesRole": {"Fn::Equals": [{"Ref": "MakeRole"}, "yes"]},
            "HasPrefix": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Prefix"}, ""]}]},
            "HasKeys": {
                "Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "KmsKeyArns"}]}, ""]}]
            },
        },
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Condition": "MakesRole",
                "Properties": {
                    "RoleName": {"Ref": "RoleName"},
                    "Path": {"Ref": "RolePath"},
                    "Description": "Read by Mooring",
                    "MaxSessionDuration": int(WISHED_SESSION.total_seconds()),
                    "AssumeRolePolicyDocument": _policy(_assumes()),
                },
            },
            "Policy": {
                "Type": "AWS::IAM::RolePolicy",
                "Properties": {
                    "RoleName": {"Fn::If": ["MakesRole", {"Ref": "Role"}, {"Ref": "RoleName"}]},
                    "PolicyName": {"Ref": "PolicyName"},
                    "PolicyDocument": _policy(_lists(), _reads(), _decrypts()),
                },
            },
        },
        "Outputs": {
            "RoleArn": {
                "Description": "The role's ARN, as Mooring must know it.",
                "Value": _sub(
                    "arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}${RoleName}"
                ),
            }
        },
    }


def quick_create_url(template_url: str, region: str, values: StackValues) -> str:
    """Return the console's address that opens a stack of the operator's template, filled.

    "Creating quick-create links for stacks", CloudFormation User Guide: parameters that the
    template does not have are passed over.
    """
    fields = {
        "templateURL": template_url,
        "stackName": values.policy_name,
        **{f"param_{name}": value for name, value in values.parameters().items()},
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    console = f"https://{region}.{_CONSOLES[values.role_arn.partition]}/cloudformation/home"
    return f"{console}?region={region}#/stacks/quickcreate?{query}"


def parse_template_url(text: str) -> str:
    """Return the address of a template if CloudFormation opens it, or raise ValueError."""
    parts = urlsplit(text)
    in_s3 = parts.scheme == "https" and (parts.hostname or "").endswith(S3_HOSTS)
    if not in_s3 or parts.path in {"", "/"} or len(text) > LONGEST_TEMPLATE_URL:
        raise ValueError("A template's URL is https:// and leads to an object in Amazon S3.")
    return text


def _policy(*statements: Document) -> Document:
    return {"Version": VERSION, "Statement": list(statements)}


def _assumes() -> Document:
    return {
        "Sid": "MooringAssumes",
        "Effect": "Allow",
        "Principal": {"AWS": {"Ref": "PrincipalArn"}},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
    }


def _lists() -> Document:
    below: Document = {"StringLike": {"s3:prefix": _sub("${Prefix}*")}}
    return {
        "Sid": "MooringLists",
        "Effect": "Allow",
        "Action": [*LIST_ACTIONS],
        "Resource": _sub(_BUCKET),
        "Condition": {"Fn::If": ["HasPrefix", below, _NOTHING]},
    }


def _reads() -> Document:
    return {
        "Sid": "MooringReads",
        "Effect": "Allow",
        "Action": [*READ_ACTIONS],
        "Resource": _sub(f"{_BUCKET}/${{Prefix}}*"),
    }


def _decrypts() -> Document:
    """Let the keys decrypt as `kms_statements` says, in the region of each."""
    decrypts: Document = {
        "Sid": "MooringDecrypts",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": {"Ref": "KmsKeyArns"},
        "Condition": {
            "StringLike": {
                "kms:ViaService": _sub("s3.*.${AWS::URLSuffix}"),
                "kms:EncryptionContext:aws:s3:arn": [
                    _sub(f"{_BUCKET}/${{Prefix}}*"),
                    _sub(_BUCKET),
                ],
            }
        },
    }
    return {"Fn::If": ["HasKeys", decrypts, _NOTHING]}


def _sub(text: str) -> Document:
    return {"Fn::Sub": text}


if __name__ == "__main__":
    json.dump(make_template(), sys.stdout, indent=2)
    sys.stdout.write("\n")
