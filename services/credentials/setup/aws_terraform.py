"""The setup kit for S3 as Terraform, for customers who keep their cloud in it."""

import hashlib
from collections.abc import Sequence

from services.credentials.arns import KeyArn
from services.credentials.setup.cors import (
    EXPOSED_HEADERS,
    MAX_AGE_SECONDS,
    METHODS,
    REQUEST_HEADERS,
)
from services.credentials.setup.hcl import hcl_document, hcl_text, hcl_texts
from services.credentials.setup.policies import WISHED_SESSION, Document, RolePolicies

NAME_DIGITS = 8  # of a hash: a module takes each name once, and may hold several locations

# Every value goes through hcl_text() or hcl_document(), and none into a comment.
_ROLE = """\
data "aws_caller_identity" "{role}" {{}}

resource "aws_iam_role" "{role}" {{
  name                 = {role_name}
  path                 = {path}
  description          = "Read by Mooring"
  max_session_duration = {seconds}
  assume_role_policy   = {trust_policy}

  lifecycle {{
    precondition {{
      condition     = data.aws_caller_identity.{role}.account_id == {account}
      error_message = "The role belongs to another account than the provider is signed in to."
    }}
  }}
}}

resource "aws_iam_role_policy" "{name}" {{
  name   = {policy_name}
  role   = aws_iam_role.{role}.name
  policy = {permission_policy}
}}
"""

_USER = """\
variable "{name}_user" {{
  description = "The name of the IAM user that the access key belongs to."
  type        = string
}}

resource "aws_iam_user_policy" "{name}" {{
  name   = {policy_name}
  user   = var.{name}_user
  policy = {permission_policy}
}}
"""

_BUCKET_POLICY = """\
variable "{name}_policy" {{
  description = <<-TEXT
    Who keeps the policy of the bucket. "nobody": it has none yet. "others": it has one that is not
    kept by Terraform, whose statements stay. "terraform": a resource of yours keeps it; give its
    document source_policy_documents = [local.{name}_policy].
  TEXT
  type        = string

  validation {{
    condition     = contains(["nobody", "others", "terraform"], var.{name}_policy)
    error_message = "It is nobody, others or terraform."
  }}
}}

locals {{
  {name}_policy = {bucket_policy}
}}

data "aws_s3_bucket_policy" "{name}" {{
  count  = var.{name}_policy == "others" ? 1 : 0
  bucket = {bucket}
}}

data "aws_iam_policy_document" "{name}" {{
  source_policy_documents   = data.aws_s3_bucket_policy.{name}[*].policy
  override_policy_documents = [local.{name}_policy]
}}

resource "aws_s3_bucket_policy" "{name}" {{
  count  = var.{name}_policy == "terraform" ? 0 : 1
  bucket = {bucket}
  policy = data.aws_iam_policy_document.{name}.json

  lifecycle {{
    prevent_destroy = true # the statements of others would go with ours
  }}
}}
"""

_KEYS = """\
# The policy of a KMS key is one document. Give the document of each of these keys
#   source_policy_documents = [local.{name}_key_policy]
# unless the key is of the role's account and leaves it to IAM, as keys do by default.
locals {{
  {name}_keys       = {keys}
  {name}_key_policy = {key_policy}
}}
"""

_CORS = """\
# The CORS rules of a bucket are one resource. Where you have it, set {name}_has_cors and give it
# this block before its own rules, for the first rule that fits an origin counts:
#   dynamic "cors_rule" {{
#     for_each = local.{name}_cors
#     content {{
#       id              = cors_rule.value.id
#       allowed_origins = cors_rule.value.allowed_origins
#       allowed_methods = cors_rule.value.allowed_methods
#       allowed_headers = cors_rule.value.allowed_headers
#       expose_headers  = cors_rule.value.expose_headers
#       max_age_seconds = cors_rule.value.max_age_seconds
#     }}
#   }}
# Where the bucket has rules that Terraform does not keep, let the script of the kit add this one.
variable "{name}_has_cors" {{
  description = "Whether the bucket has CORS rules: a resource of this module would replace them."
  type        = bool
}}

locals {{
  {name}_cors = [{{
    id              = "mooring"
    allowed_origins = {origins}
    allowed_methods = {methods}
    allowed_headers = {headers}
    expose_headers  = {exposed}
    max_age_seconds = {max_age}
  }}]
}}

resource "aws_s3_bucket_cors_configuration" "{name}" {{
  count  = var.{name}_has_cors ? 0 : 1
  bucket = {bucket}

  dynamic "cors_rule" {{
    for_each = local.{name}_cors
    content {{
      id              = cors_rule.value.id
      allowed_origins = cors_rule.value.allowed_origins
      allowed_methods = cors_rule.value.allowed_methods
      allowed_headers = cors_rule.value.allowed_headers
      expose_headers  = cors_rule.value.expose_headers
      max_age_seconds = cors_rule.value.max_age_seconds
    }}
  }}
}}
"""


def resource_name(about: str) -> str:
    """Return a name for resources that only those `about` the same have."""
    return f"mooring_{hashlib.sha256(about.encode()).hexdigest()[:NAME_DIGITS]}"


def role_block(name: str, policies: RolePolicies) -> str:
    """Make the role, in its own account, with the location's inline policy."""
    role_arn = policies.role_arn
    return _ROLE.format(
        name=name,
        role=resource_name(str(role_arn)),
        role_name=hcl_text(role_arn.name),
        path=hcl_text(role_arn.path),
        account=hcl_text(role_arn.account),
        seconds=int(WISHED_SESSION.total_seconds()),
        policy_name=hcl_text(policies.name),
        trust_policy=hcl_document(policies.trust, indent=2),
        permission_policy=hcl_document(policies.permission, indent=2),
    )


def user_block(name: str, policy_name: str, permission_policy: Document) -> str:
    """Give the user of an access key its policy; the key does not tell the user's name."""
    return _USER.format(
        name=name,
        policy_name=hcl_text(policy_name),
        permission_policy=hcl_document(permission_policy, indent=2),
    )


def bucket_policy_block(name: str, bucket: str, bucket_policy: Document) -> str:
    """Put our statements into the bucket's policy, whoever keeps it."""
    return _BUCKET_POLICY.format(
        name=name, bucket=hcl_text(bucket), bucket_policy=hcl_document(bucket_policy, indent=2)
    )


def keys_block(name: str, keys: Sequence[KeyArn], key_policy: Document) -> str:
    """Hold our statement for the policies of KMS keys, which are the customer's own."""
    return _KEYS.format(
        name=name,
        keys=hcl_texts([str(key) for key in keys]),
        key_policy=hcl_document(key_policy, indent=2),
    )


def aws_cors_block(name: str, bucket: str, origins: Sequence[str]) -> str:
    """Give the bucket our CORS rule, or hold it for the resource that keeps the bucket's rules."""
    return _CORS.format(
        name=name,
        bucket=hcl_text(bucket),
        origins=hcl_texts(list(origins)),
        methods=hcl_texts(list(METHODS)),
        headers=hcl_texts(list(REQUEST_HEADERS)),
        exposed=hcl_texts(list(EXPOSED_HEADERS)),
        max_age=MAX_AGE_SECONDS,
    )
