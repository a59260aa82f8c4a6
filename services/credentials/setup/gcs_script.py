"""The setup kit of Google Cloud as parts of one script for `gcloud` (see setup/script.py)."""

import json
from collections.abc import Sequence
from shlex import quote
from uuid import UUID

from services.credentials.google_names import PoolProvider, ServiceAccountEmail
from services.credentials.setup.gcs_policies import (
    ATTRIBUTE_MAPPING,
    IMPERSONATOR_ROLE,
    READER_ROLE,
    SERVICES,
    subject_condition,
    subject_principal,
)
from services.credentials.setup.policies import Document

# Every value goes through quote(), and none into a comment: a prefix may hold line breaks.
_TOOLS = """
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

# patiently COMMAND...: a service account that was just made is not known everywhere at once.
patiently() {
  local seconds
  for seconds in 2 4 8; do
    if "$@"; then return; fi
    sleep "$seconds"
  done
  "$@"
}
"""

_SERVICE_ACCOUNT = """
service_account={service_account}
project={project}
# By its id: for pools gcloud takes no number.
pool_project=$(gcloud projects describe {pool_number} --format='value(projectId)')

gcloud services enable {services} --project="$pool_project" --quiet
if answer=$(gcloud iam service-accounts describe "$service_account" \\
    --project="$project" 2>&1); then
  printf 'The service account %s is there.\\n' "$service_account"
else
  case "$answer" in
    *NOT_FOUND*)
      gcloud iam service-accounts create {name} --project="$project" \\
        --display-name='Read by Mooring' --quiet
      printf 'Made the service account %s.\\n' "$service_account" ;;
    *) printf '%s\\n' "$answer" >&2; exit 1 ;;
  esac
fi
"""

_POOL = """
pool={pool}
if answer=$(gcloud iam workload-identity-pools describe "$pool" --location=global \\
    --project="$pool_project" 2>&1); then
  printf 'The workload identity pool %s is there.\\n' "$pool"
else
  case "$answer" in
    *NOT_FOUND*)
      gcloud iam workload-identity-pools create "$pool" --location=global \\
        --project="$pool_project" --display-name=Mooring --quiet
      printf 'Made the workload identity pool %s.\\n' "$pool" ;;
    *) printf '%s\\n' "$answer" >&2; exit 1 ;;
  esac
fi
"""

_PROVIDER = """
provider={provider}
issuer={issuer}
attribute_condition={condition}
if answer=$(gcloud iam workload-identity-pools providers describe "$provider" \\
    --workload-identity-pool="$pool" --location=global --project="$pool_project" \\
    --format=json 2>&1); then
  leave_alone "The provider $provider is there" \\
    "issuer $issuer, attribute mapping "{mapping}", attribute condition $attribute_condition" \\
    "$answer" "$issuer" {told}
else
  case "$answer" in
    *NOT_FOUND*)
      gcloud iam workload-identity-pools providers create-oidc "$provider" \\
        --workload-identity-pool="$pool" --location=global --project="$pool_project" \\
        --issuer-uri="$issuer" --attribute-mapping={mapping} \\
        --attribute-condition="$attribute_condition" --quiet
      printf 'Made the provider %s.\\n' "$provider" ;;
    *) printf '%s\\n' "$answer" >&2; exit 1 ;;
  esac
fi

patiently gcloud iam service-accounts add-iam-policy-binding "$service_account" \\
  --project="$project" --role={role} --member={member} --condition=None --quiet >/dev/null
printf 'Let Mooring act as %s.\\n' "$service_account"
"""

_KNOWN = """
service_account={service_account}
"""

_ASKED = """
service_account=$(gcloud storage hmac describe {access_id} --format='value(serviceAccountEmail)')
"""

_WHOLE_BUCKET = """
patiently gcloud storage buckets add-iam-policy-binding "gs://$bucket" \\
  --member="serviceAccount:$service_account" --role={role} --condition=None --quiet >/dev/null
printf 'Let %s read the bucket.\\n' "$service_account"
"""

_ONE_PREFIX = """
condition={condition}
uniform=$(gcloud storage buckets describe "gs://$bucket" \\
  --format='value(uniform_bucket_level_access)')
if [ "$uniform" = True ]; then
  printf '%s\\n' "$condition" >"$files/condition.json"
  patiently gcloud storage buckets add-iam-policy-binding "gs://$bucket" \\
    --member="serviceAccount:$service_account" --role={role} \\
    --condition-from-file="$files/condition.json" --quiet >/dev/null
  printf 'Let %s read the prefix.\\n' "$service_account"
else
  unfinished=1
  printf '\\nA grant of one prefix needs uniform bucket-level access, and %s has none.\\n' \\
    "$bucket" >&2
  printf 'Turn it on, which puts its ACLs out of force, and run this again:\\n%s\\n' \\
    "gcloud storage buckets update gs://$bucket --uniform-bucket-level-access" >&2
fi
"""

_CORS = """
cors={cors}
found=$(gcloud storage buckets describe "gs://$bucket" --format='json(cors_config)')
case "$found" in
  *'"origin"'*)
    leave_alone "The bucket $bucket has CORS rules" "$cors" "$found" {told} ;;
  *)
    printf '%s\\n' "$cors" >"$files/cors.json"
    gcloud storage buckets update "gs://$bucket" --cors-file="$files/cors.json" --quiet
    printf 'Gave the bucket %s its CORS rule.\\n' "$bucket" ;;
esac
"""


def tools_part() -> str:
    """Make a place for files, which goes with the script, and a way to wait."""
    return _TOOLS


def federation_part(
    email: ServiceAccountEmail, provider: PoolProvider, issuer: str, org_id: UUID
) -> str:
    """Make service account, pool and provider where there are none, and let our subject in."""
    mapping = ",".join(f"{name}={value}" for name, value in ATTRIBUTE_MAPPING.items())
    return "".join(
        (
            _SERVICE_ACCOUNT.format(
                service_account=quote(str(email)),
                project=quote(email.project),
                pool_number=quote(provider.project),
                name=quote(email.name),
                services=" ".join(quote(service) for service in SERVICES),
            ),
            _POOL.format(pool=quote(provider.pool)),
            _PROVIDER.format(
                provider=quote(provider.name),
                issuer=quote(issuer),
                condition=quote(subject_condition(org_id)),
                mapping=quote(mapping),
                told=quote(str(org_id)),
                role=quote(IMPERSONATOR_ROLE),
                member=quote(subject_principal(provider.pool_path, org_id)),
            ),
        )
    )


def service_account_part(email: str) -> str:
    """Name the service account that shall read."""
    return _KNOWN.format(service_account=quote(email))


def hmac_part(access_id: str) -> str:
    """Ask which service account an HMAC key belongs to."""
    return _ASKED.format(access_id=quote(access_id))


def bucket_part(condition: Document | None) -> str:
    """Let the service account read the bucket, or what the condition leaves of it."""
    role = quote(READER_ROLE)
    if condition is None:
        return _WHOLE_BUCKET.format(role=role)
    return _ONE_PREFIX.format(role=role, condition=_text(condition))


def gcs_cors_part(cors: Document, origins: Sequence[str]) -> str:
    """Give the bucket its CORS rule where it has none. Rules with all origins in them will do."""
    told = " ".join(quote(f'"{origin}"') for origin in origins)
    return _CORS.format(cors=_text(cors["cors"]), told=told)


def _text(document: object) -> str:
    """Return JSON in ASCII for the shell."""
    return quote(json.dumps(document, indent=2))
