"""The setup kit of Google Cloud as Terraform, for customers who keep their cloud in it."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from services.credentials.google_names import PoolProvider, ServiceAccountEmail
from services.credentials.setup.cors import MAX_AGE_SECONDS, METHODS
from services.credentials.setup.gcs_policies import (
    ATTRIBUTE_MAPPING,
    IMPERSONATOR_ROLE,
    READER_ROLE,
    RESPONSE_HEADERS,
    SERVICES,
    subject_condition,
    subject_principal,
)
from services.credentials.setup.hcl import hcl_text, hcl_texts
from services.credentials.setup.policies import Document

NAME_DIGITS = 8  # of a hash: a module takes each name once, and may hold several locations

# Every value goes through hcl_text(), and none into a comment: a prefix may hold line breaks. What
# could hold accents comes as CEL in ASCII: Terraform normalizes text, and a key is not to be.
_SERVICE_ACCOUNT = """\
resource "google_project_service" "{name}" {{
  for_each           = toset({services})
  project            = {pool_project}
  service            = each.key
  disable_on_destroy = false
}}

resource "google_service_account" "{name}" {{
  project      = {project}
  account_id   = {account_id}
  display_name = "Read by Mooring"
}}

resource "google_iam_workload_identity_pool" "{name}" {{
  project                   = {pool_project}
  workload_identity_pool_id = {pool}
  display_name              = "Mooring"
}}

resource "google_iam_workload_identity_pool_provider" "{name}" {{
  project                            = {pool_project}
  workload_identity_pool_id          = \
google_iam_workload_identity_pool.{name}.workload_identity_pool_id
  workload_identity_pool_provider_id = {provider}
  attribute_mapping                  = {{ {mapping} }}
  attribute_condition                = {condition}

  oidc {{
    issuer_uri = {issuer}
  }}
}}

resource "google_service_account_iam_member" "{name}" {{
  service_account_id = google_service_account.{name}.name
  role               = {role}
  member             = {member}
}}
"""

_VARIABLE = """\
variable "{name}_service_account" {{
  description = "The address of the service account that the HMAC key belongs to."
  type        = string
}}
"""

_BINDING = """\
resource "google_storage_bucket_iam_member" "{name}" {{
  bucket = {bucket}
  role   = {role}
  member = {member}{condition}
}}
"""

_CONDITION = """

  condition {{
    title       = {title}
    description = {description}
    expression  = {expression}
  }}"""

_CORS = """\
# The rules of CORS are part of the bucket. Give its resource "google_storage_bucket" this block:
#   dynamic "cors" {{
#     for_each = local.{name}_cors
#     content {{
#       origin          = cors.value.origin
#       method          = cors.value.method
#       response_header = cors.value.response_header
#       max_age_seconds = cors.value.max_age_seconds
#     }}
#   }}
locals {{
  {name}_cors = [{{
    origin          = {origins}
    method          = {methods}
    response_header = {headers}
    max_age_seconds = {seconds}
  }}]
}}
"""


def resource_name(about: str) -> str:
    """Return a name for resources that only those `about` the same have."""
    return f"mooring_{hashlib.sha256(about.encode()).hexdigest()[:NAME_DIGITS]}"


def federation_block(
    email: ServiceAccountEmail, provider: PoolProvider, issuer: str, org_id: UUID
) -> str:
    """Make service account, pool and provider, and let our subject in."""
    mapping = ", ".join(
        f"{hcl_text(name)} = {hcl_text(value)}" for name, value in ATTRIBUTE_MAPPING.items()
    )
    return _SERVICE_ACCOUNT.format(
        name=resource_name(str(provider)),
        services=hcl_texts(list(SERVICES)),
        project=hcl_text(email.project),
        account_id=hcl_text(email.name),
        pool_project=hcl_text(provider.project),
        pool=hcl_text(provider.pool),
        provider=hcl_text(provider.name),
        mapping=mapping,
        condition=hcl_text(subject_condition(org_id)),
        issuer=hcl_text(issuer),
        role=hcl_text(IMPERSONATOR_ROLE),
        member=hcl_text(subject_principal(provider.pool_path, org_id)),
    )


def service_account_variable(name: str) -> str:
    """Ask for the service account that an HMAC key belongs to."""
    return _VARIABLE.format(name=name)


def member_of(email: str) -> str:
    """Return a service account as the expression of a member."""
    return hcl_text(f"serviceAccount:{email}")


def member_of_variable(name: str) -> str:
    """Return the service account that `service_account_variable` asks for, as a member."""
    return f'"serviceAccount:${{var.{name}_service_account}}"'


def bucket_block(name: str, bucket: str, member: str, condition: Document | None) -> str:
    """Let the member, an expression, read the bucket or what the condition leaves of it."""
    told = "" if condition is None else _CONDITION.format(**_strings(condition))
    return _BINDING.format(
        name=name,
        bucket=hcl_text(bucket),
        role=hcl_text(READER_ROLE),
        member=member,
        condition=told,
    )


def cors_block(name: str, origins: Sequence[str]) -> str:
    """Hold the CORS rule for the resource of the bucket, which is the customer's own."""
    return _CORS.format(
        name=name,
        origins=hcl_texts(list(origins)),
        methods=hcl_texts(list(METHODS)),
        headers=hcl_texts(list(RESPONSE_HEADERS)),
        seconds=MAX_AGE_SECONDS,
    )


def _strings(document: Document) -> dict[str, str]:
    return {name: hcl_text(str(value)) for name, value in document.items()}
